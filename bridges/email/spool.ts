import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { openDigest } from "./mail-digest.ts";

/** A whole mail that can be read more than once: a small one in memory, a larger one in a private temporary file. */
export interface SpooledMail extends AsyncDisposable {
  /** In bytes. */
  readonly size: number;
  /** The same for one mail that came on two ways. */
  readonly digest: string;
  /** The bytes, when they are kept in memory. */
  readonly bytes: Buffer | undefined;
  /** Where they are kept otherwise. */
  readonly path: string | undefined;
  /** A new stream at each call: of all bytes, or of those from `start` up to `end`. */
  open(range?: { readonly start: number; readonly end: number }): Readable;
}

/** Mails up to this size never touch the disk; in bytes. */
const IN_MEMORY = 256 * 1024;

export class MailTooLargeError extends Error {
  override readonly name = "MailTooLargeError";
}

/**
 * Reads a mail to its end. The caller disposes of the result, which removes the file.
 * @throws MailTooLargeError after the end of a source that is longer than `maxBytes`; nothing of it is kept.
 */
export async function spool(source: AsyncIterable<Buffer>, maxBytes = Number.POSITIVE_INFINITY): Promise<SpooledMail> {
  const hash = openDigest();
  const chunks: Buffer[] = [];
  let size = 0;
  let file: SpoolFile | undefined;
  try {
    for await (const chunk of source) {
      size += chunk.length;
      // What is too large is read to its end all the same: only then may an SMTP server answer.
      if (size > maxBytes) continue;
      hash.update(chunk);
      if (file === undefined) chunks.push(chunk);
      if (file === undefined && size > IN_MEMORY) {
        file = await createSpoolFile();
        await file.write(Buffer.concat(chunks.splice(0)));
      } else if (file !== undefined) await file.write(chunk);
    }
    if (size > maxBytes) throw new MailTooLargeError(`more than ${maxBytes} bytes`);
    await file?.end();
  } catch (fault) {
    await file?.remove();
    throw fault;
  }
  const digest = hash.digest();
  const spooled = file;
  if (spooled === undefined) {
    const bytes = Buffer.concat(chunks);
    return {
      size,
      digest,
      bytes,
      path: undefined,
      open: (range) => Readable.from([range === undefined ? bytes : bytes.subarray(range.start, range.end)]),
      [Symbol.asyncDispose]: async () => {},
    };
  }
  return {
    size,
    digest,
    bytes: undefined,
    path: spooled.path,
    open: (range) => openRange(spooled.path, range),
    [Symbol.asyncDispose]: () => spooled.remove(),
  };
}

function openRange(path: string, range: { readonly start: number; readonly end: number } | undefined): Readable {
  if (range === undefined) return createReadStream(path);
  return range.start >= range.end
    ? Readable.from([])
    : createReadStream(path, { start: range.start, end: range.end - 1 });
}

interface SpoolFile {
  readonly path: string;
  write(chunk: Buffer): Promise<void>;
  end(): Promise<void>;
  remove(): Promise<void>;
}

async function createSpoolFile(): Promise<SpoolFile> {
  const folder = await mkdtemp(join(tmpdir(), "guichet-mail-"));
  const path = join(folder, "mail.eml");
  const out = createWriteStream(path, { mode: 0o600 });
  const write = (chunk: Buffer) =>
    new Promise<void>((resolve, reject) => out.write(chunk, (fault) => (fault ? reject(fault) : resolve())));
  return {
    path,
    write,
    end: async () => {
      out.end();
      await finished(out);
    },
    remove: async () => {
      out.on("error", () => {}).destroy();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
