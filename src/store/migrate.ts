import { type Kysely, type Migration, Migrator } from "kysely";
import { GuichetError } from "../domain/guichet-error.ts";
import * as foundation from "./migrations/0001-foundation.ts";
import * as quarantine from "./migrations/0002-quarantine.ts";
import * as delayed from "./migrations/0003-delayed.ts";
import * as lateNews from "./migrations/0004-late-news.ts";
import * as eventOrder from "./migrations/0005-event-order.ts";
import * as portals from "./migrations/0006-portals.ts";
import * as acknowledgements from "./migrations/0007-acknowledgements.ts";
import * as recipients from "./migrations/0008-recipients.ts";
import * as channels from "./migrations/0009-channels.ts";
import * as linksAndPreviews from "./migrations/0010-links-and-previews.ts";
import * as ways from "./migrations/0011-ways.ts";
import * as shelf from "./migrations/0012-shelf.ts";
import * as ledger from "./migrations/0013-ledger.ts";
import * as rooms from "./migrations/0014-rooms.ts";
import * as reconcile from "./migrations/0015-reconcile.ts";
import type { Schema } from "./schema.ts";

const MIGRATIONS: Readonly<Record<string, Migration>> = {
  "0001-foundation": foundation,
  "0002-quarantine": quarantine,
  "0003-delayed": delayed,
  "0004-late-news": lateNews,
  "0005-event-order": eventOrder,
  "0006-portals": portals,
  "0007-acknowledgements": acknowledgements,
  "0008-recipients": recipients,
  "0009-channels": channels,
  "0010-links-and-previews": linksAndPreviews,
  "0011-ways": ways,
  "0012-shelf": shelf,
  "0013-ledger": ledger,
  "0014-rooms": rooms,
  "0015-reconcile": reconcile,
};

/**
 * Brings the schema up to date; several processes that start at once take turns.
 * @throws GuichetError SCHEMA_TOO_NEW when a newer guichet has been here.
 */
export async function migrate(db: Kysely<Schema>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...MIGRATIONS }) } });
  await refuseNewer(db);
  // Under a lock of the library's own.
  const { error } = await migrator.migrateToLatest();
  if (!error) return;
  // A newer one may have come between, with the lock.
  await refuseNewer(db);
  throw error;
}

async function refuseNewer(db: Kysely<Schema>): Promise<void> {
  const unknown = await findUnknown(db);
  if (unknown === undefined) return;
  throw new GuichetError(
    "SCHEMA_TOO_NEW",
    `The database was written by a newer guichet (${unknown}): start that version, or restore a backup from before it.`,
  );
}

async function findUnknown(db: Kysely<Schema>): Promise<string | undefined> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === "kysely_migration")) return undefined;
  const done = await db
    .withTables<{ kysely_migration: { name: string } }>()
    .selectFrom("kysely_migration")
    .select("name")
    .execute();
  return done.map(({ name }) => name).find((name) => !(name in MIGRATIONS));
}
