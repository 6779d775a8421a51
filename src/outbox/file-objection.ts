import type { Bridge } from "../adapter/index.ts";
import type { DeskTexts } from "../desk/texts.ts";
import type { StoredAnswer } from "../store/schema.ts";
import { takesFile } from "./carry.ts";
import type { Links } from "./links.ts";

/** Why an answer's file cannot leave: neither does the channel take it, nor are there links. */
export function objectToFile(
  content: StoredAnswer | undefined,
  bridge: Bridge | undefined,
  links: Links | undefined,
): ((texts: DeskTexts) => string) | undefined {
  // What a channel that does not send says is said when it is tried.
  if (!content?.file || !bridge?.send || links || takesFile(content, bridge.capabilities)) return undefined;
  const { attachmentBytes } = bridge.capabilities;
  return (texts) => texts.fileStays(attachmentBytes);
}
