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
  let window: Buffer = Buffer.alloc(0);
  let windowAt = 0;
  const read = (from: number, length: number): Buffer => {
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, size - from)));
    let filled = 0;
    while (filled < bytes.length) {
      const count = readSync(descriptor, bytes, filled, bytes.length - filled, from + filled);
      if (count === 0) break;
      filled += count;
    }
    return bytes.subarray(0, filled);
  };
  const lookAt = (from: number, length: number): Buffer => {
    if (from < windowAt || from + length > windowAt + window.length) {
      window = read(from, Math.max(length, WINDOW));
      windowAt = from;
    }
    return window.subarray(from - windowAt);
  };
  return {
    size,
    slice: (from, to) =>
      to - from > WINDOW
        ? read(from, to - from)
        : Buffer.from(lookAt(from, Math.min(to, size) - from).subarray(0, to - from)),
    indexOf(mark, from) {
      for (let at = from; at < size; ) {
        const bytes = lookAt(at, Math.min(mark.length, size - at));
        const found = bytes.indexOf(mark, 0, "latin1");
        if (found !== -1) return at + found;
        if (at + bytes.length >= size || bytes.length < mark.length) return -1;
        at += bytes.length - mark.length + 1;
      }
      return -1;
    },
  };
}
