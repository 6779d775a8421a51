import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { createTransport } from "nodemailer";
import type { Database } from "../src/store/database.ts";
import { inFlight } from "./measure.ts";

/** How closely the end is watched for, in milliseconds; looking costs the database, too. */
const LOOK_MS = 50;

export interface BenchMail {
  readonly from: string;
  readonly subject: string;
  /** Message-ID that this mail answers. */
  readonly inReplyTo?: string;
}

export interface MailRun {
  readonly perSecond: number;
  /** From the SMTP 250 to the event in the room, in milliseconds. */
  readonly latencies: readonly number[];
  readonly messageIds: readonly string[];
}

/**
 * Offers mails over `width` SMTP connections, each with one mail at a time, and waits until all stand in the room. That is
 * read from the store, because a client that watched the room would cost the homeserver more than the mails do.
 * @param everyMs offers a mail at this pace instead of as fast as they are taken.
 */
export async function sendMails(
  target: { smtpPort: number; address: string; database: Database },
  mails: readonly BenchMail[],
  width: number,
  everyMs = 0,
): Promise<MailRun> {
  const transport = createTransport({
    host: "127.0.0.1",
    port: target.smtpPort,
    pool: true,
    maxConnections: width,
    maxMessages: Number.MAX_SAFE_INTEGER,
    ignoreTLS: true,
  });
  const run = randomUUID().slice(0, 8);
  const ids = mails.map((_, index) => `bench-${run}-${index}@example.org`);
  const accepted = new Map<string, number>();
  const before = await countPosted(target.database);
  const began = performance.now();
  await inFlight(mails.length, width, async (index) => {
    await sleep(Math.max(0, began + index * everyMs - performance.now()));
    await transport.sendMail({
      ...mails[index],
      messageId: `<${ids[index]}>`,
      to: target.address,
      text: `Mail ${index} of a citizen who has a question, of some length.\n\nRegards`,
    });
    accepted.set(ids[index] ?? "", Date.now());
  });
  while ((await countPosted(target.database)) - before < mails.length) await sleep(LOOK_MS);
  const seconds = (performance.now() - began) / 1000;
  transport.close();
  return {
    perSecond: mails.length / seconds,
    latencies: await readLatencies(target.database, accepted),
    messageIds: ids,
  };
}

async function countPosted({ relaxed }: Database): Promise<number> {
  // An identity column counts arrivals; those that wait are few, and have an index of their own.
  const { rows } = await sql<{ posted: string }>`
    select (select coalesce(max(id), 0) from inbox) - (select count(*) from inbox where state = 'waiting') as posted`.execute(
    relaxed,
  );
  return Number(rows[0]?.posted ?? 0);
}

async function readLatencies({ relaxed }: Database, accepted: ReadonlyMap<string, number>): Promise<number[]> {
  const { rows } = await sql<{ remote_id: string; created_at: Date }>`
    select remote_id, created_at from message where remote_id = any(${[...accepted.keys()]}::text[])`.execute(relaxed);
  return rows.map(({ remote_id, created_at }) => Math.max(0, created_at.getTime() - (accepted.get(remote_id) ?? 0)));
}
