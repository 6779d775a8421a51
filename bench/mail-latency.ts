import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import type { Database } from "../src/store/database.ts";
import { ADDRESS } from "../test/support/house.ts";
import { openSubmission } from "./submission.ts";

const EVERY_MS = 300;
/** They write again and again: what a ghost's first message costs the homeserver is not measured. */
const CITIZENS = 20;
/** What the last mail has to come to the room, in milliseconds. */
const LAST_MS = 30_000;

/** What each mail took, from the moment in which it was due, in milliseconds. */
export interface MailLatencies {
  /** Until it was answered with 250. */
  readonly accepted: readonly number[];
  /** Until it stood in the room; one that did not come counts with what was waited. */
  readonly shown: readonly number[];
}

let sent = 0;

/** Sends mails of a few citizens at a steady pace, until `ended`. */
export async function measureMails(
  { smtpPort, database }: { readonly smtpPort: number; readonly database: Database },
  ended: AbortSignal,
): Promise<MailLatencies> {
  const connection = await openSubmission(smtpPort);
  const due = new Map<string, number>();
  const accepted: number[] = [];
  const began = Date.now();
  for (let number = 0; !ended.aborted; number += 1) {
    const at = began + number * EVERY_MS;
    await sleep(Math.max(0, at - Date.now()));
    sent += 1;
    const from = `m${sent % CITIZENS}@example.net`;
    const id = `bench-${process.pid}-${sent}@example.net`;
    due.set(id, at);
    const lines = [`From: ${from}`, `To: ${ADDRESS}`, `Subject: Mail ${sent}`, `Message-ID: <${id}>`];
    await connection.send(
      { from: `m${sent}@example.net`, to: ADDRESS },
      [...lines, "", "A question.", ""].join("\r\n"),
    );
    accepted.push(Date.now() - at);
  }
  connection.close();
  return { accepted, shown: await readShown(database, due) };
}

/** The store says when an event was sent: a client that watched the room would cost the homeserver more than the mails do. */
async function readShown({ relaxed }: Database, due: ReadonlyMap<string, number>): Promise<number[]> {
  const until = Date.now() + LAST_MS;
  for (;;) {
    const { rows } = await sql<{ remote_id: string; created_at: Date }>`
      select remote_id, created_at from message where remote_id = any(${[...due.keys()]}::text[])`.execute(relaxed);
    if (rows.length < due.size && Date.now() < until) {
      await sleep(500);
      continue;
    }
    const at = new Map(rows.map(({ remote_id, created_at }) => [remote_id, created_at.getTime()]));
    return [...due].map(([id, begun]) => (at.get(id) ?? Date.now()) - begun);
  }
}
