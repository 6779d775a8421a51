import { isUtf8 } from "node:buffer";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { htmlToText } from "../../bridges/email/html-text.ts";
import { partiesIn, type ReadMail, readMail } from "../../bridges/email/read-mail.ts";
import { spool } from "../../bridges/email/spool.ts";
import { norm, type Score, type ScoreCorpora } from "./score.ts";

/** Reads the MIME corpora as the bridge does: in its threads, files and all. */
export const scoreMime: ScoreCorpora = async (folder) => [
  ...(await scoreMime4j(join(folder, "mime-mime4j"))),
  ...(await scoreMime4j(join(folder, "mime-mimetools"))),
  ...(await scoreStalwart(join(folder, "mime-stalwart"))),
  ...(await scoreMailcore(join(folder, "mime-mailcore"))),
  ...(await scoreZbateson(join(folder, "mime-zbateson"))),
  ...(await scoreRspamdFrom(join(folder, "mime-rspamd"))),
  ...(await scoreSurvival(folder)),
];

interface FileRead {
  readonly name: string | undefined;
  readonly type: string;
  readonly size: number;
}

/** `ms` for the whole: words and files. */
async function readWhole(path: string): Promise<{ mail: ReadMail; files: FileRead[]; ms: number }> {
  await using spooled = await spool(Readable.from([await readFile(path)]));
  const startedAt = performance.now();
  const mail = await readMail(spooled);
  const files: FileRead[] = [];
  for (const { name, type, content } of mail.attachments())
    files.push({ name, type, size: (await buffer(content)).length });
  return { mail, files, ms: performance.now() - startedAt };
}

const VERBOSE = process.argv.includes("--verbose");

/** A measure that is counted up. */
class Count {
  right = 0;
  of = 0;
  readonly corpus: string;
  readonly measure: string;

  constructor(corpus: string, measure: string) {
    this.corpus = corpus;
    this.measure = measure;
  }

  add(isRight: boolean, what: string): void {
    this.of += 1;
    if (isRight) this.right += 1;
    else if (VERBOSE) process.stderr.write(`${this.corpus}: ${this.measure}: ${what}\n`);
  }
}

const scores = (...counts: readonly Count[]): Score[] =>
  counts.filter(({ of }) => of > 0).map(({ corpus, measure, right, of }) => ({ corpus, measure, right, of }));

async function filesIn(folder: string, pattern: RegExp): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const names = await readdir(folder, { recursive: true });
  return names
    .filter((name) => pattern.test(name))
    .sort()
    .map((name) => join(folder, name));
}

async function scoreMime4j(folder: string): Promise<Score[]> {
  const corpus = basename(folder);
  const tree = new Count(corpus, "leaf parts: number, type, order");
  const texts = new Count(corpus, "text parts decoded");
  for (const path of await filesIn(folder, /\.msg$/)) {
    const xmlPath = path.replace(/\.msg$/, "_decoded.xml");
    if (!existsSync(xmlPath)) continue;
    const expected = leavesOfXml(await readFile(xmlPath, "latin1"));
    const { mail } = await readWhole(path);
    const leaves = mail.leaves.filter(({ type }) => type !== "message/rfc822");
    const kinds = (list: readonly { isText: boolean }[]) => list.map(({ isText }) => (isText ? "t" : "b")).join("");
    const ours = leaves.map((leaf) => ({ ...leaf, isText: leaf.type.startsWith("text/") }));
    tree.add(kinds(ours) === kinds(expected), `${basename(path)}: ${kinds(ours)} for ${kinds(expected)}`);
    for (const [index, { isText, file }] of expected.entries()) {
      if (!isText || file === undefined) continue;
      const wanted = norm(await readFile(join(folder, file), "latin1"));
      const text = norm(ours[index]?.text ?? "");
      // Upstream wrote its decoded texts in the part's own charset.
      texts.add(
        text === wanted || text === norm(await readFile(join(folder, file), "utf8")) || sameLetters(text, wanted),
        `${basename(path)} ${file}`,
      );
    }
  }
  return scores(tree, texts);
}

/** Equal in all that is ASCII: for texts whose expectation is in an unnamed charset. */
const sameLetters = (a: string, b: string) => ascii(a) === ascii(b) && ascii(a) !== "";
const ascii = (text: string) => norm(text.replace(/[^\n -~]+/g, ""));

