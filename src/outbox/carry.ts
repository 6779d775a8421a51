import type { Capabilities } from "../adapter/index.ts";
import { escapeHtml } from "../html/write-html.ts";
import type { StoredAnswer } from "../store/schema.ts";

/** An answer as a channel carries it. */
export interface Carried extends StoredAnswer {
  /** Where the citizen finds the file that does not go along. */
  readonly link?: string;
}

type Room = Pick<Capabilities, "attachmentBytes">;

/** Whether the channel takes the answer's file along. One whose size nobody knows is tried. */
export const takesFile = ({ file }: StoredAnswer, { attachmentBytes }: Room): boolean =>
  file === undefined || (attachmentBytes > 0 && (file.size ?? 0) <= attachmentBytes);

/** Puts a link in the place of a file that the channel does not take. @param makeLink undefined: there are no links. */
export function carry(content: StoredAnswer, room: Room, makeLink: (() => string) | undefined): Carried {
  const { file, text, html } = content;
  if (file === undefined || makeLink === undefined || takesFile(content, room)) return content;
  const link = makeLink();
  // Where files are common a name says which one is missing; elsewhere each letter costs.
  const named = room.attachmentBytes > 0 ? `${file.name}\n${link}` : link;
  return {
    text: text === "" ? named : `${text}\n${named}`,
    ...(html === undefined ? {} : { html: `${html}<p><a href="${escapeHtml(link)}">${escapeHtml(file.name)}</a></p>` }),
    link,
  };
}
