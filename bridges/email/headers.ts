/** Header lines as they stand in a mail, folding included; `key` is lower-case. */
export type HeaderLines = readonly { readonly key: string; readonly line: string }[];

/** Unfolded value of the first header of that name. */
export function headerValue(lines: HeaderLines, key: string): string | undefined {
  return headerValues(lines, key)[0];
}

/** As `headerValue`, of a value of which its beginning tells enough. */
export const shortValue = (lines: HeaderLines, key: string, limit = 1_000): string | undefined => {
  const line = lines.find((each) => each.key === key)?.line;
  return line && headerValue([{ key, line: line.slice(0, limit) }], key);
};

/** Unfolded values of all headers of that name, in their order. */
export function headerValues(lines: HeaderLines, key: string): string[] {
  return lines
    .filter((each) => each.key === key)
    .map(({ line }) => line.slice(line.indexOf(":") + 1).replace(/\r?\n(?=[ \t])/g, ""))
    .map((value) => value.trim());
}

/** A longer Message-ID is kept by no one's answer, and must not fill an index. */
const LONGEST_ID = 900;
const MOST_REFERENCES = 50;

/** A Message-ID without angle brackets; undefined for what nobody could cite. */
export function readMessageId(value: string | undefined): string | undefined {
  return messageIds(value ?? "")[0];
}

/** Messages that a mail cites, nearest first: In-Reply-To, then References backwards (RFC 5322, 3.6.4). */
export function readReferences(inReplyTo: string, references: string): string[] {
  const nearestFirst = [...messageIds(inReplyTo), ...messageIds(references).reverse()];
  return [...new Set(nearestFirst)].slice(0, MOST_REFERENCES);
}

function messageIds(value: string): string[] {
  const bracketed = [...value.matchAll(/<([^<>\s]+)>/g)].map((found) => found[1] ?? "");
  const ids = bracketed.length > 0 ? bracketed : value.split(/\s+/).filter((word) => /^[^<>\s]+@[^<>\s]+$/.test(word));
  return ids.filter((id) => id.length <= LONGEST_ID);
}

/** Subject as found in the raw bytes of a mail that no parser could read; at best, not exact. */
export function guessSubject(head: string): string | undefined {
  const found = /^subject:[ \t]*(.*(?:\r?\n[ \t].*)*)/im.exec(head);
  return found?.[1]?.replace(/\r?\n[ \t]+/g, " ").trim() || undefined;
}
