/** Kinds of files that an operator can allow, named by their usual ending. */
export const KNOWN_TYPES = [
  "pdf",
  "jpg",
  "png",
  "heic",
  "webp",
  "gif",
  "tif",
  "docx",
  "xlsx",
  "pptx",
  "odt",
  "ods",
  "odp",
  "mp3",
  "m4a",
  "mp4",
  "zip",
  "txt",
  "csv",
] as const;

/** `any`: whatever they are. */
export type AllowedTypes = readonly (typeof KNOWN_TYPES)[number][] | "any";

/** Media types of those that have no mark of their own in their content. */
export const PLAIN: Readonly<Partial<Record<string, string>>> = { txt: "text/plain", csv: "text/csv" };

/** Other endings that a kind goes by. */
const ALSO: Readonly<Record<string, string>> = {
  jpeg: "jpg",
  jpe: "jpg",
  jfif: "jpg",
  tiff: "tif",
  heif: "heic",
  text: "txt",
  m4v: "mp4",
};

const endingOf = (name: string) => /\.([A-Za-z0-9]{1,8})$/.exec(name)?.[1]?.toLowerCase();

/** The kind that a name claims. */
export function claimedType(name: string): string | undefined {
  const ending = endingOf(name);
  return ending === undefined ? undefined : (ALSO[ending] ?? ending);
}

/** What the browser's window for choosing files is to offer; undefined: all. */
export const acceptList = (types: AllowedTypes): string | undefined =>
  types === "any"
    ? undefined
    : types
        .flatMap((type) => [type, ...Object.keys(ALSO).filter((other) => ALSO[other] === type)])
        .map((ending) => `.${ending}`)
        .join(",");

const LONGEST = 120;

/**
 * A name that is safe to show and to save: no folders, no characters that hide or turn it around, and the ending of what
 * the file is.
 */
export function safeName(given: string, type: string | undefined): string {
  const base = (given.split(/[/\\]/).at(-1) ?? "")
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}<>:"|?*]/gu, "")
    .toWellFormed()
    .replace(/\s+/g, " ")
    .replace(/^[. ]+|[. ]+$/g, "");
  const named = base === "" ? "file" : base;
  const whole = type === undefined || claimedType(named) === type ? named : `${named}.${type}`;
  if (whole.length <= LONGEST) return whole;
  const ending = endingOf(whole);
  const tail = ending === undefined ? "" : `.${ending}`;
  return `${whole.slice(0, LONGEST - tail.length).toWellFormed()}${tail}`;
}
