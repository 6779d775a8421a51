import { text as readText } from "node:stream/consumers";
import addressparser from "nodemailer/lib/addressparser";
import type { InboundAttachment, Party } from "../../src/adapter/index.ts";
import { normaliseAddress } from "./addresses.ts";
import { streamFiles, wholeMail } from "./file-stream.ts";
import { guessSubject, type HeaderLines, headerValue, headerValues, readMessageId, readReferences } from "./headers.ts";
import { decodeWords } from "./mime/encoded-words.ts";
import type { Leaf, Reading } from "./mime/reading.ts";
import { openReaders, type Readers } from "./mime/threads.ts";
import type { SpooledMail } from "./spool.ts";
import { pickLanguage, say, type TextKey } from "./texts.ts";
import { tidyLine } from "./tidy.ts";

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
  /** What agents should know about its reading: sentences in a language of theirs. */
  readonly remarks: readonly string[];
  /** Its parts as they came, for those who read reports: bounded, texts decoded. */
  readonly leaves: readonly Leaf[];
  /** Its reading failed: there are no words, only the mail itself as a file. */
  readonly isUnread: boolean;
  /** Streams the mail's files, anew at each call, as long as the spooled mail exists. */
  attachments(): Iterable<InboundAttachment>;
}

const LONGEST_SUBJECT = 500;

let readers: Readers | undefined;

/**
 * Never throws for what a sender wrote: a mail that cannot be read comes as a file. Rejects when the disk fails.
 * @param languages of the agents, the preferred one first.
 */
export async function readMail(mail: SpooledMail, languages: readonly string[] = []): Promise<ReadMail> {
  const language = pickLanguage(languages);
  readers ??= openReaders();
  const where = mail.bytes ?? mail.path;
  if (where === undefined) return readAsFile(mail, languages);
  const ending = await readers.read({
    mail: typeof where === "string" ? { path: where, size: mail.size } : { bytes: where },
    language,
  });
  if (ending.is === "failed") return readAsFile(mail, languages, `remark.${ending.reason}`);
  return understand(
    mail,
    ending.reading,
    ending.reading.remarks.map((key) => say(key, language)),
  );
}

/** A mail as the file `message.eml`, with the little that its head surely says. @param why the reason, for agents. */
export async function readAsFile(
  mail: SpooledMail,
  languages: readonly string[] = [],
  why: TextKey = "remark.crash",
): Promise<ReadMail> {
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
    remarks: [say(why, pickLanguage(languages))],
    leaves: [],
    isUnread: true,
    attachments: () => [wholeMail(mail)],
  };
}

function understand(mail: SpooledMail, reading: Reading, remarks: readonly string[]): ReadMail {
  const { lines, text, html, leaves } = reading;
  return {
    from: partiesIn(lines, "from")[0] ?? partiesIn(lines, "sender")[0],
    subject: shortened(headerValue(lines, "subject")),
    text,
    html,
    remoteId: readMessageId(headerValue(lines, "message-id")),
    references: readReferences(
      headerValues(lines, "in-reply-to").join(" "),
      headerValues(lines, "references").join(" "),
    ),
    lines,
    recipients: [
      ...partiesIn(lines, "delivered-to").map(({ address }) => address),
      ...headerValues(lines, "x-original-to"),
      ...partiesIn(lines, "to").map(({ address }) => address),
      ...partiesIn(lines, "cc").map(({ address }) => address),
    ],
    remarks,
    leaves,
    isUnread: false,
    attachments: () => withOriginal(mail, reading),
  };
}

function* withOriginal(mail: SpooledMail, { files, wantsOriginal }: Reading): Generator<InboundAttachment> {
  yield* streamFiles(mail, files);
  if (wantsOriginal) yield wholeMail(mail);
}

const shortened = (subject: string | undefined) =>
  tidyLine(decodeWords((subject ?? "").slice(0, 20 * LONGEST_SUBJECT)), LONGEST_SUBJECT) || undefined;

/** In characters and in people: what is beyond is no list of correspondents. */
const LONGEST_LIST = 15_000;
const MOST_PARTIES = 500;

/** Correspondents that all headers of that name list, groups taken apart. */
export const partiesIn = (lines: HeaderLines, key: string): Party[] =>
  headerValues(lines, key)
    .flatMap((value) => addressparser(value.slice(0, LONGEST_LIST)).flatMap(toParties))
    .slice(0, MOST_PARTIES);

type Mailbox = ReturnType<typeof addressparser>[number];

function toParties(mailbox: Mailbox): Party[] {
  if (mailbox.group !== undefined) return mailbox.group.flatMap(toParties);
  const address = normaliseAddress(mailbox.address ?? "");
  if (address === undefined) return [];
  const name = tidyLine(decodeWords(mailbox.name ?? ""), 200);
  return [name === "" ? { address } : { address, name }];
}

const HEAD = 16 * 1024;

async function readHead(mail: SpooledMail): Promise<string> {
  const whole = await readText(mail.open({ start: 0, end: Math.min(mail.size, HEAD) }));
  return whole.split(/\r?\n\r?\n/)[0] ?? "";
}
