import type { InboundAttachment } from "../../../src/adapter/index.ts";
import { checkFile } from "./check-file.ts";
import { type AllowedTypes, safeName } from "./file-types.ts";
import type { FileFault } from "./read-post.ts";
import type { SpooledFile } from "./spool.ts";

/** A file that may go on, under a name that is safe. */
export interface CheckedFile {
  readonly name: string;
  readonly type: string;
  readonly file: SpooledFile;
}

/** Looks what the files are. @returns those that may go on, and what is wrong with the others. */
export async function checkFiles(
  files: readonly SpooledFile[],
  allowed: AllowedTypes,
): Promise<{ readonly checked: readonly CheckedFile[]; readonly faults: readonly FileFault[] }> {
  const checked: CheckedFile[] = [];
  const faults: FileFault[] = [];
  for (const file of files) {
    const kind = await checkFile(file, allowed);
    if (kind === undefined) faults.push({ is: "file-type", file: file.name });
    else checked.push({ name: safeName(file.name, kind.ending), type: kind.type, file });
  }
  return { checked, faults };
}

/** Each is opened when it is asked for. */
export function* asAttachments(files: readonly CheckedFile[]): Generator<InboundAttachment> {
  for (const { name, type, file } of files) {
    const content = file.open();
    try {
      yield { name, type, inline: false, content };
    } finally {
      content.destroy();
    }
  }
}
