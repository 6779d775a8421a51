import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import type { Database } from "../src/store/database.ts";
import type { House } from "../test/support/house.ts";
import { inFlight, percentiles } from "./measure.ts";

/** Answers to as many conversations, eight at a time; the room has no undo window, so that the way itself is measured. */
export async function measureAnswers(parts: {
  house: House;
  database: Database;
  count: number;
  print(line: string): void;
}): Promise<void> {
  const { house, database, count, print } = parts;
  const { rows } = await sql<{ root: string }>`
    select root_event_id as root from conversation where root_event_id is not null order by id limit ${count}`.execute(
    database.relaxed,
  );
  const sentAt = new Map<string, number>();
  const began = performance.now();
  await inFlight(rows.length, 8, async (index) => {
    const root = rows[index]?.root ?? "";
    const event = await house.agent.reply(house.room, root, `Answer ${index}`, root);
    sentAt.set(event, Date.now());
  });
  const settled = async () =>
    (
      await sql<{ event_id: string; settled_at: Date }>`
        select event_id, settled_at from outbox where state = 'sent'`.execute(database.relaxed)
    ).rows;
  let done = await settled();
  while (done.length < rows.length) {
    await sleep(50);
    done = await settled();
  }
  const seconds = (performance.now() - began) / 1000;
  const latencies = done.map(({ event_id, settled_at }) =>
    Math.max(0, settled_at.getTime() - (sentAt.get(event_id) ?? 0)),
  );
  print(`${rows.length} answers  ${(rows.length / seconds).toFixed(1)}/s  event→accepted ${percentiles(latencies)} ms`);
}
