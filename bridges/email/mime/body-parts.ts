import type { Part } from "./walk.ts";

/** Parts of one message by what they are for: in order, nothing lost, nothing counted twice. */
export interface BodyParts {
  /** Read one after the other where only plain text can be shown. */
  readonly text: readonly Part[];
  /** Read one after the other where HTML can be shown. */
  readonly html: readonly Part[];
  /** Everything else, and inline media. */
  readonly files: readonly Part[];
}

interface Lists {
  text: Part[] | undefined;
  html: Part[] | undefined;
  files: Part[];
}

/** The division that RFC 8621 (JMAP for mail), 4.1.4 makes of a message's tree. */
export function divide(root: Part): BodyParts {
  const text: Part[] = [];
  const html: Part[] = [];
  const files: Part[] = [];
  visit([root], "mixed", false, { text, html, files });
  return { text, html, files };
}

function visit(parts: readonly Part[], multipart: string, inAlternative: boolean, lists: Lists): void {
  const textBefore = lists.text?.length ?? -1;
  const htmlBefore = lists.html?.length ?? -1;
  parts.forEach((part, index) => {
    if (part.type.startsWith("multipart/")) {
      const kind = part.type.slice("multipart/".length);
      visit(part.children, kind, inAlternative || kind === "alternative", lists);
    } else if (isBody(part, index, multipart)) addBody(part, multipart, inAlternative, lists);
    else lists.files.push(part);
  });
  if (multipart !== "alternative" || lists.text === undefined || lists.html === undefined) return;
  // An alternative of one kind stands for both.
  if (textBefore === lists.text.length && htmlBefore !== lists.html.length)
    lists.text.push(...lists.html.slice(htmlBefore));
  if (htmlBefore === lists.html.length && textBefore !== lists.text.length)
    lists.html.push(...lists.text.slice(textBefore));
}

function addBody(part: Part, multipart: string, inAlternative: boolean, lists: Lists): void {
  if (multipart === "alternative") {
    if (part.type === "text/html") lists.html?.push(part);
    else if (isWords(part.type)) lists.text?.push(part);
    else lists.files.push(part);
    return;
  }
  if (inAlternative) {
    if (isWords(part.type) && part.type !== "text/html") lists.html = undefined;
    if (part.type === "text/html") lists.text = undefined;
  }
  lists.text?.push(part);
  lists.html?.push(part);
  if (isInlineMedia(part.type)) lists.files.push(part);
}

/** text/richtext and text/enriched (RFC 1896) are old words with marks in them. */
const isWords = (type: string) => /^text\/(?:plain|html|richtext|enriched)$/.test(type);
export const isInlineMedia = (type: string) => /^(?:image|audio|video)\//.test(type);

/** In a multipart/related only the first part is read; a named text beside others is a file. */
const isBody = (part: Part, index: number, multipart: string) =>
  part.disposition !== "attachment" &&
  (isWords(part.type) || isInlineMedia(part.type)) &&
  (index === 0 || (multipart !== "related" && (isInlineMedia(part.type) || part.name === undefined)));
