import type { HeaderLines } from "../headers.ts";

/** What the reading of reports needs of a mail. Everything in it is untrusted. */
export interface ReadableMail {
  /** Header lines of the mail itself. */
  readonly lines: HeaderLines;
  /** Decoded (RFC 2047). */
  readonly subject: string;
  /** Words of its text parts in their order, message/rfc822 parts left out. Of a body that is all HTML the words in it, line by line. */
  readonly text: string;
  /**
   * Leaf parts in their order that are no words of the writer: message/* (a returned message is one leaf, unopened) and
   * text/rfc822-headers, attached or not. Other files may be left out.
   */
  readonly parts: readonly ReadablePart[];
  /**
   * Body as it stands after the first empty line, its first `LONGEST_NOTICE` bytes: asked when the structure gave neither
   * words nor parts, as when no delimiter is the one that the head declares.
   */
  readonly rawBody: string;
}

export interface ReadablePart {
  /** Media type in lower case, without parameters. */
  readonly type: string;
  /** Transfer encoding undone; its first `LONGEST_PART` characters are enough. */
  readonly text: string;
}

/** In characters: no report is longer, and what a sender adds must cost nothing. */
export const LONGEST_PART = 128 * 1024;
export const LONGEST_NOTICE = 64 * 1024;
/** Lines of a notice that are looked at. */
export const MOST_NOTICE_LINES = 2_000;
/** Of one mail: a list of more recipients than this is cut. */
export const MOST_RECIPIENTS = 200;
