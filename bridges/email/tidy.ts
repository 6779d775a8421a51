// biome-ignore-start lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
/** Text with \n line ends and without NUL, which no text column of a database takes. */
export const tidyText = (text: string) => text.replace(/\r\n?/g, "\n").replaceAll("\u0000", "").trimEnd();

/** One line of at most `limit` characters: control characters become spaces. */
export const tidyLine = (text: string, limit: number) =>
  text
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ")
    .trim()
    .slice(0, limit);

/**
 * Name of a file as the sender gave it, without what could lead out of a folder or show another name than it has
 * (path separators, control characters, changes of writing direction).
 */
export function tidyFileName(name: string | undefined): string | undefined {
  const tidy = (name ?? "")
    .replace(/[/\\\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "_")
    .trim();
  return /^\.*$/.test(tidy) ? undefined : shorten(tidy, 200);
}
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: see above

/** Keeps the ending, which tells what the file is. */
function shorten(name: string, limit: number): string {
  if (name.length <= limit) return name;
  const ending = /\.[^.]{1,16}$/.exec(name)?.[0] ?? "";
  return name.slice(0, limit - ending.length) + ending;
}

/** Media type as declared, or the type for unknown bytes when the declaration is none (RFC 6838, 4.2). */
export const tidyMediaType = (type: string) =>
  /^[a-z0-9][\w.+!#$&^-]{0,126}\/[a-z0-9][\w.+!#$&^-]{0,126}$/i.test(type)
    ? type.toLowerCase()
    : "application/octet-stream";
