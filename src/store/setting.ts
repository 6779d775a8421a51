import { createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";

/** Reads a key of 256 bits by its name, or makes it. Whoever loses these keys loses ghosts and reply addresses. */
export const keepKey = async (db: Kysely<Schema>, name: string): Promise<KeyObject> =>
  createSecretKey(await keep(db, name, randomBytes(32).toString("hex")), "hex");

/** Reads a random word by its name, or makes it: this database's own among all. */
export const keepName = (db: Kysely<Schema>, name: string): Promise<string> =>
  keep(db, name, randomBytes(8).toString("hex"));

/** Of several processes that start at once, the first one's stays. */
async function keep(db: Kysely<Schema>, key: string, value: string): Promise<string> {
  await db
    .insertInto("setting")
    .values({ key, value })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const row = await db.selectFrom("setting").select("value").where("key", "=", key).executeTakeFirstOrThrow();
  return row.value;
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
