import { type BridgeHost, backOff, pause, untilAborted } from "../../src/adapter/index.ts";
import type { OwnAddress } from "./addresses.ts";
import { type Cursor, continueFrom, readCursor, writeCursor } from "./imap-cursor.ts";
import { type ImapSession, isLoginRefused, openSession } from "./imap-session.ts";
import { OAuth2Error, type TokenSource } from "./oauth2.ts";
import type { ImapSettings } from "./settings.ts";
import { codeOf, type Reading, takeMail } from "./take-mail.ts";
import type { AssessSender } from "./trust/assess.ts";

/** Reads one folder of a mailbox in the order of its UIDs, in one process of many. */
export interface MailboxReader {
  start(signal: AbortSignal): void;
  /** Resolves when the mail at hand is settled or given back, or `deadline` aborts: then it is read again at the next start. */
  stop(deadline: AbortSignal): Promise<void>;
}

/** Mails between two questions for dates, and between two moves. */
const BATCH = 50;

/** What is read, and for whom. */
interface MailboxPlace {
  readonly mailbox: string;
  readonly own: OwnAddress;
  readonly assess: AssessSender;
  readonly tokens: TokenSource | undefined;
}

/** @param onTrouble gets a code while mail cannot be read, undefined when all is well. */
export function createMailboxReader(
  imap: ImapSettings,
  { tokens, ...place }: MailboxPlace,
  host: BridgeHost,
  onTrouble: (code: string | undefined) => void,
): MailboxReader {
  const ending = new AbortController();
  let running: Promise<void> = Promise.resolve();
  return {
    start: (signal) => {
      // Another process may hold the mailbox: standing by is well.
      onTrouble(undefined);
      const lease = host.lease(`imap:${place.mailbox}`, (held) => {
        const until = AbortSignal.any([signal, held, ending.signal]);
        running = keepReading(imap, tokens, {
          ...place,
          host,
          onTrouble,
          until,
          failures: new Map(),
          settled: { lastUid: undefined },
        });
        return running;
      });
      lease.catch((fault: unknown) => {
        host.log.error({ err: fault, code: "IMAP_LEASE" }, "the mailbox is no longer read");
        onTrouble("IMAP_LEASE");
      });
    },
    stop: async (deadline) => {
      ending.abort();
      await Promise.race([running, untilAborted(deadline)]);
    },
  };
}

async function keepReading(imap: ImapSettings, tokens: TokenSource | undefined, reading: Reading): Promise<void> {
  const { mailbox, host, onTrouble, until } = reading;
  let failures = 0;
  let lastUid: number | undefined;
  while (!until.aborted) {
    try {
      await using session = await openSession(imap, mailbox, tokens, until);
      const clear = (uids: readonly number[]) => moveAway(session, uids, imap.move_to, reading);
      let isWell = await clear(await leftovers(session, imap, reading));
      isWell = (await readToTheEnd(session, reading, clear)) && isWell;
      failures = 0;
      if (isWell) onTrouble(undefined);
      while (!until.aborted) {
        await session.waitForNews();
        await readToTheEnd(session, reading, clear);
      }
    } catch (fault) {
      if (until.aborted) return;
      // A connection that brought some mail is no failure in a row: over a bad line the mailbox is read all the same.
      const reached = reading.settled.lastUid;
      if (reached !== lastUid) failures = 0;
      lastUid = reached;
      const code = codeOfTrouble(fault);
      host.log.warn({ code, cause: codeOf(fault), failures }, "the mailbox cannot be read now");
      onTrouble(code);
      await pause(backOff(failures++), until);
    }
  }
}

/** @returns false when mails could not be moved away. */
async function readToTheEnd(
  session: ImapSession,
  reading: Reading,
  clear: (uids: readonly number[]) => Promise<boolean>,
): Promise<boolean> {
  const { mailbox, host, until } = reading;
  const known = await readCursor(host.notes, mailbox);
  let cursor = continueFrom(known, session.uidValidity());
  let isWell = true;
  if (known !== undefined && cursor !== known) host.log.warn({ code: "IMAP_UIDVALIDITY" }, "the mailbox is read anew");
  for (;;) {
    const uids = await session.listAfter(cursor.lastUid);
    if (uids.length === 0) return isWell;
    for (let first = 0; first < uids.length; first += BATCH) {
      const batch = uids.slice(first, first + BATCH);
      cursor = await readBatch(session, reading, batch, cursor);
      if (until.aborted) return isWell;
      isWell = (await clear(batch)) && isWell;
    }
  }
}

async function readBatch(
  session: ImapSession,
  reading: Reading,
  batch: readonly number[],
  from: Cursor,
): Promise<Cursor> {
  const { mailbox, host, until, settled } = reading;
  const dates = await session.receivedDates(batch);
  let cursor = from;
  for (const uid of batch) {
    const receivedAt = dates.get(uid);
    if (receivedAt !== undefined)
      await takeMail(session, uid, Number.isNaN(receivedAt.getTime()) ? host.now() : receivedAt, reading);
    if (until.aborted) break;
    cursor = { uidValidity: cursor.uidValidity, lastUid: uid };
    await writeCursor(host.notes, mailbox, cursor);
    settled.lastUid = uid;
  }
  return cursor;
}

/** Mails that were read but not moved: guichet was ended in between, or the folder was not to be had. */
async function leftovers(session: ImapSession, imap: ImapSettings, { host, mailbox }: Reading): Promise<number[]> {
  if (imap.move_to === undefined) return [];
  const known = await readCursor(host.notes, mailbox);
  return session.listUpTo(continueFrom(known, session.uidValidity()).lastUid);
}

async function moveAway(
  session: ImapSession,
  uids: readonly number[],
  folder: string | undefined,
  { host, onTrouble }: Reading,
): Promise<boolean> {
  if (folder === undefined || uids.length === 0 || (await session.move(uids, folder))) return true;
  host.log.warn({ code: "IMAP_MOVE", mails: uids.length }, "the mail server does not let mails be moved; they stay");
  onTrouble("IMAP_MOVE");
  return false;
}

function codeOfTrouble(fault: unknown): string {
  if (fault instanceof OAuth2Error) return fault.code;
  return isLoginRefused(fault) ? "IMAP_AUTH" : "IMAP_CONNECTION";
}
