import type { BridgeHost, InboundMessage } from "../../src/adapter/index.ts";
import type { OwnAddress } from "./addresses.ts";
import { NOBODY, toInbound } from "./arrival.ts";
import { continueFrom, nameArrival, readCursor, writeCursor } from "./imap-cursor.ts";
import { type ImapSession, openSession } from "./imap-session.ts";
import { readAsFile, readMail } from "./read-mail.ts";
import type { ImapSettings } from "./settings.ts";
import { type SpooledMail, spool } from "./spool.ts";
import { backOff, pause } from "./wait.ts";

/** Reads a mailbox in the order of its UIDs, in one process of many, and leaves it as it was. */
export interface MailboxReader {
  start(signal: AbortSignal): void;
  /** Resolves when the mail at hand is settled or given back. */
  stop(): Promise<void>;
}

/** Mails fetched before dates are asked for again. */
const BATCH = 50;
/** After so many vain tries a mail is taken in another form: one mail never holds up a mailbox. */
const MOST_TRIES = 5;

/** @param onTrouble gets a code while mail cannot be read, undefined when all is well. */
export function createMailboxReader(
  imap: ImapSettings,
  own: OwnAddress,
  host: BridgeHost,
  onTrouble: (code: string | undefined) => void,
): MailboxReader {
  const ending = new AbortController();
  let running: Promise<void> = Promise.resolve();
  return {
    start: (signal) => {
      // Another process may hold the mailbox: standing by is well.
      onTrouble(undefined);
      const lease = host.lease(`imap:${imap.mailbox}`, (held) => {
        const until = AbortSignal.any([signal, held, ending.signal]);
        running = keepReading({ imap, own, host, onTrouble, until, failures: new Map() });
        return running;
      });
      lease.catch((fault: unknown) => {
        host.log.error({ err: fault, code: "IMAP_LEASE" }, "the mailbox is no longer read");
        onTrouble("IMAP_LEASE");
      });
    },
    stop: async () => {
      ending.abort();
      await running;
    },
  };
}

interface Reading {
  readonly imap: ImapSettings;
  readonly own: OwnAddress;
  readonly host: BridgeHost;
  readonly onTrouble: (code: string | undefined) => void;
  readonly until: AbortSignal;
  /** By arrival: how often its bytes could not be had, over all connections. */
  readonly failures: Map<string, number>;
}

async function keepReading(reading: Reading): Promise<void> {
  const { imap, host, onTrouble, until } = reading;
  let failures = 0;
  while (!until.aborted) {
    try {
      await using session = await openSession(imap, until);
      await readToTheEnd(session, reading);
      failures = 0;
      onTrouble(undefined);
      while (!until.aborted) {
        await session.waitForNews();
        await readToTheEnd(session, reading);
      }
    } catch (fault) {
      if (until.aborted) return;
      const code = isLoginRefused(fault) ? "IMAP_AUTH" : "IMAP_CONNECTION";
      host.log.warn({ code, cause: codeOf(fault), failures }, "the mailbox cannot be read now");
      onTrouble(code);
      await pause(backOff(failures++), until);
    }
  }
}

async function readToTheEnd(session: ImapSession, reading: Reading): Promise<void> {
  const { imap, host, until } = reading;
  const known = await readCursor(host.notes, imap.mailbox);
  let cursor = continueFrom(known, session.uidValidity());
  if (known !== undefined && cursor !== known) host.log.warn({ code: "IMAP_UIDVALIDITY" }, "the mailbox is read anew");
  for (;;) {
    const uids = await session.listAfter(cursor.lastUid);
    if (uids.length === 0) return;
    for (let first = 0; first < uids.length; first += BATCH) {
      const batch = uids.slice(first, first + BATCH);
      const dates = await session.receivedDates(batch);
      for (const uid of batch) {
        const receivedAt = dates.get(uid);
        if (receivedAt !== undefined)
          await takeMail(session, uid, Number.isNaN(receivedAt.getTime()) ? host.now() : receivedAt, reading);
        if (until.aborted) return;
        cursor = { uidValidity: cursor.uidValidity, lastUid: uid };
        await writeCursor(host.notes, imap.mailbox, cursor);
      }
    }
  }
}

/** Resolves when the mail is in the inbox, or the reading ends. Rejects when the connection gives no bytes. */
async function takeMail(session: ImapSession, uid: number, receivedAt: Date, reading: Reading): Promise<void> {
  const { imap, own, failures } = reading;
  const dedupeKey = nameArrival(imap.mailbox, session.uidValidity(), uid);
  const arrival = { dedupeKey, receivedAt, recipient: undefined, envelopeFrom: undefined };
  let mail: SpooledMail | undefined;
  try {
    const source = await session.download(uid);
    if (source === undefined) return;
    mail = await spool(source);
  } catch (fault) {
    if (isOutsideTrouble(fault)) throw fault;
    const tries = (failures.get(dedupeKey) ?? 0) + 1;
    failures.set(dedupeKey, tries);
    if (tries < MOST_TRIES) throw fault;
    reading.host.log.error(
      { code: "IMAP_UNREADABLE", uid, cause: codeOf(fault) },
      "a mail stays unread in the mailbox",
    );
    await offer(async () => announceUnreadable(imap.mailbox, uid, arrival, own), reading);
    failures.delete(dedupeKey);
    return;
  }
  await using spooled = mail;
  await offer(
    async (tries) =>
      toInbound(await (tries < MOST_TRIES ? readMail : readAsFile)(spooled, reading.host.languages), arrival, own),
    reading,
  );
  failures.delete(dedupeKey);
}

/** Offers a message until the inbox takes it: order matters more than haste. */
async function offer(build: (tries: number) => Promise<InboundMessage>, reading: Reading): Promise<void> {
  const { host, onTrouble, until } = reading;
  for (let tries = 0; !until.aborted; tries++) {
    try {
      await host.inbox.accept(await build(tries));
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
  mailbox: string,
  uid: number,
  arrival: { dedupeKey: string; receivedAt: Date },
  own: OwnAddress,
): InboundMessage => ({
  ...arrival,
  from: { address: NOBODY },
  to: own.address,
  text: `A mail could not be read from the mail server. It is still in the mailbox ${mailbox} (UID ${uid}).`,
  thread: { references: [] },
  automatic: true,
  attachments: [],
});

/** Trouble of a socket or of the disk says nothing about the mail. */
const isOutsideTrouble = (fault: unknown) => fault instanceof Error && "syscall" in fault;

const isLoginRefused = (fault: unknown) =>
  fault instanceof Error && "authenticationFailed" in fault && fault.authenticationFailed === true;

const codeOf = (fault: unknown) => (fault instanceof Error && "code" in fault ? String(fault.code) : "unknown");
