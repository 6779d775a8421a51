import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { type AddressObject, type ParsedMail, simpleParser } from "mailparser";
import type { OutsideMail } from "../../outside-mail.ts";

/** A mail that left, as its receiver's program shows it. All of it is untrusted. */
export interface ReceivedMail {
  /** Of its file, without the ending. */
  readonly name: string;
  readonly from: string;
  readonly fromAddress: string;
  readonly to: { readonly name: string; readonly address: string };
  readonly subject: string;
  readonly at: Date;
  readonly text: string;
  /** Where an answer goes: Reply-To, or else From. */
  readonly answerTo: string;
  readonly messageId: string | undefined;
  readonly references: readonly string[];
  readonly files: readonly { readonly name: string; readonly size: number }[];
}

export interface Mails {
  /** The latest ones, newest first. */
  latest(count: number): Promise<ReceivedMail[]>;
  find(name: string): Promise<ReceivedMail | undefined>;
  /** Content of a mail's file, by its place among them. */
  file(name: string, place: number): Promise<{ name: string; content: Buffer } | undefined>;
}

export function openMails(outside: OutsideMail): Mails {
  const known = new Map<string, Promise<ReceivedMail>>();
  const digest = (file: string) => {
    const reading = known.get(file) ?? read(file).then((mail) => describe(nameOf(file), mail));
    known.set(file, reading);
    return reading;
  };
  const fileOf = (name: string) => outside.files.find((file) => nameOf(file) === name);
  return {
    latest: (count) => Promise.all(outside.files.slice(-count).reverse().map(digest)),
    async find(name) {
      const file = fileOf(name);
      return file === undefined ? undefined : digest(file);
    },
    async file(name, place) {
      const file = fileOf(name);
      const attachment = file === undefined ? undefined : (await read(file)).attachments[place];
      return attachment && { name: attachment.filename ?? "file", content: attachment.content };
    },
  };
}

const nameOf = (file: string) => basename(file, ".eml");
const read = async (file: string) => simpleParser(await readFile(file));

function describe(name: string, mail: ParsedMail): ReceivedMail {
  const to = Array.isArray(mail.to) ? mail.to[0] : mail.to;
  const from = mail.from?.value[0];
  const references = typeof mail.references === "string" ? [mail.references] : (mail.references ?? []);
  return {
    name,
    from: from?.name || from?.address || "",
    fromAddress: from?.address ?? "",
    to: partyOf(to),
    subject: mail.subject ?? "(no subject)",
    at: mail.date ?? new Date(0),
    text: (mail.text ?? "").trim(),
    answerTo: mail.replyTo?.value[0]?.address ?? from?.address ?? "",
    messageId: mail.messageId,
    references,
    files: mail.attachments.map(({ filename, size }) => ({ name: filename ?? "file", size })),
  };
}

function partyOf(to: AddressObject | undefined): ReceivedMail["to"] {
  const party = to?.value[0];
  return { name: party?.name ?? "", address: party?.address ?? "" };
}