function leavesOfXml(xml: string): { isText: boolean; file: string | undefined }[] {
  return [...xml.matchAll(/<(text|binary)-body name="([^"]*)"\/?>/g)].map(([, kind, file]) => ({
    isText: kind === "text",
    file,
  }));
}

interface StalwartMail {
  readonly html_body: readonly number[];
  readonly text_body: readonly number[];
  readonly attachments: readonly number[];
  readonly parts: readonly StalwartPart[];
}
interface StalwartPart {
  readonly headers: readonly { readonly name: unknown; readonly value: Record<string, never> }[];
  readonly body: Readonly<Record<string, unknown>>;
}

async function scoreStalwart(folder: string): Promise<Score[]> {
  const corpus = basename(folder);
  const [texts, names, froms, subjects] = ["body text", "attachment names", "From", "Subject"].map(
    (measure) => new Count(corpus, measure),
  );
  if (!texts || !names || !froms || !subjects) return [];
  for (const path of await filesIn(folder, /\.eml$/)) {
    const jsonPath = path.replace(/\.eml$/, ".json");
    if (!existsSync(jsonPath)) continue;
    const expected: StalwartMail = JSON.parse(await readFile(jsonPath, "utf8"));
    const { mail, files } = await readWhole(path);
    const name = path.slice(folder.length + 1);
    const leaves = mail.leaves.filter(({ depth, type }) => depth === 0 || type === "message/rfc822");
    for (const index of new Set([...expected.text_body, ...expected.html_body])) {
      const body = expected.parts[index]?.body ?? {};
      const text = body.Text ?? body.Html;
      if (typeof text === "string")
        texts.add(
          leaves.some((leaf) => isSame(leaf.text ?? "", text)),
          `${name} part ${index}: ${JSON.stringify(norm(text).slice(0, 80))}`,
        );
    }
    for (const index of expected.attachments) {
      const wanted = attachmentName(expected.parts[index]);
      if (wanted === undefined) continue;
      const isThere = files.some((file) => file.name !== undefined && isSame(tidied(file.name), tidied(wanted)));
      names.add(isThere, `${name}: ${wanted} in ${files.map((file) => file.name).join(" | ")}`);
    }
    const head = expected.parts[0]?.headers ?? [];
    const from = addressesOf(head.findLast((each) => each.name === "from")?.value);
    if (from.length > 0) {
      const ours = partiesIn(mail.lines, "from");
      const isEqual = from.every(([n, a]) =>
        ours.some(
          (party) => party.address === a.toLowerCase() && norm(party.name ?? "") === norm(n.replace(/\s+/g, " ")),
        ),
      );
      froms.add(isEqual, `${name}: ${JSON.stringify(ours)} for ${JSON.stringify(from)}`);
    }
    const subject: unknown = head.findLast((each) => each.name === "subject")?.value.Text;
    if (typeof subject === "string")
      subjects.add(isSame(mail.subject ?? "", subject.slice(0, 500)), `${name}: ${mail.subject} for ${subject}`);
  }
  return scores(texts, names, froms, subjects);
}

/** Equal, where the expectation has a character of its own: for a byte it could not read, ours may be any. NULs are left out. */
function isSame(ours: string, expected: string): boolean {
  const wanted = [...norm(expected.replaceAll("\u0000", ""))];
  const found = [...norm(ours.replaceAll("\u0000", ""))];
  return (
    wanted.length === found.length &&
    wanted.every((character, index) => character === found[index] || character === "\ufffd")
  );
}

/** Names as this bridge makes them harmless. */
const tidied = (name: string) => norm(name).replace(/[/\\]/g, "_").slice(0, 100);

function attachmentName(part: StalwartPart | undefined): string | undefined {
  const found = new Map<string, string>();
  for (const { name, value } of part?.headers ?? []) {
    const content: unknown = value.ContentType;
    if (
      typeof content !== "object" ||
      content === null ||
      !("attributes" in content) ||
      !Array.isArray(content.attributes)
    )
      continue;
    for (const { name: key, value: text } of content.attributes) found.set(`${name} ${key}`, String(text));
  }
  return found.get("content_disposition filename") ?? found.get("content_type name");
}

