import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import type { OutboundAttachment, OutboundMessage } from "../adapter/index.ts";
import type { Letter, LetterFile } from "./harness.ts";

/** Words that occur nowhere else, in letters that every channel carries. */
const peculiar = (word: string) => `${word}${randomBytes(6).toString("hex")}`;

export const writeLetter = (parts: Partial<Letter> = {}): Letter => ({
  name: peculiar("Anna"),
  text: `Bonjour ${peculiar("mot")}`,
  files: [],
  ...parts,
});

/** A file of so many bytes, made while it is read. @param onPiece is called before each of its pieces, with its size. */
export const writeFile = (size: number, onPiece: (bytes: number) => void = () => {}): LetterFile => ({
  name: `${peculiar("piece")}.bin`,
  type: "application/octet-stream",
  size,
  open: () => Readable.from(pieces(size, onPiece), { objectMode: false }),
});

export const writeAnswer = (to: string, parts: Partial<OutboundMessage> = {}): OutboundMessage => ({
  deliveryId: `1-${peculiar("kit")}-1`,
  attempt: 1,
  fromName: "Town Hall",
  to: { address: to, name: peculiar("Anna") },
  subject: peculiar("Sujet"),
  text: `Reponse ${peculiar("mot")}`,
  attachments: [],
  thread: { token: `a1-${peculiar("t")}`, references: [] },
  writtenAt: new Date(),
  ...parts,
});

/** Files of answers whose streams are watched. */
export interface WatchedFile extends OutboundAttachment {
  readonly opened: Readable[];
}

/** @param make the stream of each opening. */
export function watchFile(size: number, make: () => Readable): WatchedFile {
  const opened: Readable[] = [];
  return {
    name: `${peculiar("piece")}.bin`,
    type: "application/octet-stream",
    size,
    opened,
    open: async () => {
      const stream = make();
      opened.push(stream);
      return stream;
    },
  };
}

const PIECE = 64 * 1024;
const filling = randomBytes(PIECE);

export function* pieces(size: number, onPiece: (bytes: number) => void = () => {}): Generator<Buffer> {
  for (let left = size; left > 0; left -= PIECE) {
    onPiece(Math.min(left, PIECE));
    // A copy each: who keeps them all is seen to hold them in memory.
    yield Buffer.from(filling.subarray(0, left));
  }
}
