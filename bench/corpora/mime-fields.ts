import { isUtf8 } from "node:buffer";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { htmlToText } from "../../bridges/email/html-text.ts";
import { partiesIn } from "../../bridges/email/read-mail.ts";
import { Count, type FileRead, field, filesIn, readWhole, scores, tidied } from "./mime-read.ts";
import { norm, type Score } from "./score.ts";

export async function scoreMailcore(folder: string): Promise<Score[]> {
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

function fileNames(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(fileNames);
  if (typeof value !== "object" || value === null) return [];
  const own = field(value, "filename");
  return [
    ...(typeof own === "string" ? [own] : []),
    ...Object.values(value).flatMap((each) => (typeof each === "object" ? fileNames(each) : [])),
  ];
}

export async function scoreZbateson(folder: string): Promise<Score[]> {
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

export async function scoreRspamdFrom(folder: string): Promise<Score[]> {
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
