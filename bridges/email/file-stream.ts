import { pipeline, Readable } from "node:stream";
import type { InboundAttachment } from "../../src/adapter/index.ts";
import type { FileEntry } from "./mime/reading.ts";
import { decodeStream } from "./mime/transfer.ts";
import type { SpooledMail } from "./spool.ts";
import { tidyFileName, tidyLine, tidyMediaType } from "./tidy.ts";

/** Files of a mail one after the other, each opened when it is asked for, so that no large one is ever whole in memory. */
export function* streamFiles(mail: SpooledMail, files: readonly FileEntry[]): Generator<InboundAttachment> {
  for (const file of files) {
    const name = tidyFileName(file.name);
    const contentId = file.contentId === undefined ? "" : tidyLine(file.contentId, 250);
    yield {
      type: tidyMediaType(file.type),
      inline: file.inline,
      content: openContent(mail, file.content),
      ...(name === undefined ? {} : { name }),
      ...(contentId === "" ? {} : { contentId }),
    };
  }
}

/** The whole mail as it came. */
export const wholeMail = (mail: SpooledMail): InboundAttachment => ({
  name: "message.eml",
  type: "message/rfc822",
  inline: false,
  content: mail.open(),
});

function openContent(mail: SpooledMail, content: FileEntry["content"]): Readable {
  if ("bytes" in content) return Readable.from([Buffer.from(content.bytes)]);
  const raw = mail.open(content);
  if (content.encoding === "none") return raw;
  // Its error, if any, is seen by whoever reads the decoded stream.
  return pipeline(raw, decodeStream(content.encoding), () => {});
}
