import type { HeaderLines } from "../headers.ts";
import type { Language, TextKey } from "../texts.ts";
import type { Encoding } from "./transfer.ts";

/** A mail as the reading thread is given it: small ones as bytes, larger ones as a file. */
export interface ReadingTask {
  readonly mail: { readonly bytes: Uint8Array } | { readonly path: string; readonly size: number };
  readonly language: Language;
}

/** What is left of a mail after its reading: bounded, and copied between threads. */
export interface Reading {
  readonly lines: HeaderLines;
  readonly text: string;
  readonly html: string | undefined;
  readonly files: readonly FileEntry[];
  readonly leaves: readonly Leaf[];
  readonly remarks: readonly TextKey[];
  /** Some of the mail is not shown: all of it goes along as a file. */
  readonly wantsOriginal: boolean;
}

/** A file of a mail and where its bytes are: in the mail itself, or taken out of a container. */
export interface FileEntry {
  readonly name: string | undefined;
  readonly type: string;
  readonly contentId: string | undefined;
  readonly inline: boolean;
  readonly content:
    | { readonly start: number; readonly end: number; readonly encoding: Encoding }
    | { readonly bytes: Uint8Array };
}

/** One part without parts, in the mail's order; or the head of a message inside it. */
export interface Leaf {
  /** Media type, lower-case. */
  readonly type: string;
  /** How many messages it lies inside of: 0 is the mail itself. */
  readonly depth: number;
  readonly lines: HeaderLines;
  readonly name: string | undefined;
  /** Decoded; of text/* and of message/*, a message inside as it stands. Its first 100,000 bytes. */
  readonly text: string | undefined;
}
