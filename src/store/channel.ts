import { type Kysely, sql } from "kysely";
import { conversationId, laneFrom, replyLane, type SharedLane } from "../domain/ids.ts";
import type { Schema } from "./schema.ts";

/** How a channel is, as one process that runs it says. */
export interface ChannelState {
  readonly channel: string;
  readonly state: string;
  readonly reason: string | undefined;
  readonly since: Date;
}

/** A process that has said nothing for this long is gone. */
const SILENT = sql<Date>`now() - interval '15 seconds'`;

/** What operators' commands said: on or off, by channel. */
export async function readSwitches(db: Kysely<Schema>): Promise<ReadonlyMap<string, boolean>> {
  const rows = await db.selectFrom("channel_switch").select(["channel", "is_on"]).execute();
  return new Map(rows.map((row) => [row.channel, row.is_on]));
}

export async function writeSwitch(db: Kysely<Schema>, channel: string, isOn: boolean): Promise<void> {
  await db
    .insertInto("channel_switch")
    .values({ channel, is_on: isOn })
    .onConflict((conflict) => conflict.column("channel").doUpdateSet({ is_on: isOn, at: sql<Date>`now()` }))
    .execute();
}

/** Says how all channels of a process are; those that it does not name it has no more. */
export async function writeStates(db: Kysely<Schema>, process: string, states: readonly ChannelState[]): Promise<void> {
  await sql`
    with gone as (
      delete from channel_state where seen_at < now() - interval '1 minute'
        or (process = ${process} and not channel = any(${states.map(({ channel }) => channel)}::text[]))
    )
    insert into channel_state (channel, process, state, reason, since)
    select channel, ${process}::uuid, state, reason, since from unnest(
      ${states.map(({ channel }) => channel)}::text[], ${states.map(({ state }) => state)}::text[],
      ${states.map(({ reason }) => reason ?? null)}::text[], ${states.map(({ since }) => since)}::timestamptz[]
    ) as said (channel, state, reason, since)
    on conflict (channel, process) do update
      set state = excluded.state, reason = excluded.reason, since = excluded.since, seen_at = now()`.execute(db);
}

export async function forgetStates(db: Kysely<Schema>, process: string): Promise<void> {
  await db.deleteFrom("channel_state").where("process", "=", process).execute();
}

/** How channels are in the processes that run now. */
export async function readStates(db: Kysely<Schema>): Promise<ChannelState[]> {
  const rows = await db
    .selectFrom("channel_state")
    .select(["channel", "state", "reason", "since"])
    .where("seen_at", ">", SILENT)
    .orderBy("channel")
    .execute();
  return rows.map((row) => ({ ...row, reason: row.reason ?? undefined }));
}

/** Ends the waiting of what waited for a channel. @returns the lanes to wake. */
export async function resumeChannel(db: Kysely<Schema>, channel: string): Promise<SharedLane[]> {
  const arrivals = await db
    .updateTable("inbox")
    .set({ due_at: sql<Date>`now()` })
    .where("channel", "=", channel)
    .where("state", "=", "waiting")
    .where("code", "=", "CHANNEL_UNKNOWN")
    .returning("lane")
    .execute();
  const { rows: answers } = await sql<{ conversation_id: string }>`
    update outbox o set due_at = now() from conversation c
    where c.id = o.conversation_id and coalesce(o.channel, c.channel) = ${channel} and o.is_open and o.state = 'queued'
      and o.code in ('CHANNEL_DOWN', 'CHANNEL_UNKNOWN')
    returning o.conversation_id`.execute(db);
  const lanes = new Set([
    ...arrivals.map(({ lane }) => laneFrom(lane)),
    ...answers.map((row) => replyLane(conversationId(row.conversation_id))),
  ]);
  return [...lanes].map((lane) => ({ lane, whose: channel }));
}
