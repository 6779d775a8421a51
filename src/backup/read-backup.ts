import { type Kysely, sql } from "kysely";
import { GuichetError } from "../domain/guichet-error.ts";
import type { Schema } from "../store/schema.ts";
import { endLine, head, type TableLine, tableLine } from "./form.ts";
import { listTables } from "./write-backup.ts";

/** Bytes of rows that are stored together, about. */
const AT_ONCE = 4 * 1024 * 1024;
/**
 * Numbers that may have been given out since the backup: none is given out twice, because Matrix transaction ids, tokens
 * and what citizens were told hold them.
 */
const LEAP = 1_000_000;

/**
 * Fills an empty store with a backup: all of it or nothing.
 * @returns when the backup was made.
 * @throws GuichetError RESTORE_NOT_EMPTY, RESTORE_UNREADABLE or RESTORE_OTHER_VERSION.
 */
export async function readBackup(db: Kysely<Schema>, lines: AsyncIterable<string>): Promise<Date> {
  return db.transaction().execute(async (trx) => {
    await expectEmpty(trx);
    const own = new Map((await listTables(trx)).map((table) => [table.table, table]));
    const rest = lines[Symbol.asyncIterator]();
    const begun = head.safeParse(parse((await rest.next()).value));
    if (!begun.success) throw unreadable();
    await expectOwnVersion(trx, begun.data.migrations);
    let table: TableLine | undefined;
    let group: string[] = [];
    let size = 0;
    let rows = 0;
    const store = async () => {
      if (table && group.length > 0) await storeRows(trx, table, group);
      group = [];
      size = 0;
    };
    for (;;) {
      const { value: line, done } = await rest.next();
      if (done) throw unreadable();
      const next = line.startsWith('{"table":') ? tableLine.safeParse(parse(line)).data : undefined;
      const end = line.startsWith('{"end":') ? endLine.safeParse(parse(line)).data : undefined;
      if (next && own.has(next.table)) {
        await store();
        table = next;
        await leapAhead(trx, next);
        continue;
      }
      if (end) {
        await store();
        if (end.rows !== rows) throw unreadable();
        break;
      }
      group.push(line);
      size += line.length;
      rows += 1;
      if (size > AT_ONCE) await store();
    }
    return new Date(begun.data.at);
  });
}

async function expectEmpty(trx: Kysely<Schema>): Promise<void> {
  const { rows } = await sql`
    select 1 from setting union all select 1 from conversation union all select 1 from inbox limit 1`.execute(trx);
  if (rows.length > 0)
    throw new GuichetError(
      "RESTORE_NOT_EMPTY",
      "The database holds a guichet already: restore into an empty one (move data_folder/postgres away, or name another database).",
    );
}

async function expectOwnVersion(trx: Kysely<Schema>, migrations: readonly string[]): Promise<void> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(trx);
  const own = rows.map(({ name }) => name);
  if (own.join() === migrations.join()) return;
  throw new GuichetError(
    "RESTORE_OTHER_VERSION",
    `The backup was made with the schema ${migrations.at(-1)}, this guichet has ${own.at(-1)}: restore with the version that made it, then upgrade.`,
  );
}

async function storeRows(trx: Kysely<Schema>, { table, columns }: TableLine, rows: readonly string[]): Promise<void> {
  const names = sql.join(columns.map((column) => sql.ref(column)));
  await sql`
    insert into ${sql.table(table)} (${names}) overriding system value
    select ${names} from json_populate_recordset(null::${sql.table(table)}, ${`[${rows.join()}]`}::json)`.execute(trx);
}

/** Has a table count on from far behind what was given out. */
async function leapAhead(trx: Kysely<Schema>, { table, lastId }: TableLine): Promise<void> {
  if (lastId === null) return;
  const { rows } = await sql<{ column: string }>`
    select a.attname::text as column from pg_attribute a
    where a.attrelid = ${table}::regclass and a.attidentity <> '' limit 1`.execute(trx);
  const last = String(BigInt(lastId) + BigInt(LEAP));
  await sql`select setval(pg_get_serial_sequence(${table}, ${rows[0]?.column ?? ""}), ${last}::bigint)`.execute(trx);
}

function parse(line: unknown): unknown {
  try {
    return JSON.parse(String(line));
  } catch {
    return undefined;
  }
}

const unreadable = () =>
  new GuichetError("RESTORE_UNREADABLE", "The file is no whole backup of guichet: nothing was restored.");
