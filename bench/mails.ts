import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import type { Database } from "../src/store/database.ts";
import { inFlight } from "./measure.ts";
import { openSubmission } from "./submission.ts";

/** How closely the room is watched, in milliseconds. */
const LOOK_MS = 25;

export interface BenchMail {
  readonly from: string;
  readonly subject: string;
  /** Message-ID that this mail answers. */
  readonly inReplyTo?: string;
}

export interface MailRun {
  /** Mails that came to stand in the room. */
  readonly perSecond: number;
  /** Mails that were answered with 250. */
  readonly acceptedPerSecond: number;
  /** From the SMTP 250 to the event in the room, in milliseconds, in the order in which the mails were taken in. */
  readonly latencies: readonly number[];
  readonly messageIds: readonly string[];
}

/** How mails are offered. */
export interface Offer {
  /** SMTP connections, each with one mail at a time. */
  readonly width: number;
  /** Offers a mail at this pace instead of as fast as they are taken, in milliseconds. */
  readonly everyMs?: number;
}

export interface MailTarget {
  readonly smtpPort: number;
  readonly address: string;
  readonly database: Database;
  /** @returns how many events were put into rooms since the last call. */
  countSends(): number;
}

/**
 * Offers mails and waits until all stand in the room. That is read from the homeserver's log: a client that watched the
 * room would cost the homeserver more than the mails do, and questions to the store would cost PostgreSQL.
 */
export async function sendMails(
  target: MailTarget,
  mails: readonly BenchMail[],
  { width, everyMs = 0 }: Offer,
): Promise<MailRun> {
  const run = randomUUID().slice(0, 8);
  const ids = mails.map((_, index) => `bench-${run}-${index}@example.org`);
  // Written beforehand: what citizens' own servers do is not measured.
  const written = mails.map((mail, index) => write(mail, target.address, index, ids[index] ?? ""));
  const connections = await Promise.all(Array.from({ length: width }, () => openSubmission(target.smtpPort)));
  const accepted = new Map<string, number>();
  target.countSends();
  const began = performance.now();
  const watch = async () => {
    for (let posted = 0; posted < mails.length; posted += target.countSends()) await sleep(LOOK_MS);
  };
  const watching = watch();
  await inFlight(mails.length, width, async (index) => {
    await sleep(Math.max(0, began + index * everyMs - performance.now()));
    const connection = connections.pop();
    if (connection === undefined) throw new Error("more mails in flight than connections");
    await connection.send({ from: mails[index]?.from ?? "", to: target.address }, written[index] ?? "");
    connections.push(connection);
    accepted.set(ids[index] ?? "", Date.now());
  });
  const acceptedAfter = performance.now() - began;
  await watching;
  const seconds = (performance.now() - began) / 1000;
  for (const connection of connections) connection.close();
  await settle(target.database, ids);
  return {
    perSecond: mails.length / seconds,
    acceptedPerSecond: (1000 * mails.length) / acceptedAfter,
    latencies: await readLatencies(target.database, accepted),
    messageIds: ids,
  };
}

const write = ({ from, subject, inReplyTo }: BenchMail, to: string, index: number, id: string): string =>
  [
    `From: ${from}`,
    `To: ${to}`,
    `Subject: ${subject}`,
    `Message-ID: <${id}>`,
    ...(inReplyTo === undefined ? [] : [`In-Reply-To: ${inReplyTo}`]),
    `Date: ${new Date().toUTCString()}`,
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "",
    `Mail ${index} of a citizen who has a question, of some length.`,
    "",
    "Regards",
    "",
  ].join("\r\n");

/** Until what stands in the room is in the store, too. */
async function settle({ relaxed }: Database, ids: readonly string[]): Promise<void> {
  for (let stored = 0; stored < ids.length; await sleep(50)) {
    const row = await relaxed
      .selectFrom("message")
      .select(({ fn }) => fn.countAll<string>().as("stored"))
      .where("remote_id", "in", ids)
      .executeTakeFirstOrThrow();
    stored = Number(row.stored);
  }
}

async function readLatencies({ relaxed }: Database, accepted: ReadonlyMap<string, number>): Promise<number[]> {
  const { rows } = await sql<{ remote_id: string; created_at: Date }>`
    select remote_id, created_at from message where remote_id = any(${[...accepted.keys()]}::text[])`.execute(relaxed);
  const events = new Map(rows.map(({ remote_id, created_at }) => [remote_id, created_at.getTime()]));
  const inOrder = [...accepted].toSorted(([, one], [, other]) => one - other);
  return inOrder.flatMap(([id, at]) => {
    const stood = events.get(id);
    return stood === undefined ? [] : [Math.max(0, stood - at)];
  });
}
