import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "../../../src/config/config.ts";
import { readStates, readSwitches } from "../../../src/store/channel.ts";
import type { Database } from "../../../src/store/database.ts";
import type { Bell } from "../../bell.ts";

/** A message's way through the house: when it reached which place. */
export interface Way {
  readonly id: string;
  readonly direction: "in" | "out";
  readonly channel: string;
  /** As the table says: `waiting`, `posted`, `held`, `sent`, … */
  readonly state: string;
  readonly code?: string;
  readonly steps: readonly Step[];
}

export interface Step {
  readonly place: string;
  readonly at: Date;
}

export interface ChannelHealth {
  readonly name: string;
  readonly use: string;
  readonly agency: string;
  readonly isOn: boolean;
  /** As `guichet bridges list` says; `unknown` when no process tells. */
  readonly state: string;
  readonly reason?: string;
  readonly since?: Date;
}

export interface House {
  readonly ways: readonly Way[];
  readonly channels: readonly ChannelHealth[];
}

const LATEST = 8;

/** Reads what guichet writes down of its work. The database itself refuses to let this reading change anything. */
export function readHouse({ relaxed }: Database, config: Config): Promise<House> {
  return relaxed
    .transaction()
    .setAccessMode("read only")
    .execute(async (db) => {
      const arrivals = await db
        .selectFrom("inbox")
        .select(["id", "channel", "state", "code", "received_at", "accepted_at", "posted_at"])
        .orderBy("id", "desc")
        .limit(LATEST)
        .execute();
      const answers = await db
        .selectFrom("outbox as o")
        .innerJoin("conversation as c", "c.id", "o.conversation_id")
        .select(["o.id", "c.channel", "o.state", "o.code", "o.written_at", "o.first_attempt_at", "o.settled_at"])
        .select(["o.news_state", "o.news_code", "o.news_at"])
        .orderBy("o.id", "desc")
        .limit(LATEST)
        .execute();
      const switches = await readSwitches(db);
      const states = await readStates(db);
      const ways: Way[] = [
        ...arrivals.map(({ id, channel, state, code, received_at, accepted_at, posted_at }) => ({
          ...wayOf(`in-${id}`, "in", channel, state, code),
          steps: stepsOf([
            ["received", received_at],
            ["stored", accepted_at],
            ["in the room", posted_at],
          ]),
        })),
        ...answers.map((row) => ({
          ...wayOf(`out-${row.id}`, "out", row.channel, row.news_state ?? row.state, row.news_code ?? row.code),
          steps: stepsOf([
            ["written", row.written_at],
            ["held", row.first_attempt_at],
            [row.state === "sent" ? "sent" : row.state, row.settled_at],
            [row.news_state ?? "", row.news_at],
          ]),
        })),
      ];
      const channels = [...config.channels.values()].map(({ name, use, agency, enabled }): ChannelHealth => {
        const said = states.find(({ channel }) => channel === name);
        return {
          ...{ name, use, agency, isOn: switches.get(name) ?? enabled, state: said?.state ?? "unknown" },
          ...(said?.reason !== undefined && { reason: said.reason }),
          ...(said !== undefined && { since: said.since }),
        };
      });
      const begun = ({ steps }: Way) => steps[0]?.at.getTime() ?? 0;
      return { ways: ways.sort((one, other) => begun(other) - begun(one)).slice(0, LATEST), channels };
    });
}

const wayOf = (id: string, direction: Way["direction"], channel: string, state: string, code: string | null) => ({
  ...{ id, direction, channel, state },
  ...(code !== null && { code }),
});

const stepsOf = (steps: readonly (readonly [string, Date | null])[]): Step[] =>
  steps.flatMap(([place, at]) => (at === null ? [] : [{ place, at }]));

const LOOK_MS = 400;

/** Looks at the house as long as the signal lasts, and rings when it has changed. */
export async function watchHouse(look: () => Promise<House>, bell: Bell, signal: AbortSignal): Promise<void> {
  let last = "";
  while (!signal.aborted) {
    const now = await look().then(JSON.stringify, () => last);
    if (now !== last) bell.ring();
    last = now;
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
}
