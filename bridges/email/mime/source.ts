import { readSync } from "node:fs";

/** Bytes of a mail that are looked through without having all of them in memory. Positions are in bytes. */
export interface Source {
  readonly size: number;
  /** Bytes from `from` up to `to`, which the caller bounds. Valid for as long as the caller likes. */
  slice(from: number, to: number): Buffer;
  /** First place of a short ASCII `mark` at or after `from`; -1 when there is none. */
  indexOf(mark: string, from: number): number;
}

export function memorySource(bytes: Buffer): Source {
  return {
    size: bytes.length,
    slice: (from, to) => bytes.subarray(from, to),
    indexOf: (mark, from) => bytes.indexOf(mark, from, "latin1"),
  };
}

const WINDOW = 512 * 1024;

/** Reads with blocking calls: for a worker thread, which has nothing else to do. @param descriptor of an open file. */
export function fileSource(descriptor: number, size: number): Source {
  const window = Buffer.alloc(Math.min(WINDOW, size));
  let windowAt = 0;
  let windowEnd = 0;
  const fill = (into: Buffer, from: number): number => {
    let filled = 0;
    while (filled < into.length) {
      const count = readSync(descriptor, into, filled, into.length - filled, from + filled);
      if (count === 0) break;
      filled += count;
    }
    return filled;
  };
  /** At least `length` bytes from there, as far as the window and the file go; they change with the next look. */
  const lookAt = (from: number, length: number): Buffer => {
    if (from < windowAt || from + length > windowEnd) {
      windowEnd = from + fill(window, from);
      windowAt = from;
    }
    return window.subarray(from - windowAt, windowEnd - windowAt);
  };
  return {
    size,
    slice(from, to) {
      const length = Math.max(0, Math.min(to, size) - from);
      if (length <= WINDOW) return Buffer.from(lookAt(from, length).subarray(0, length));
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, fill(bytes, from));
    },
    indexOf(mark, from) {
      for (let at = from; at + mark.length <= size; ) {
        const bytes = lookAt(at, mark.length);
        const found = bytes.indexOf(mark, 0, "latin1");
        if (found !== -1) return at + found;
        if (bytes.length < mark.length || at + bytes.length >= size) return -1;
        at += bytes.length - mark.length + 1;
      }
      return -1;
    },
  };
}
