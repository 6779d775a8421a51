import { randomUUID } from "node:crypto";
import { type Kysely, type RawBuilder, sql } from "kysely";
import { type Fence, FencedOffError } from "../domain/fence.ts";
import type { Lane } from "../domain/ids.ts";
import type { Schema } from "./schema.ts";

/**
 * Leases a lane that is free or has run out. Not even its owner gets it a second time: when the queue hands out one lane
 * twice, be it to one process, only one may work.
 * The token is random and not counted up: leases are relaxed commits, so after a crash a counter could repeat itself.
 * @returns the new token, or undefined while the lane is held.
 */
export async function acquireLane(
  db: Kysely<Schema>,
  lane: Lane,
  owner: string,
  leaseMs: number,
): Promise<string | undefined> {
  const token = randomUUID();
  const { rows } = await sql<{ token: string }>`
    insert into lane (name, token, owner, until)
    values (${lane}, ${token}, ${owner}, clock_timestamp() + ${leaseMs} * interval '1 millisecond')
    on conflict (name) do update set token = excluded.token, owner = excluded.owner, until = excluded.until
      where lane.until < clock_timestamp()
    returning token`.execute(db);
  return rows[0]?.token;
}

/** @returns false when the lane is not ours any more. */
export async function renewLane(db: Kysely<Schema>, lane: Lane, token: string, leaseMs: number): Promise<boolean> {
  const result = await sql`
    update lane set until = clock_timestamp() + ${leaseMs} * interval '1 millisecond'
    where name = ${lane} and token = ${token}`.execute(db);
  return (result.numAffectedRows ?? 0n) > 0n;
}

/** The token ends with the lease, so that a renewal which is still under way can't bring the lease back. */
export async function releaseLane(db: Kysely<Schema>, lane: Lane, token: string): Promise<void> {
  await sql`update lane set until = '-infinity', token = gen_random_uuid() where name = ${lane} and token = ${token}`.execute(
    db,
  );
}

/**
 * For the `where` of every write that a lane's worker makes: true while the lane is still its own. The row is locked until
 * the write is committed: a lane that changes hands at this moment does so wholly before the write or wholly after it.
 */
export const fenced = (fence: Fence): RawBuilder<boolean> =>
  sql<boolean>`exists (select 1 from lane where name = ${fence.lane} and token = ${fence.token} for share)`;

/** @throws FencedOffError when a fenced write changed nothing. */
export function expectFenced(fence: Fence, changed: number | bigint): void {
  if (changed === 0 || changed === 0n) throw new FencedOffError(fence.lane);
}

/** Ends every lease: only for a process that knows itself to be alone on its database. */
export async function freeLanes(db: Kysely<Schema>): Promise<void> {
  await db.deleteFrom("lane").execute();
}
