import { Readable } from "node:stream";
import { text as readText } from "node:stream/consumers";
import type { AddressObject, EmailAddress, HeaderValue } from "mailparser";
import type { InboundAttachment, Party } from "../../src/adapter/index.ts";
import { normaliseAddress } from "./addresses.ts";
import { guessSubject, type HeaderLines, headerValue, headerValues, readMessageId, readReferences } from "./headers.ts";
import { htmlToText } from "./html-text.ts";
import { type ParsedFile, type ParsedMail, parseFiles, parseWhole, parseWords } from "./mime.ts";
import type { SpooledMail } from "./spool.ts";
import { tidyFileName, tidyLine, tidyMediaType, tidyText } from "./tidy.ts";

/** What a mail says, apart from how it came. All texts are untrusted. */
export interface ReadMail {
  readonly from: Party | undefined;
  readonly subject: string | undefined;
  readonly text: string;
  readonly html: string | undefined;
  readonly remoteId: string | undefined;
  readonly references: readonly string[];
  readonly lines: HeaderLines;
  /** Addresses that the headers say it was sent or delivered to, the surest first. */
  readonly recipients: readonly string[];
  /** Streams the mail's files, anew at each call, as long as the spooled mail exists. */
  attachments(): InboundMessageFiles;
}

type InboundMessageFiles = Iterable<InboundAttachment> | AsyncIterable<InboundAttachment>;

/** In characters; what is longer is cut, and the whole mail goes along as a file. */
const LONGEST_TEXT = 1_000_000;
const LONGEST_HTML = 4_000_000;
const LONGEST_SUBJECT = 500;

/** Never throws for what a sender wrote: a mail that cannot be parsed comes as a file. Rejects when the disk fails. */
export async function readMail(mail: SpooledMail): Promise<ReadMail> {
  if (mail.bytes !== undefined) {
    const parsed = await parseWhole(mail.bytes).catch(() => undefined);
    if (parsed === undefined) return readAsFile(mail);
    return understand(mail, { ...parsed, isCut: false }, () =>
      parsed.files.map((file) => ({ ...describeFile(file), content: Readable.from([file.content]) })),
    );
  }
  const parsed = await parseWords(mail).catch(() => undefined);
  if (parsed === undefined) return readAsFile(mail);
  return understand(mail, parsed, () => (parsed.hasFiles ? streamFiles(mail) : []));
}

/** A mail as the file `message.eml`, with the little that its head surely says. */
export async function readAsFile(mail: SpooledMail): Promise<ReadMail> {
  const head = await readHead(mail);
  return {
    from: undefined,
    subject: shortened(guessSubject(head)),
    text: "",
    html: undefined,
    remoteId: readMessageId(/^message-id:\s*(\S+)/im.exec(head)?.[1]),
    references: [],
    lines: [],
    recipients: [],
    attachments: () => [wholeMail(mail)],
  };
}

function understand(
  mail: SpooledMail,
  parsed: ParsedMail & { isCut: boolean },
  files: () => InboundMessageFiles,
): ReadMail {
  const { lines, headers } = parsed;
  const html = parsed.html === undefined || parsed.html.length > LONGEST_HTML ? undefined : parsed.html;
  const plain = tidyText(parsed.text ?? "");
  const text = plain === "" && parsed.html !== undefined ? tidyText(htmlToText(parsed.html)) : plain;
  const isCut = parsed.isCut || text.length > LONGEST_TEXT || (parsed.html !== undefined && html === undefined);
  const subject = headers.get("subject");
  return {
    from: mailboxesIn(headers.get("from"))[0],
    subject: shortened(typeof subject === "string" ? subject : undefined),
    text: text.slice(0, LONGEST_TEXT),
    html: html?.replaceAll("\u0000", ""),
    remoteId: readMessageId(headerValue(lines, "message-id")),
    references: readReferences(
      headerValues(lines, "in-reply-to").join(" "),
      headerValues(lines, "references").join(" "),
    ),
    lines,
    recipients: [
      ...mailboxesIn(headers.get("delivered-to")).map(({ address }) => address),
      ...headerValues(lines, "x-original-to"),
      ...mailboxesIn(headers.get("to")).map(({ address }) => address),
      ...mailboxesIn(headers.get("cc")).map(({ address }) => address),
    ],
    attachments: () => (isCut ? withWholeMail(mail, files()) : files()),
  };
}

async function* streamFiles(mail: SpooledMail): AsyncGenerator<InboundAttachment> {
  for await (const file of parseFiles(mail)) yield { ...describeFile(file), content: file.content };
}

async function* withWholeMail(mail: SpooledMail, files: InboundMessageFiles): AsyncGenerator<InboundAttachment> {
  yield* files;
  yield wholeMail(mail);
}

const wholeMail = (mail: SpooledMail): InboundAttachment => ({
  name: "message.eml",
  type: "message/rfc822",
  inline: false,
  content: mail.open(),
});

function describeFile(file: ParsedFile): Omit<InboundAttachment, "content"> {
  const name = tidyFileName(file.filename);
  const contentId = file.cid === undefined ? "" : tidyLine(file.cid, 250);
  return {
    type: tidyMediaType(file.contentType),
    inline: contentId !== "" && (file.related === true || file.contentDisposition === "inline"),
    ...(name === undefined ? {} : { name }),
    ...(contentId === "" ? {} : { contentId }),
  };
}

const shortened = (subject: string | undefined) => tidyLine(subject ?? "", LONGEST_SUBJECT) || undefined;

function mailboxesIn(value: HeaderValue | undefined): Party[] {
  const objects = Array.isArray(value) ? value : [value];
  return objects.filter(isAddressObject).flatMap((object) => object.value.flatMap(toParties));
}

const isAddressObject = (value: unknown): value is AddressObject =>
  typeof value === "object" && value !== null && "value" in value && Array.isArray(value.value);

function toParties(mailbox: EmailAddress): Party[] {
  if (mailbox.group !== undefined) return mailbox.group.flatMap(toParties);
  const address = normaliseAddress(mailbox.address ?? "");
  if (address === undefined) return [];
  const name = tidyLine(mailbox.name, 200);
  return [name === "" ? { address } : { address, name }];
}

const HEAD = 16 * 1024;

async function readHead(mail: SpooledMail): Promise<string> {
  const whole = mail.bytes?.subarray(0, HEAD).toString() ?? (await readText(mail.open().take(1)));
  return whole.slice(0, HEAD).split(/\r?\n\r?\n/)[0] ?? "";
}
