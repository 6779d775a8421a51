import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { simpleParser } from "mailparser";
import { findContactBlock } from "../../bridges/email/fold/contact-block.ts";
import { foldHtml, readHtml } from "../../bridges/email/fold/fold-html.ts";
import type { Part } from "../../bridges/email/fold/fold-lines.ts";
import { foldText, joinParts, readText } from "../../bridges/email/fold/fold-text.ts";
import { type Unwrapped, unwrap } from "../../bridges/email/fold/unwrap.ts";
import { htmlToText } from "../../bridges/email/html-text.ts";
import { norm, type Score, type ScoreCorpora } from "./score.ts";

/** How much of real mail is folded right: three public corpora of replies and forwards. */
export const scoreReplies: ScoreCorpora = async (folder) => [
  ...scoreDiscourse(join(folder, "reply-discourse")),
  ...(await scoreTalon(join(folder, "reply-talon"))),
  ...scoreQuotequail(join(folder, "reply-quotequail")),
];

const read = (...path: string[]) => readFileSync(join(...path), "utf8");

/** Counts what `isRight` says of each; no line when there is nothing to count. */
function tally<T>(corpus: string, measure: string, cases: readonly T[], isRight: (each: T) => boolean): Score[] {
  return cases.length === 0 ? [] : [{ corpus, measure, right: cases.filter(isRight).length, of: cases.length }];
}

function scoreDiscourse(folder: string): Score[] {
  if (!existsSync(folder)) return [];
  const corpus = "reply-discourse";
  const cases = readdirSync(join(folder, "emails")).map((name) => {
    const mail = read(folder, "emails", name);
    return {
      mail,
      visible: norm(foldText(mail).visible),
      trimmed: norm(read(folder, "trimmed", name)),
      elided: norm(read(folder, "elided", name)),
      inner: existsSync(join(folder, "embedded", name))
        ? { before: norm(read(folder, "before", name)), embedded: norm(read(folder, "embedded", name)) }
        : undefined,
    };
  });
  const lost = cases.flatMap(({ visible, trimmed }) => absent(trimmed, visible));
  const shown = cases.flatMap(({ visible, trimmed, elided }) => leaked(elided, visible, trimmed));
  return [
    ...tally(corpus, "visible text exact", cases, ({ visible, trimmed }) => visible === trimmed),
    ...tally(corpus, "LOST: lines of the sender not shown", lost, (isLost) => isLost),
    ...tally(corpus, "LEAK: lines to be folded shown", shown, (isShown) => isShown),
    ...tally(
      corpus,
      "forwards: text above and inner mail exact",
      cases.filter(({ inner }) => inner !== undefined),
      ({ mail, inner }) => {
        const parts = unwrapText(mail);
        return norm(parts?.top ?? "") === inner?.before && norm(parts?.whole ?? "") === inner.embedded;
      },
    ),
  ];
}

const linesOf = (text: string) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

/** For each line that should be there, whether it is missing. */
function absent(expected: string, actual: string): boolean[] {
  const rest = countLines(actual);
  return linesOf(expected).map((line) => !take(rest, line));
}

/** For each line that should be folded, whether it is shown beyond what should be shown. */
function leaked(elided: string, actual: string, expected: string): boolean[] {
  const rest = countLines(actual);
  for (const line of linesOf(expected)) take(rest, line);
  return linesOf(elided).map((line) => take(rest, line));
}

function countLines(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of linesOf(text)) counts.set(line, (counts.get(line) ?? 0) + 1);
  return counts;
}

function take(counts: Map<string, number>, line: string): boolean {
  const left = counts.get(line) ?? 0;
  if (left > 0) counts.set(line, left - 1);
  return left > 0;
}

function unwrapText(text: string): Unwrapped | undefined {
  const body = readText(text);
  return body && unwrap(body.lines, body.parts);
}

function unwrapHtml(html: string): Unwrapped | undefined {
  const body = readHtml(html);
  return (
    body &&
    unwrap(
      body.lines.map(({ line }) => line),
      body.parts,
    )
  );
}

interface TalonCase {
  readonly kind: string;
  readonly visible: string;
  readonly sender: string;
  readonly signature: string;
}

/** talon cuts quotes alone: signatures stay, and so do forwards, which are content. */
const staysInTalon = ({ kind }: Part) => kind !== "quote" && kind !== "intro";

function withoutQuotes(text: string): string {
  const body = readText(text);
  return body === undefined ? text : joinParts(body, staysInTalon);
}

