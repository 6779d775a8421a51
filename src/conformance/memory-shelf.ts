import { Readable } from "node:stream";
import type { Shelf } from "../adapter/index.ts";

/** What a file has beyond this size is counted without being kept, and zeros when it is read again: it must not fill the memory. */
const KEPT_BYTES = 1024 * 1024;

interface KeptFile {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly pieces: readonly Buffer[];
}

interface Kept {
  readonly key: string;
  readonly text: string;
  readonly files: readonly KeptFile[];
}

/** A shelf that lasts as long as the host. */
export function createMemoryShelf(): Shelf {
  const places = new Map<string, Kept[]>();
  const at = (place: string) => places.get(place) ?? [];
  return {
    put: async ({ place, key, text, files }) => {
      if (at(place).some((each) => each.key === key)) return "known";
      const kept: KeptFile[] = [];
      for await (const { name, type, content } of files) kept.push({ name, type, ...(await keep(content)) });
      // Both may have come here at once.
      if (at(place).some((each) => each.key === key)) return "known";
      places.set(place, [...at(place), { key, text, files: kept }]);
      return "put";
    },
    list: async (place) =>
      at(place).map(({ key, text, files }) => ({
        key,
        text,
        files: files.map(({ name, type, size }) => ({ name, type, size })),
      })),
    open: async (place, key, file) => {
      const found = at(place).find((each) => each.key === key)?.files[file];
      return found && Readable.from(fill(found), { objectMode: false });
    },
  };
}

function* fill({ pieces, size }: KeptFile): Generator<Buffer> {
  yield* pieces;
  let left = size - pieces.reduce((sum, piece) => sum + piece.length, 0);
  for (; left > 0; left -= ZEROS) yield Buffer.alloc(Math.min(left, ZEROS));
}

const ZEROS = 64 * 1024;

async function keep(content: Readable): Promise<{ size: number; pieces: Buffer[] }> {
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of content) {
      size += piece.length;
      if (size <= KEPT_BYTES) pieces.push(Buffer.from(piece));
    }
  } finally {
    content.destroy();
  }
  return { size, pieces };
}
