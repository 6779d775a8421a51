import { isRecord } from "../domain/is-record.ts";
import type { IncomingEvent } from "../store/matrix-event.ts";
import { type HomeserverClient, matrixPath, textOf } from "./homeserver-client.ts";
import type { OurUsers } from "./identity.ts";
import { selectEvents, WANTED_TYPES } from "./incoming.ts";

/** Synapse's own limit of /messages. */
const PAGE = 1000;
/** Events of one room that /sync brings itself; a larger gap is walked. */
const TIMELINE = { all: 100, people: 10 };
/** Senders named in one request: a proxy may refuse an address of more than 8 kB. */
const SENDERS = 40;

/**
 * How a gap is walked: `all` of its events, or only those of the `people` who are in the room now. In a busy room nearly
 * all events are our own echo, and each that the homeserver has to read costs it a third of what the sending did.
 */
export type Thoroughness = "all" | "people";

export interface CatchUpParts {
  readonly client: HomeserverClient;
  readonly users: OurUsers;
  take(events: readonly IncomingEvent[]): Promise<void>;
  readToken(): Promise<string | undefined>;
  writeToken(token: string): Promise<void>;
  /** Aborts when it is not ours to fetch any more. */
  readonly signal: AbortSignal;
}

/**
 * Fetches what happened since the last time, because Synapse forgets the events it has queued for an appservice when
 * it restarts (synapse#11637). What transactions brought already is recognised by its event id.
 * The token is stored only after the events are.
 * @returns the number of events looked at.
 */
export async function catchUp(parts: CatchUpParts, how: Thoroughness): Promise<number> {
  const since = await parts.readToken();
  const filter = JSON.stringify(makeFilter(since === undefined ? 1 : TIMELINE[how]));
  const answer = await parts.client.request({
    method: "GET",
    path: "/_matrix/client/v3/sync",
    as: parts.users.bot,
    query: { filter, timeout: "0", ...(since === undefined ? {} : { since }) },
    timeoutMs: 180_000,
    signal: parts.signal,
  });
  const missed = since === undefined ? [] : await collect(parts, how, answer, since);
  if (missed.length > 0) await parts.take(missed);
  await parts.writeToken(textOf(answer, "next_batch"));
  return missed.length;
}

const makeFilter = (limit: number) => ({
  presence: { types: [] },
  account_data: { types: [] },
  room: {
    account_data: { types: [] },
    ephemeral: { types: [] },
    state: { types: [] },
    timeline: { limit, types: WANTED_TYPES },
  },
});

async function collect(
  parts: CatchUpParts,
  how: Thoroughness,
  answer: unknown,
  since: string,
): Promise<IncomingEvent[]> {
  const rooms = isRecord(answer) && isRecord(answer.rooms) && isRecord(answer.rooms.join) ? answer.rooms.join : {};
  const found: IncomingEvent[] = [];
  for (const [room, update] of Object.entries(rooms)) {
    const timeline = isRecord(update) && isRecord(update.timeline) ? update.timeline : {};
    const newest = eventsIn(parts, room, timeline.events);
    found.push(...(await walkGap(parts, how, room, { timeline, since })), ...newest);
  }
  return found;
}

async function walkGap(
  parts: CatchUpParts,
  how: Thoroughness,
  room: string,
  gap: { timeline: Readonly<Record<string, unknown>>; since: string },
): Promise<IncomingEvent[]> {
  const { limited, prev_batch: from } = gap.timeline;
  if (limited !== true || typeof from !== "string") return [];
  if (how === "all") return walkBack(parts, room, { from, to: gap.since });
  const people = await readPeople(parts, room);
  const found: IncomingEvent[] = [];
  for (let first = 0; first < people.length; first += SENDERS) {
    const senders = people.slice(first, first + SENDERS);
    found.push(...(await walkBack(parts, room, { from, to: gap.since, senders })));
  }
  // Of several walks, each in its own order.
  return people.length <= SENDERS ? found : found.toSorted((one, other) => timeOf(one) - timeOf(other));
}

const timeOf = ({ event }: IncomingEvent) => (typeof event.origin_server_ts === "number" ? event.origin_server_ts : 0);

/** Members of a room who are not ours. */
async function readPeople({ client, users, signal }: CatchUpParts, room: string): Promise<string[]> {
  const answer: unknown = await client.request({
    method: "GET",
    path: matrixPath`/_matrix/client/v3/rooms/${room}/joined_members`,
    as: users.bot,
    signal,
  });
  const joined = isRecord(answer) && isRecord(answer.joined) ? Object.keys(answer.joined) : [];
  return joined.filter((user) => !users.isOurs(user));
}

/** Walks a gap from its newest page to its oldest; only agents' events are kept, so memory stays small. */
async function walkBack(
  parts: CatchUpParts,
  room: string,
  { from, to, senders }: { from: string; to: string; senders?: readonly string[] },
): Promise<IncomingEvent[]> {
  const found: IncomingEvent[] = [];
  const filter = JSON.stringify({ types: WANTED_TYPES, ...(senders ? { senders } : {}) });
  for (let token: string | undefined = from; token !== undefined; ) {
    const page: unknown = await parts.client.request({
      method: "GET",
      path: matrixPath`/_matrix/client/v3/rooms/${room}/messages`,
      as: parts.users.bot,
      query: { dir: "b", from: token, to, limit: String(PAGE), filter },
      timeoutMs: 180_000,
      signal: parts.signal,
    });
    const { chunk, end } = isRecord(page) ? page : {};
    if (!Array.isArray(chunk) || chunk.length === 0) break;
    found.unshift(...eventsIn(parts, room, chunk.toReversed()));
    token = typeof end === "string" && end !== token ? end : undefined;
  }
  return found;
}

/** Events of /sync don't name their room. */
const eventsIn = (parts: CatchUpParts, room: string, events: unknown): IncomingEvent[] =>
  selectEvents(
    Array.isArray(events) ? events.map((event) => (isRecord(event) ? { ...event, room_id: room } : event)) : [],
    parts.users,
  );
