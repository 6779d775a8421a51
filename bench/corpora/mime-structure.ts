import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { partiesIn } from "../../bridges/email/read-mail.ts";
import { Count, filesIn, isSame, readWhole, scores, tidied } from "./mime-read.ts";
import { norm, type Score } from "./score.ts";

export async function scoreMime4j(folder: string): Promise<Score[]> {
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

export async function scoreStalwart(folder: string): Promise<Score[]> {
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
