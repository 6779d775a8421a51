import { shortValue } from "../headers.ts";
import { htmlToText } from "../html-text.ts";
import type { Leaf } from "../mime/reading.ts";
import type { ReadMail } from "../read-mail.ts";
import { LONGEST_NOTICE, type ReadableMail } from "./readable-mail.ts";

/** A mail that was read, as the reading of reports takes it. */
export function toReadable({ lines, subject, leaves }: Pick<ReadMail, "lines" | "subject" | "leaves">): ReadableMail {
  // What lies inside a returned message is somebody else's.
  const own = leaves.filter(({ depth }) => depth === 0);
  const text = wordsOf(own);
  return {
    lines,
    subject: subject ?? "",
    text,
    parts: own.flatMap((leaf) => (isPart(leaf) ? [{ type: leaf.type, text: leaf.text ?? "" }] : [])),
    rawBody: text.trim() === "" ? (own[0]?.text ?? "").slice(0, LONGEST_NOTICE) : "",
  };
}

const isPart = ({ type }: Leaf) => /^(?:message\/|text\/rfc822)/.test(type);

function wordsOf(leaves: readonly Leaf[]): string {
  const words = leaves.filter((leaf) => leaf.type.startsWith("text/") && !isPart(leaf) && !isAttached(leaf));
  const plain = join(words.filter(({ type }) => type !== "text/html"));
  if (plain.trim() !== "") return plain;
  const html = join(words.filter(({ type }) => type === "text/html"));
  return /<[a-z!/]/i.test(html) ? htmlToText(html) : html;
}

const join = (leaves: readonly Leaf[]) => leaves.map(({ text }) => text ?? "").join("\n");

const isAttached = ({ lines }: Leaf) => /^attachment\b/i.test(shortValue(lines, "content-disposition") ?? "");
