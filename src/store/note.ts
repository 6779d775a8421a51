import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";

/** Durable memory of one channel: what a bridge knows as `host.notes`. */
export function openNotes(db: Kysely<Schema>, channel: string) {
  return {
    async get(key: string): Promise<string | undefined> {
      const row = await db
        .selectFrom("note")
        .select("value")
        .where("channel", "=", channel)
        .where("key", "=", key)
        .executeTakeFirst();
      return row?.value;
    },
    async set(key: string, value: string): Promise<void> {
      await db
        .insertInto("note")
        .values({ channel, key, value })
        .onConflict((conflict) => conflict.columns(["channel", "key"]).doUpdateSet({ value }))
        .execute();
    },
  };
}
