import { type Kysely, sql } from "kysely";
import type { Fence } from "../domain/fence.ts";
import type { OutboxId } from "../domain/ids.ts";
import { type EndedAttempt, SENDING_MOVES, statesBefore, stepOfEnding } from "../domain/message-steps.ts";
import { expectFenced, fenced } from "./lane.ts";
import { type Answer, listOrNull } from "./outbox.ts";
import type { Schema, StoredRefusal } from "./schema.ts";
import { noteSteps } from "./step.ts";

/** Journals that an attempt begins. From here on only the attempt's own ending, or a crash, says what became of it. */
export async function claimAttempt(db: Kysely<Schema>, fence: Fence, id: OutboxId, now: Date): Promise<void> {
  const rows = await db
    .with("changed", (cte) =>
      cte
        .updateTable("outbox")
        .set((eb) => ({
          state: SENDING_MOVES.attempted.to,
          attempts: eb("attempts", "+", 1),
          first_attempt_at: eb.fn.coalesce("first_attempt_at", eb.val(now)),
        }))
        .where("id", "=", id)
        .where("state", "in", statesBefore(SENDING_MOVES, "attempted"))
        .where(fenced(fence))
        .returning(["id", "attempts"]),
    )
    .with("noted", () => noteSteps("outbox_id", { step: "attempted", attempt: sql<number>`changed.attempts` }))
    .selectFrom("changed")
    .select("id")
    .execute();
  expectFenced(fence, rows.length);
}

export interface Ending extends EndedAttempt {
  readonly dueAt?: Date;
  readonly remoteAnswer?: string | undefined;
  readonly remoteId?: string;
  readonly mayHaveLeft?: boolean;
  readonly refused?: readonly StoredRefusal[];
}

/**
 * Journals how an attempt ended; a sent message becomes findable by the name that the citizen's answer will cite, and an
 * agent's that failed waits for a decision, unless news say already that it arrived.
 */
export async function settleAttempt(db: Kysely<Schema>, fence: Fence, answer: Answer, ending: Ending): Promise<void> {
  const { state, dueAt, code, remoteAnswer, remoteId, mayHaveLeft = false, refused } = ending;
  const isOver = state === "failed" || state === "unknown";
  const step = { step: stepOfEnding(ending), attempt: answer.attempts, code, remoteAnswer };
  const result = await sql<{ id: string }>`
    with changed as (
      update outbox set state = ${state}, due_at = coalesce(${dueAt ?? null}, due_at), code = ${code ?? null},
        remote_answer = ${remoteAnswer ?? null}, remote_id = ${remoteId ?? null},
        settled_at = ${state === "queued" ? null : new Date()}, refused = ${listOrNull(refused)}::jsonb,
        may_have_left = may_have_left or ${mayHaveLeft},
        is_dead = kind = 'answer' and coalesce(news_state, '') not in ('delivered', 'read')
          and (${isOver} or (${state === "sent"} and coalesce(news_state, '') = 'failed'))
      where id = ${answer.id} and state = 'attempting' and ${fenced(fence)} returning id
    ), noted as ${noteSteps("outbox_id", step)}, named as (
      update message set remote_id = ${remoteId ?? null}, channel = ${answer.isElsewhere ? answer.channel : null}
      where event_id = ${answer.event ?? null} and ${remoteId !== undefined} and exists (select 1 from changed)
    )
    select id from changed`.execute(db);
  expectFenced(fence, result.rows.length);
}
