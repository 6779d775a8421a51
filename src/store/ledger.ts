import { type Kysely, sql } from "kysely";
import { ARRIVAL_MOVES, NEWS_MOVES, SENDING_MOVES } from "../domain/message-steps.ts";
import type { Schema } from "./schema.ts";

/** One step of any message, as it leaves the house for an auditor. */
export interface LedgerLine {
  readonly at: string;
  readonly message: "arrival" | "answer" | "acknowledgement";
  /** Of the arrival or of the answer. */
  readonly number: string;
  /** Number of the conversation; empty while it is not known. */
  readonly case: string;
  readonly agency: string;
  readonly channel: string;
  readonly step: string;
  readonly attempt: number | undefined;
  readonly code: string;
  /** What the other side said. */
  readonly remote_answer: string;
  readonly process: string;
}

export interface LedgerPeriod {
  /** Included. */
  readonly from: Date;
  /** Not included. */
  readonly to: Date;
  /** Left out: all. */
  readonly agency?: string | undefined;
  /** The agency of a channel, for arrivals whose conversation is not known. */
  readonly agencies: ReadonlyMap<string, string>;
}

const LINES_AT_ONCE = 2_000;

interface Row extends Omit<LedgerLine, "at" | "attempt"> {
  readonly id: string;
  readonly at: Date;
  readonly attempt: number | null;
}

/** The steps of a period, the oldest first, read in pages: a year of them needs no memory. */
export async function* readLedger(db: Kysely<Schema>, period: LedgerPeriod): AsyncGenerator<LedgerLine> {
  const { from, to } = period;
  const { rows: ends } = await sql<{ first: string | null; last: string | null }>`
    select min(id) as first, max(id) as last from step where at >= ${from} and at < ${to}`.execute(db);
  const last = ends[0]?.last ?? undefined;
  for (let after = BigInt(ends[0]?.first ?? 0) - 1n; last !== undefined; ) {
    const rows = await readPage(db, period, after, last);
    for (const { id, attempt, at, ...rest } of rows) {
      after = BigInt(id);
      yield { ...rest, at: at.toISOString(), attempt: attempt ?? undefined };
    }
    if (rows.length < LINES_AT_ONCE) return;
  }
}

async function readPage(
  db: Kysely<Schema>,
  { from, to, agency, agencies }: LedgerPeriod,
  after: bigint,
  last: string,
): Promise<readonly Row[]> {
  const { rows } = await sql<Row>`
    with line as (
      select s.id, s.at, coalesce(o.kind, 'arrival') as message, coalesce(s.inbox_id, s.outbox_id)::text as number,
        coalesce(c.id::text, '') as case, coalesce(c.agency, of.agency, '') as agency,
        coalesce(o.channel, i.channel, c.channel, '') as channel, s.step, s.attempt, coalesce(s.code, '') as code,
        coalesce(s.remote_answer, '') as remote_answer, s.process
      from step s left join inbox i on i.id = s.inbox_id left join outbox o on o.id = s.outbox_id
      left join conversation c on c.id = coalesce(i.conversation_id, o.conversation_id)
      left join unnest(${[...agencies.keys()]}::text[], ${[...agencies.values()]}::text[]) as of (channel, agency)
        on of.channel = i.channel
      where s.id > ${after} and s.id <= ${last} and s.at >= ${from} and s.at < ${to}
    )
    select * from line where ${agency ?? null}::text is null or agency = ${agency ?? null} order by id limit ${LINES_AT_ONCE}`.execute(
    db,
  );
  return rows;
}

/** A message whose row and steps do not say the same, or whose steps do not follow each other. */
export interface Contradiction {
  readonly message: "arrival" | "answer";
  readonly number: string;
  /** Of the row; for a move, the step before. */
  readonly state: string;
  readonly step: string;
}

interface Track {
  readonly of: "inbox" | "outbox";
  readonly state: "state" | "news_state";
  readonly moves: Readonly<
    Record<string, { readonly to: string | undefined; readonly after: readonly (string | undefined)[] }>
  >;
}

const TRACKS: readonly Track[] = [
  { of: "inbox", state: "state", moves: ARRIVAL_MOVES },
  { of: "outbox", state: "state", moves: SENDING_MOVES },
  { of: "outbox", state: "news_state", moves: NEWS_MOVES },
];

/**
 * Compares all rows with all steps, in one moment: each row's state with that of its last step, and each step with the one
 * before it. Empty in a healthy house, at any time.
 */
export async function findContradictions(db: Kysely<Schema>): Promise<Contradiction[]> {
  const found: Contradiction[] = [];
  for (const { of, state, moves } of TRACKS) {
    const column = sql.ref(`${of}_id`);
    const steps = Object.entries(moves);
    const states = steps.map(([step, { to }]) => sql`(${step}::text, ${to ?? null}::text)`);
    const allowed = steps.flatMap(([step, { after }]) =>
      after.map((before) => sql`(${before ?? null}::text, ${step}::text)`),
    );
    const { rows } = await sql<{ id: string; state: string | null; step: string | null }>`
      with known (step, state) as (values ${sql.join(states)}),
      allowed (before, step) as (values ${sql.join(allowed)}),
      way as (
        select s.${column} as id, s.step, lag(s.step) over one as before, lead(s.id) over one is null as is_last,
          bool_or(coalesce(s.code, '') = 'BEFORE_LEDGER') over (partition by s.${column}) as is_older
        from step s join known k on k.step = s.step where s.${column} is not null
        window one as (partition by s.${column} order by s.id)
      )
      select r.id, r.${sql.ref(state)} as state, w.step
      from ${sql.table(of)} r left join way w on w.id = r.id and w.is_last left join known k on k.step = w.step
      where r.${sql.ref(state)} is distinct from k.state
      union all
      select w.id, w.before, w.step from way w where not w.is_older
        and not exists (select 1 from allowed a where a.before is not distinct from w.before and a.step = w.step)
      order by 1`.execute(db);
    const message = of === "inbox" ? "arrival" : "answer";
    for (const row of rows)
      found.push({ message, number: row.id, state: row.state ?? "nothing", step: row.step ?? "nothing" });
  }
  return found;
}