function addressesOf(value: unknown): [string, string][] {
  const out: [string, string][] = [];
  const visit = (each: unknown) => {
    if (Array.isArray(each)) each.forEach(visit);
    else if (typeof each === "object" && each !== null) {
      if ("address" in each && typeof each.address === "string")
        out.push(["name" in each && typeof each.name === "string" ? each.name : "", each.address]);
      else Object.values(each).forEach(visit);
    }
  };
  visit(value);
  return out;
}

async function scoreMailcore(folder: string): Promise<Score[]> {
  const corpus = basename(folder);
  const words = new Count(corpus, "non-ASCII words found");
  const subjects = new Count(corpus, "Subject equal");
  const names = new Count(corpus, "attachment names found");
  const senders = new Count(corpus, "From equal");
  for (const path of await filesIn(join(folder, "summary"), /\.eml$/)) {
    const expected = await readFile(path.replace(/\.eml$/, ".txt"), "utf8");
    const { mail, files } = await readWhole(path);
    const ours = squeezed(
      [
        mail.text,
        mail.subject,
        ...["from", "to", "cc"].flatMap((key) => partiesIn(mail.lines, key).map(({ name }) => name)),
        htmlToText(mail.html ?? ""),
        ...files.map(({ name }) => name),
      ].join("\n"),
    );
    for (const word of new Set(expected.match(/[^\s!-~]+/g) ?? []))
      words.add(ours.includes(squeezed(word)), `${basename(path)}: ${word}`);
  }
  for (const path of await filesIn(join(folder, "parser"), /\.eml$/)) {
    const expected: unknown = JSON.parse(await readFile(path.replace(/\.eml$/, ".json"), "utf8"));
    const { mail, files } = await readWhole(path);
    const header = field(expected, "header");
    const subject = field(header, "subject");
    if (typeof subject === "string")
      subjects.add(norm(mail.subject ?? "") === norm(subject), `${basename(path)}: ${mail.subject} for ${subject}`);
    const [from] = [field(header, "from")];
    const sender = partiesIn(mail.lines, "from")[0];
    const mailbox = field(from, "mailbox");
    if (typeof mailbox === "string" && mailbox.includes("@"))
      senders.add(
        sender?.address === mailbox.toLowerCase() &&
          norm(sender.name ?? "") === norm(String(field(from, "displayName") ?? "")),
        `${basename(path)}: ${JSON.stringify(sender)} for ${JSON.stringify(from)}`,
      );
    for (const wanted of fileNames(field(expected, "mainPart")))
      names.add(
        [...files, ...mail.leaves].some((file) => file.name !== undefined && tidied(file.name) === tidied(wanted)),
        `${basename(path)}: ${wanted} in ${files.map(({ name }) => name).join(" | ")}`,
      );
  }
  return scores(words, subjects, senders, names);
}

const squeezed = (text: string) => text.normalize("NFC").replace(/\s+/g, "");

const field = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? Object.entries(value).find(([name]) => name === key)?.[1] : undefined;

function fileNames(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(fileNames);
  if (typeof value !== "object" || value === null) return [];
  const own = field(value, "filename");
  return [
    ...(typeof own === "string" ? [own] : []),
    ...Object.values(value).flatMap((each) => (typeof each === "object" ? fileNames(each) : [])),
  ];
}

