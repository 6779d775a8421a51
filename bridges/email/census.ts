import type { Acceptance, BridgeHost, CountedArrival } from "../../src/adapter/index.ts";
import { acceptMail } from "./accept-mail.ts";
import type { OwnAddress } from "./addresses.ts";
import { classifyAutomatic } from "./automatic.ts";
import { nameArrival } from "./imap-cursor.ts";
import { openSession } from "./imap-session.ts";
import type { TokenSource } from "./oauth2.ts";
import { readMail } from "./read-mail.ts";
import type { ImapSettings } from "./settings.ts";
import { type SpooledMail, spool } from "./spool.ts";
import type { AssessSender } from "./trust/assess.ts";

/** How many mails' dates are asked for together. */
const BATCH = 50;
const NEWS = new Set(["bounce", "receipt", "feedback", "notification"]);

interface CensusParts {
  readonly tokens: TokenSource | undefined;
  readonly own: OwnAddress;
  readonly assess: AssessSender;
  readonly host: BridgeHost;
}

/**
 * Counts the mails of all folders that are read, and of the one that they are moved to: each is read once, as its name is
 * its digest. What may be a report on an answer is not counted, because it leaves no arrival behind.
 */
export async function* countMails(
  imap: ImapSettings,
  parts: CensusParts,
  period: { readonly from: Date; readonly to: Date },
  signal: AbortSignal,
): AsyncGenerator<CountedArrival> {
  const [first = "INBOX"] = imap.mailboxes;
  for (const mailbox of imap.mailboxes)
    yield* countFolder(imap, mailbox, { ...parts, origin: mailbox }, period, signal);
  // Of several folders nobody knows from which one a mail was moved.
  if (imap.move_to !== undefined && imap.mailboxes.length === 1)
    yield* countFolder(imap, imap.move_to, { ...parts, origin: first }, period, signal);
}

async function* countFolder(
  imap: ImapSettings,
  folder: string,
  parts: CensusParts & { readonly origin: string },
  { from, to }: { readonly from: Date; readonly to: Date },
  signal: AbortSignal,
): AsyncGenerator<CountedArrival> {
  const { move_to: _, ...readOnly } = imap;
  await using session = await openSession(readOnly, folder, parts.tokens, signal);
  const uids = await session.listBetween(from, to);
  for (let at = 0; at < uids.length; at += BATCH) {
    const batch = uids.slice(at, at + BATCH);
    const dates = await session.receivedDates(batch);
    for (const uid of batch) {
      const receivedAt = dates.get(uid);
      if (receivedAt === undefined || receivedAt < from || receivedAt >= to) continue;
      const source = await session.download(uid);
      if (source === undefined) continue;
      await using mail = await spool(source);
      const counted = await count(mail, parts, { folder, uid, uidValidity: session.uidValidity(), receivedAt });
      if (counted) yield counted;
    }
  }
}

async function count(
  mail: SpooledMail,
  { own, assess, host, origin }: CensusParts & { readonly origin: string },
  { folder, uid, uidValidity, receivedAt }: { folder: string; uid: number; uidValidity: string; receivedAt: Date },
): Promise<CountedArrival | undefined> {
  const read = await readMail(mail, host.languages);
  const kind = classifyAutomatic(read.lines, undefined, read.subject);
  if (kind !== undefined && NEWS.has(kind)) return undefined;
  const digest = read.remoteId === undefined ? undefined : mail.digest;
  // A moved mail without a Message-ID has lost its number, and with it its name.
  if (digest === undefined && folder !== origin) return undefined;
  const dedupeKey = nameArrival(origin, { digest, uidValidity, uid });
  const take = async (): Promise<Acceptance> => {
    const assessment = await assess(mail, read, undefined);
    const arrival = { receivedAt, recipient: undefined, envelopeFrom: undefined, dedupeKey, assessment };
    return acceptMail(read, arrival, own, host);
  };
  return { dedupeKey, receivedAt, take };
}
