import { type BridgeHost, backOff, type InboundMessage, pause } from "../../src/adapter/index.ts";
import { acceptMail } from "./accept-mail.ts";
import type { OwnAddress } from "./addresses.ts";
import { NOBODY } from "./arrival.ts";
import { nameArrival } from "./imap-cursor.ts";
import type { ImapSession } from "./imap-session.ts";
import { readAsFile, readMail } from "./read-mail.ts";
import { type SpooledMail, spool } from "./spool.ts";
import { pickLanguage, say } from "./texts.ts";
import type { AssessSender } from "./trust/assess.ts";

/** What reading one folder needs. */
export interface Reading {
  readonly mailbox: string;
  readonly own: OwnAddress;
  readonly assess: AssessSender;
  readonly host: BridgeHost;
  readonly onTrouble: (code: string | undefined) => void;
  readonly until: AbortSignal;
  /** By UID: how often a mail's bytes could not be had, over all connections. */
  readonly failures: Map<string, number>;
  /** The last mail that was settled. */
  readonly settled: { lastUid: number | undefined };
}

/** After so many vain tries a mail is taken in another form: one mail never holds up a mailbox. */
const MOST_TRIES = 5;

/** Resolves when the mail is in the inbox, or the reading ends. Rejects when the connection gives no bytes. */
export async function takeMail(session: ImapSession, uid: number, receivedAt: Date, reading: Reading): Promise<void> {
  const { mailbox, own, assess, failures } = reading;
  const place = { uidValidity: session.uidValidity(), uid };
  const arrival = { receivedAt, recipient: undefined, envelopeFrom: undefined };
  const number = nameArrival(mailbox, place);
  let mail: SpooledMail | undefined;
  try {
    const source = await session.download(uid);
    if (source === undefined) return;
    mail = await spool(source);
  } catch (fault) {
    if (isOutsideTrouble(fault)) throw fault;
    const tries = (failures.get(number) ?? 0) + 1;
    failures.set(number, tries);
    if (tries < MOST_TRIES) throw fault;
    reading.host.log.error(
      { code: "IMAP_UNREADABLE", uid, cause: codeOf(fault) },
      "a mail stays unread in the mailbox",
    );
    const notice = announceUnreadable(uid, { dedupeKey: number, receivedAt }, reading);
    await offer(() => reading.host.inbox.accept(notice), reading);
    failures.delete(number);
    return;
  }
  await using spooled = mail;
  await offer(async (tries) => {
    const read = await (tries < MOST_TRIES ? readMail : readAsFile)(spooled, reading.host.languages);
    const digest = read.remoteId === undefined ? undefined : spooled.digest;
    const assessment = await assess(spooled, read, undefined);
    const dedupeKey = nameArrival(mailbox, { ...place, digest });
    await acceptMail(read, { ...arrival, dedupeKey, assessment }, own, reading.host);
  }, reading);
  failures.delete(number);
}

/** Offers a mail until the inbox takes it: order matters more than haste. */
async function offer(accept: (tries: number) => Promise<unknown>, reading: Reading): Promise<void> {
  const { host, onTrouble, until } = reading;
  for (let tries = 0; !until.aborted; tries++) {
    try {
      await accept(tries);
      if (tries > 0) onTrouble(undefined);
      return;
    } catch (fault) {
      host.log.error({ err: fault, code: "EMAIL_NOT_STORED", tries }, "mail could not be stored, it is tried again");
      onTrouble("EMAIL_NOT_STORED");
      await pause(backOff(tries), until);
    }
  }
}

const announceUnreadable = (
  uid: number,
  arrival: { dedupeKey: string; receivedAt: Date },
  { mailbox, own, host }: Reading,
): InboundMessage => ({
  ...arrival,
  from: { address: NOBODY },
  to: own.address,
  text: say("remark.unfetched", pickLanguage(host.languages))
    .replace("{uid}", String(uid))
    .replace("{mailbox}", () => mailbox),
  thread: { references: [] },
  automatic: true,
  attachments: [],
});

/** Trouble of a socket or of the disk says nothing about the mail. */
const isOutsideTrouble = (fault: unknown) => fault instanceof Error && "syscall" in fault;

export const codeOf = (fault: unknown) => (fault instanceof Error && "code" in fault ? String(fault.code) : "unknown");
