import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** A file of a message that has come in whole, on disk until it is removed. */
export interface SpooledFile {
  /** As the sender's machine has it: untrusted. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  readonly path: string;
  /** A new stream at each call. */
  open(): Readable;
  remove(): Promise<void>;
}

const PREFIX = "guichet-form-";
/** Longer than any form waits, in milliseconds. */
const LEFT_MS = 4 * 60 * 60_000;

/** Removes what a process that was killed has left behind. */
export async function removeLeftovers(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => []);
  for (const name of names.filter((each) => each.startsWith(PREFIX))) {
    const path = join(tmpdir(), name);
    const at = await stat(path).catch(() => undefined);
    if (at && Date.now() - at.mtimeMs > LEFT_MS) await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}

/** Writes a stream to a private temporary file. Rejects, and leaves nothing, when the stream or the disk fails. */
export async function spool(name: string, content: Readable): Promise<SpooledFile> {
  const folder = await mkdtemp(join(tmpdir(), PREFIX));
  const remove = () => rm(folder, { recursive: true, force: true });
  const path = join(folder, "file");
  const out = createWriteStream(path, { mode: 0o600 });
  try {
    await pipeline(content, out);
  } catch (fault) {
    await remove();
    throw fault;
  }
  return { name, size: out.bytesWritten, path, open: () => createReadStream(path), remove };
}
