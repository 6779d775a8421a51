import { createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";

/** Reads a key of 256 bits by its name, or makes it. Whoever loses these keys loses ghosts and reply addresses. */
export async function keepKey(db: Kysely<Schema>, name: string): Promise<KeyObject> {
  const fresh = randomBytes(32).toString("hex");
  await db
    .insertInto("setting")
    .values({ key: name, value: fresh })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const row = await db.selectFrom("setting").select("value").where("key", "=", name).executeTakeFirstOrThrow();
  return createSecretKey(row.value, "hex");
}

export async function readSetting(db: Kysely<Schema>, key: string): Promise<string | undefined> {
  const row = await db.selectFrom("setting").select("value").where("key", "=", key).executeTakeFirst();
  return row?.value;
}

export async function writeSetting(db: Kysely<Schema>, key: string, value: string): Promise<void> {
  await db
    .insertInto("setting")
    .values({ key, value })
    .onConflict((conflict) => conflict.column("key").doUpdateSet({ value }))
    .execute();
}
