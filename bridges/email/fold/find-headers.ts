import { HEADER_LABELS, type HeaderKind } from "./header-labels.ts";
import { isBlank, type Line } from "./line.ts";
import { phrases } from "./phrase-list.ts";

/** A line of a quoted mail's head. */
export interface Header {
  readonly kind: HeaderKind;
  /** As it was written. */
  readonly label: string;
  readonly value: string;
}

export interface HeaderBlock {
  readonly headers: readonly Header[];
  /** Index after its last line. */
  readonly end: number;
}

/** What one label means in two languages, it means as the later of these kinds. */
const KINDS: readonly HeaderKind[] = ["other", "replyTo", "cc", "to", "subject", "date", "from"];
const KIND_OF: ReadonlyMap<string, HeaderKind> = new Map(
  KINDS.flatMap((kind) => HEADER_LABELS[kind].map((label) => [label.toLowerCase(), kind] as const)),
);

/** The longest label, with the stars of a bold one. In characters. */
const LONGEST_LABEL = 40;

function readHeader(words: string): Header | undefined {
  const colon = /[:：]/.exec(words.slice(0, LONGEST_LABEL))?.index;
  if (colon === undefined) return undefined;
  const label = words
    .slice(0, colon)
    .replace(/[*_\s]+/g, " ")
    .trim()
    .normalize("NFC");
  const kind = KIND_OF.get(label.toLowerCase());
  if (kind === undefined) return undefined;
  const value = words
    .slice(colon + 1)
    .replace(/^[*_\s]+/, "")
    .trim();
  return { kind, label, value };
}

/** Lines that one header may go on for: long lists of addresses, broken subjects. */
const MOST_CONTINUED = 3;

/**
 * The head of an answered or forwarded mail that begins at line `at`. It has to name the sender (or, below a separator,
 * anything) and enough more that no list of a citizen's own ("From: Bern, To: Basel") is taken for it.
 * @param announced a separator stands above it.
 */
export function findHeaders(lines: readonly Line[], at: number, announced: boolean): HeaderBlock | undefined {
  const depth = lines[at]?.depth ?? 0;
  const headers: Header[] = [];
  let index = at;
  let end = at;
  let continued = 0;
  for (; index < lines.length && headers.length < 20; index += 1) {
    const line = lines[index];
    if (line === undefined || (line.depth < depth && !isBlank(line))) break;
    const header = readHeader(line.words);
    if (header !== undefined) {
      headers.push(header);
      continued = 0;
      end = index + 1;
      continue;
    }
    if (headers.length === 0) break;
    const previous = headers.at(-1);
    if (isBlank(line)) {
      // Some programs put an empty line between the lines of the head: after one, only a head's line may come.
      if (isBlank(lines[index + 1]) || readHeader(lines[index + 1]?.words ?? "") === undefined) break;
      continue;
    }
    continued += 1;
    if (previous === undefined || continued > MOST_CONTINUED || !goesOn(lines, index, previous)) break;
    headers[headers.length - 1] = { ...previous, value: `${previous.value} ${line.words}`.trim() };
    end = index + 1;
  }
  return isHead(headers, announced) ? { headers, end } : undefined;
}

/** Whether line `index` belongs to the header above: another header follows soon, or that one was broken for its length. */
function goesOn(lines: readonly Line[], index: number, header: Header): boolean {
  for (let ahead = 1; ahead <= MOST_CONTINUED; ahead += 1) {
    const next = lines[index + ahead];
    if (next === undefined || isBlank(next)) break;
    if (readHeader(next.words) !== undefined) return true;
  }
  if (header.kind === "to" || header.kind === "cc") return /[;,]$/.test(header.value);
  const before = lines[index - 1]?.text ?? "";
  return header.kind === "subject" && before.length >= 60 && isBlank(lines[index + 1] ?? lines[index - 1]);
}

function isHead(headers: readonly Header[], announced: boolean): boolean {
  const kinds = new Set(headers.map(({ kind }) => kind));
  const from = headers.find(({ kind }) => kind === "from");
  if (announced) return kinds.size >= 2 && (from !== undefined || kinds.has("subject"));
  if (from === undefined) return false;
  const hasAddress = headers.some(({ kind, value }) => (kind === "from" || kind === "to") && value.includes("@"));
  if (kinds.size === 2) return from.value.includes("@") && (kinds.has("date") || kinds.has("subject"));
  return kinds.size > 2 && (hasAddress || (kinds.has("to") && (kinds.has("subject") || hasSentLabel(headers))));
}

/** "Sent", "Gesendet", "Отправлено": only mail programs say that of a date. */
const PLAIN_DATES = new Set(
  phrases("date | data | datum | fecha | dato | tarih | tanggal | dátum | дата | 日期 | 日付"),
);
const hasSentLabel = (headers: readonly Header[]) =>
  headers.some(({ kind, label }) => kind === "date" && !PLAIN_DATES.has(label.toLowerCase()));
