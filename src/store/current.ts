import { type Kysely, sql } from "kysely";
import type { Fence } from "../domain/fence.ts";
import type { Lane } from "../domain/ids.ts";
import { fenced } from "./lane.ts";
import type { Schema } from "./schema.ts";

const KEY = "homeserver_current";

/**
 * Says whether all events of the homeserver are here, for those who work on them. Counts for as long as the lease under
 * which it was said; once the lease is another's, nothing is written.
 */
export async function writeCurrent(
  db: Kysely<Schema>,
  fence: Pick<Fence, "lane" | "token" | "signal">,
  isCurrent: boolean,
): Promise<void> {
  await sql`
    insert into setting (key, value) select ${KEY}, ${isCurrent ? fence.token : ""} where ${fenced(fence)}
    on conflict (key) do update set value = excluded.value`.execute(db);
}

/** @returns false as well while nobody holds the lease. */
export async function readCurrent(db: Kysely<Schema>, lane: Lane): Promise<boolean> {
  const { rows } = await sql<{ is_current: boolean }>`
    select exists (
      select 1 from setting join lane on lane.token::text = setting.value
      where setting.key = ${KEY} and lane.name = ${lane} and lane.until > clock_timestamp()
    ) as is_current`.execute(db);
  return rows[0]?.is_current === true;
}
