import { setTimeout as sleep } from "node:timers/promises";
import { isRecord } from "../../../src/domain/is-record.ts";
import { asEvent, type MatrixClient, type MatrixEvent } from "../../../test/support/matrix-client.ts";
import type { Bell } from "../../bell.ts";

/** A room as the agent's client sees it. */
export interface FollowedRoom {
  /** The latest messages and reactions, oldest first. */
  readonly events: readonly MatrixEvent[];
  /** Display names by user; of those who have left too, once seen. */
  readonly names: ReadonlyMap<string, string>;
  /** Reads it again now. */
  refresh(): Promise<void>;
}

/** What a page of the room holds: older conversations are for a real client. */
const LATEST = 250;
const NEWS_MS = 20_000;
const AGAIN_MS = 1_000;
/** Of many events in one moment only the last needs a reading. */
const CALM_MS = 100;

/** Follows the room until the signal aborts, and rings at each change. */
export function followRoom(agent: MatrixClient, room: string, bell: Bell, signal: AbortSignal): FollowedRoom {
  const names = new Map<string, string>();
  let events: readonly MatrixEvent[] = [];
  const read = async () => {
    const latest = await readLatest(agent, room);
    if (latest.some(({ sender }) => !names.has(sender)))
      for (const [user, name] of await agent.members(room)) names.set(user, name);
    events = latest;
    bell.ring();
  };
  let reading: Promise<void> = Promise.resolve();
  // One after the other: of two at once the older could be the last.
  const refresh = () => {
    reading = reading.catch(() => undefined).then(read);
    return reading;
  };
  const follow = async () => {
    let since: string | undefined;
    while (!signal.aborted) {
      try {
        const news = await readNews(agent, room, since);
        if (since === undefined || news.hasEvents) await refresh();
        since = news.since;
        await sleep(CALM_MS, undefined, { signal });
      } catch {
        // Whoever started the homeserver watches it.
        await sleep(AGAIN_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  };
  void follow();
  return {
    get events() {
      return events;
    },
    names,
    refresh,
  };
}

const path = (room: string) => `/v3/rooms/${encodeURIComponent(room)}`;

async function readLatest(agent: MatrixClient, room: string): Promise<MatrixEvent[]> {
  const filter = JSON.stringify({ types: ["m.room.message", "m.reaction"] });
  const query = new URLSearchParams({ dir: "b", limit: String(LATEST), filter });
  const { chunk } = await agent.call("GET", `${path(room)}/messages?${query}`);
  return (Array.isArray(chunk) ? chunk : []).map(asEvent).reverse();
}

/** Only whether there is something: what it is says the page of messages. */
async function readNews(agent: MatrixClient, room: string, since: string | undefined) {
  const none = { types: [] };
  const filter = { room: { rooms: [room], ephemeral: none, account_data: none }, presence: none, account_data: none };
  const query = new URLSearchParams({
    timeout: since === undefined ? "0" : String(NEWS_MS),
    filter: JSON.stringify(filter),
  });
  if (since !== undefined) query.set("since", since);
  const answer = await agent.call("GET", `/v3/sync?${query}`);
  const joined = isRecord(answer.rooms) && isRecord(answer.rooms.join) ? answer.rooms.join : {};
  return { since: String(answer.next_batch), hasEvents: room in joined };
}
