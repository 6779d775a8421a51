import { open } from "node:fs/promises";
import { fileTypeFromFile } from "file-type";
import { type AllowedTypes, claimedType, PLAIN } from "./file-types.ts";
import type { SpooledFile } from "./spool.ts";

export interface FileKind {
  /** Its usual ending; undefined when it was not looked at, and has none. */
  readonly ending: string | undefined;
  readonly type: string;
}

/** What a file is, by its content; undefined when it is none of those that are allowed. */
export async function checkFile(file: SpooledFile, allowed: AllowedTypes): Promise<FileKind | undefined> {
  if (allowed === "any") return { ending: claimedType(file.name), type: "application/octet-stream" };
  const isAllowed = (ending: string) => allowed.some((each) => each === ending);
  // A file that makes the detector fail is none that it knows.
  const found = await fileTypeFromFile(file.path).catch(() => undefined);
  if (found !== undefined) {
    return isAllowed(found.ext) ? { ending: found.ext, type: found.mime } : undefined;
  }
  const claimed = claimedType(file.name);
  const type = claimed && PLAIN[claimed];
  if (claimed === undefined || type === undefined || !isAllowed(claimed)) return undefined;
  return (await looksLikeText(file.path)) ? { ending: claimed, type } : undefined;
}

/** How much of a file is looked at, in bytes. */
const LOOKED_AT = 64 * 1024;

/** Words of any 8-bit charset hold no control characters but line ends, tabs and form feeds. */
async function looksLikeText(path: string): Promise<boolean> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(LOOKED_AT), 0, LOOKED_AT, 0);
    const bytes = buffer.subarray(0, bytesRead);
    const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
    return isUtf16 || bytes.every((byte) => byte >= 0x20 || (byte >= 0x09 && byte <= 0x0d));
  } finally {
    await handle.close();
  }
}