async function scoreTalon(folder: string): Promise<Score[]> {
  if (!existsSync(folder)) return [];
  const corpus = "reply-talon";
  const all = readExpected<TalonCase>(folder);
  const of = (kind: string) => all.filter((each) => each.kind === kind);
  const mails = await Promise.all(
    of("eml").map(async ({ name, visible }) => ({
      visible,
      text: (await simpleParser(read(folder, name))).text ?? "",
    })),
  );
  return [
    ...tally(
      corpus,
      "visible text exact",
      of("text"),
      ({ name, visible }) => norm(withoutQuotes(read(folder, name))) === norm(visible),
    ),
    ...tally(
      corpus,
      "visible text exact (whole mails)",
      mails,
      (mail) => norm(withoutQuotes(mail.text)) === norm(mail.visible),
    ),
    ...tally(corpus, "visible words exact (HTML)", of("html"), ({ name, visible }) => {
      return bare(foldHtml(read(folder, name))?.text ?? "") === bare(visible);
    }),
    ...tally(
      corpus,
      "signature exact",
      of("signature"),
      ({ name, sender, signature }) => norm(signatureOf(read(folder, name), sender)) === norm(signature),
    ),
  ];
}

/** A signature below its delimiter, or one that only its form tells: whichever begins first. */
function signatureOf(text: string, sender: string): string {
  const { lines, parts } = readText(text) ?? { lines: [], parts: [] };
  const starts = [parts.find(({ kind }) => kind === "signature")?.start, findContactBlock(lines, sender)];
  const start = Math.min(...starts.filter((each) => each !== undefined), lines.length);
  return lines
    .slice(start)
    .map((line) => line.text)
    .join("\n");
}

const bare = (text: string) => text.replace(/\s+/g, "");

interface QuotequailCase {
  readonly kind: string;
  readonly chunks_intro: readonly (readonly [isShown: boolean, text: string])[];
  readonly unwrapped: Readonly<Record<string, string>> | null;
}

function scoreQuotequail(folder: string): Score[] {
  if (!existsSync(folder)) return [];
  const corpus = "reply-quotequail";
  const all = readExpected<QuotequailCase>(folder);
  const of = (kind: string) => all.filter((each) => each.kind === kind);
  const shownOf = ({ chunks_intro }: QuotequailCase) =>
    chunks_intro
      .filter(([isShown]) => isShown)
      .map(([, text]) => text)
      .join("\n");
  return [
    ...tally(
      corpus,
      "visible text exact",
      of("quote-text"),
      (each) => norm(foldText(read(folder, each.name)).visible) === norm(shownOf(each)),
    ),
    ...tally(
      corpus,
      "visible words exact (HTML)",
      of("quote-html"),
      (each) => bare(htmlToText(foldHtml(read(folder, each.name))?.visible ?? "")) === bare(htmlToText(shownOf(each))),
    ),
    ...tally(corpus, "parts of inner mail exact", of("unwrap-text"), (each) =>
      isSameMail(unwrapText(read(folder, each.name)), each.unwrapped, norm),
    ),
    ...tally(corpus, "parts of inner mail, words (HTML)", of("unwrap-html"), (each) =>
      isSameMail(unwrapHtml(read(folder, each.name)), each.unwrapped, (text) => bare(htmlToText(text))),
    ),
  ];
}

const FIELDS = { from: "from", to: "to", cc: "cc", subject: "subject", date: "date", "reply-to": "replyTo" } as const;

/** @param normalise makes two texts equal that say the same. */
function isSameMail(
  ours: Unwrapped | undefined,
  theirs: QuotequailCase["unwrapped"],
  normalise: (text: string) => string,
): boolean {
  if (ours === undefined || theirs === null) return ours === undefined && theirs === null;
  const isSame = (text: string, part: string) =>
    normalise(text) === normalise(theirs[`text${part}`] ?? theirs[`html${part}`] ?? "");
  return (
    ours.type === theirs.type &&
    isSame(ours.top, "_top") &&
    isSame(ours.text, "") &&
    isSame(ours.bottom, "_bottom") &&
    Object.entries(FIELDS).every(([key, field]) => (ours.fields[field] ?? "") === (theirs[key] ?? ""))
  );
}

function readExpected<T>(folder: string): (T & { readonly name: string })[] {
  const expected: Record<string, T> = JSON.parse(read(folder, "expected.json"));
  return Object.entries(expected)
    .map(([name, each]) => ({ ...each, name }))
    .filter(({ name }) => existsSync(join(folder, name)));
}
