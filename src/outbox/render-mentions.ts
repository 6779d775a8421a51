import { decodePercent } from "../conversation/decode-percent.ts";

/**
 * Links to people and rooms of Matrix (Client-Server API, matrix.to navigation and the matrix: scheme). A citizen can
 * do nothing with one, and it tells them how the agency's homeserver is named.
 */
const TARGET = String.raw`https?:\/\/(?:www\.)?matrix\.to\/(?:#\/)?|matrix:(?=r\/|u\/|roomid\/|e\/)`;
/** Web clients make links to themselves when they are set up so. */
const CLIENT = String.raw`https?:\/\/[^\s\/<>"]{1,200}\/(?:[\w-]{1,40}\/)?#\/(?:user|room)\/(?=[@#!%])`;
const START = `(?:${TARGET}|${CLIENT})`;

const LINK = new RegExp(String.raw`<?(${START}[^\s<>"')\]]*(?<![.,;:!?]))>?`, "gi");
const MARKDOWN = new RegExp(String.raw`\[([^[\]]{0,300})\]\((${START}[^\s()]{0,2000})\)`, "gi");
const HREF = new RegExp(
  String.raw`^\s*(?:${START}|https?:\/\/(?:[^\s\/@]{1,200}@)?(?:www\.)?matrix\.to\.?(?:[\/#?]|$)|matrix:)`,
  "i",
);
const TARGET_PATH = new RegExp(`^${START}([^?]*)`, "i");

export const isMatrixLink = (href: string): boolean => HREF.test(href);

/** Plain words for what a text says of Matrix: a pill's name, a mentioned person's, nothing for a bare event. */
export function nameMentions(text: string, mentioned: readonly string[]): string {
  let plain = text;
  if (/matrix(?:\.to|:)|#\/(?:user|room)\//i.test(text))
    plain = text
      .replace(MARKDOWN, (_all, words: string, link: string) => nameOfLink(words, link))
      .replace(LINK, (_all, link: string) => nameOfTarget(link));
  for (const id of mentioned.slice(0, 50)) if (id.startsWith("@")) plain = plain.replaceAll(id, plainName(id));
  return plain;
}

/** What a pill is called: by its words, unless they are only the identifier or the link. */
export function nameOfLink(words: string, link: string): string {
  const shown = words.trim();
  if (shown === "" || isMatrixLink(shown)) return nameOfTarget(shown || link);
  return plainName(shown);
}

/** `@ann:agents.example` is Ann's name for Matrix only. */
const plainName = (id: string) =>
  /^[@#]([^:\s]{1,255}):\S{1,255}$/.exec(id)?.[1] ?? (/^[!$]\S{10,}$/.test(id) ? "" : id);

function nameOfTarget(link: string): string {
  const [, path = ""] = TARGET_PATH.exec(link) ?? [];
  const first = decodePercent(path).replace(/^(u|r)\//, (_all, kind: string) => (kind === "u" ? "@" : "#"));
  const [id = ""] = first.split("/");
  return /^[@#]/.test(id) ? plainName(id) : "";
}