async function scoreZbateson(folder: string): Promise<Score[]> {
  const count = new Count(basename(folder), "From, To, Subject, text, attachments equal");
  const path = join(folder, "expected.json");
  if (!existsSync(path)) return [];
  const cases: unknown = JSON.parse(await readFile(path, "utf8"));
  for (const [name, expected] of Object.entries(cases ?? {})) {
    if (!existsSync(join(folder, name))) continue;
    const { mail, files } = await readWhole(join(folder, name));
    const faults: string[] = [];
    for (const key of ["From", "To"]) {
      const wanted = field(expected, key);
      const ours = partiesIn(mail.lines, key.toLowerCase());
      for (const each of Array.isArray(wanted) ? wanted : wanted === undefined ? [] : [wanted]) {
        const isThere = ours.some(
          (party) =>
            party.address === String(field(each, "email")).toLowerCase() &&
            norm(party.name ?? "") === norm(String(field(each, "name") ?? "")),
        );
        if (!isThere) faults.push(`${key} ${JSON.stringify(ours)}`);
      }
    }
    const subject = field(expected, "Subject");
    if (typeof subject === "string" && norm(mail.subject ?? "") !== norm(subject))
      faults.push(`Subject ${mail.subject}`);
    for (const key of ["text", "html"]) {
      const file = field(expected, key);
      if (typeof file !== "string" || !existsSync(join(folder, "files", file))) continue;
      const wanted = folded(readExpected(await readFile(join(folder, "files", file))));
      const ours = mail.leaves
        .filter(({ type }) => type === (key === "text" ? "text/plain" : "text/html"))
        .map(({ text }) => folded(key === "text" ? (text ?? "") : htmlToText(text ?? "")));
      if (!ours.some((text) => text.includes(wanted)) && !(key === "html" && folded(mail.text).includes(wanted)))
        faults.push(key);
    }
    const contains = field(expected, "contains");
    if (typeof contains === "string" && !folded(mail.text).includes(folded(contains))) faults.push("contains");
    const attachments = field(expected, "attachments");
    if (typeof attachments === "number" && countFiles(files) !== attachments)
      faults.push(`${countFiles(files)} files for ${attachments}`);
    count.add(faults.length === 0, `${name}: ${faults.join("; ")}`);
  }
  return scores(count);
}

/** This corpus does not count detached signatures. */
const countFiles = (files: readonly FileRead[]) =>
  files.filter(({ type }) => !/^application\/(?:pgp|(?:x-)?pkcs7)-signature$/.test(type)).length;

/** Expectations of this corpus are in UTF-8 or in Latin 1. */
const readExpected = (bytes: Buffer) => (isUtf8(bytes) ? bytes.toString("utf8") : bytes.toString("latin1"));

const folded = (text: string) => text.normalize("NFC").replace(/[\s\u00a0]+/g, "");

async function scoreRspamdFrom(folder: string): Promise<Score[]> {
  const count = new Count(basename(folder), "From: name and address");
  const path = join(folder, "expected.json");
  if (!existsSync(path)) return [];
  const cases: unknown = JSON.parse(await readFile(path, "utf8"));
  for (const [name, expected] of Object.entries(cases ?? {})) {
    const address = field(expected, "from_address");
    if (typeof address !== "string" || !existsSync(join(folder, name))) continue;
    const { mail } = await readWhole(join(folder, name));
    count.add(
      mail.from?.address === address.toLowerCase() &&
        (mail.from.name ?? "") === String(field(expected, "from_name") ?? ""),
      `${name}: ${JSON.stringify(mail.from)} for ${JSON.stringify(expected)}`,
    );
  }
  return scores(count);
}

const SLOWEST_MS = 2000;

/** Every mail of every corpus of whole mails ends in words, in files, or in a file with a reason. */
async function scoreSurvival(folder: string): Promise<Score[]> {
  const out: Score[] = [];
  for (const corpus of (await readdir(folder)).filter((name) => name.startsWith("mime-")).sort()) {
    const count = new Count(corpus, "shown or quarantined in 2 s, none empty");
    let slowest = 0;
    for (const path of await filesIn(join(folder, corpus), MAILS)) {
      const { mail, files, ms } = await readWhole(path);
      slowest = Math.max(slowest, ms);
      const hasWords = mail.leaves.some(({ text }) => (text ?? "").replace(/<[^>]*>/g, "").trim() !== "");
      const isEmpty = mail.text.trim() === "" && files.length === 0 && hasWords;
      count.add(ms <= SLOWEST_MS && !isEmpty, `${path}: ${ms.toFixed()} ms${isEmpty ? ", empty" : ""}`);
    }
    out.push(...scores(count).map((score) => ({ ...score, peers: `slowest ${slowest.toFixed()} ms` })));
  }
  return out;
}

/** Mails end in .eml or .msg; two corpora name them .txt, beside expectations and licences. */
const MAILS = /(?:\.eml|\.msg|^m[\w]*\d+a?\.txt|^github[\w-]*\.txt)$/;
