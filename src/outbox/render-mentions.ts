/**
 * Links to people and rooms of Matrix (Client-Server API, matrix.to navigation and the matrix: scheme). A citizen can
 * do nothing with one, and it tells them how the agency's homeserver is named.
 */
const LINK = /<?((?:https?:\/\/(?:www\.)?matrix\.to\/|matrix:(?=r\/|u\/|roomid\/|e\/))[^\s<>"')\]]*(?<![.,;:!?]))>?/gi;
const MARKDOWN = /\[([^[\]]{0,300})\]\(((?:https?:\/\/(?:www\.)?matrix\.to\/|matrix:)[^\s()]{0,2000})\)/gi;

export const isMatrixLink = (href: string): boolean =>
  /^\s*(?:https?:\/\/(?:www\.)?matrix\.to(?:[/#?]|$)|matrix:)/i.test(href);

/** Plain words for what a text says of Matrix: a pill's name, a mentioned person's, nothing for a bare event. */
export function nameMentions(text: string, mentioned: readonly string[]): string {
  let plain = text;
  if (/matrix(?:\.to|:)/i.test(text))
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
  const [, path = ""] = /^(?:https?:\/\/(?:www\.)?matrix\.to\/#?\/?|matrix:)([^?]*)/i.exec(link) ?? [];
  const first = decode(path).replace(/^(u|r)\//, (_all, kind: string) => (kind === "u" ? "@" : "#"));
  const [id = ""] = first.split("/");
  return /^[@#]/.test(id) ? plainName(id) : "";
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
