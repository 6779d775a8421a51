import { hostname } from "node:os";
import { type Kysely, type RawBuilder, sql } from "kysely";
import type { InboxId, OutboxId } from "../domain/ids.ts";
import type { MessageStep } from "../domain/message-steps.ts";
import type { Schema } from "./schema.ts";

/** Who makes the steps of this process. */
const PROCESS = `${hostname()}/${process.pid}`;

/** A step that a statement makes. What is raw may name columns of `changed`. */
export interface NewStep<Step extends MessageStep = MessageStep> {
  readonly step: Step | RawBuilder<Step>;
  /** Left out: now, by the database's clock. */
  readonly at?: Date | RawBuilder<Date>;
  readonly attempt?: number | RawBuilder<number>;
  readonly code?: string | undefined;
  readonly remoteAnswer?: string | undefined;
}

/**
 * The part of a statement that journals steps, in their order, for the rows that its part `changed` returns by their `id`:
 * one statement changes a row and says so, so that the ledger and the row cannot disagree.
 */
export function noteSteps(of: "inbox_id" | "outbox_id", ...steps: readonly NewStep[]): RawBuilder<object> {
  const rows = steps.map(
    ({ step, at, attempt, code, remoteAnswer }) =>
      sql`(${step}::text, coalesce((${at ?? null})::timestamptz, clock_timestamp()), ${attempt ?? null}::integer,
        ${code ?? null}::text, ${remoteAnswer ?? null}::text)`,
  );
  return sql`(insert into step (${sql.ref(of)}, step, at, attempt, code, remote_answer, process)
    select changed.id, made.step, made.at, made.attempt, made.code, made.remote_answer, ${PROCESS}
    from changed cross join lateral (values ${sql.join(rows)}) as made (step, at, attempt, code, remote_answer))`;
}

/** A step as it was made. */
export interface Step {
  readonly step: MessageStep;
  readonly at: Date;
  /** Which attempt; undefined for steps that belong to none. */
  readonly attempt: number | undefined;
  readonly code: string | undefined;
  /** What the other side said, for the eyes of agents and operators; never logged. */
  readonly remoteAnswer: string | undefined;
  /** Machine and process. */
  readonly process: string;
}

/** All steps of one message, the oldest first. */
export async function readSteps(
  db: Kysely<Schema>,
  of: { readonly arrival: InboxId } | { readonly answer: OutboxId },
): Promise<Step[]> {
  const rows = await db
    .selectFrom("step")
    .select(["step", "at", "attempt", "code", "remote_answer", "process"])
    .where("arrival" in of ? "inbox_id" : "outbox_id", "=", "arrival" in of ? of.arrival : of.answer)
    .orderBy("id")
    .execute();
  return rows.map((row) => ({
    step: row.step,
    at: row.at,
    attempt: row.attempt ?? undefined,
    code: row.code ?? undefined,
    remoteAnswer: row.remote_answer ?? undefined,
    process: row.process,
  }));
}
