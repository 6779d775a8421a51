import { type Kysely, sql } from "kysely";
import type { Schema } from "../store/schema.ts";
import { type Head, LEFT_OUT, type TableLine } from "./form.ts";

/** Rows that are fetched together: each may hold a piece of a file. */
const AT_ONCE = 50;

/** The whole store as it is at one moment, while others go on writing: lines without their ends. */
export async function* writeBackup(db: Kysely<Schema>): AsyncGenerator<string> {
  const lines = new TransformStream<string, string>();
  const writer = lines.writable.getWriter();
  const copying = db
    .transaction()
    .setIsolationLevel("repeatable read")
    .execute(async (trx) => {
      for await (const line of copyAll(trx)) await writer.write(line);
    })
    .then(
      () => writer.close(),
      (error: unknown) => writer.abort(error),
    );
  for await (const line of lines.readable) yield line;
  await copying;
}

async function* copyAll(trx: Kysely<Schema>): AsyncGenerator<string> {
  const { rows: done } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(trx);
  const begun: Head = {
    guichet: "backup",
    form: 1,
    at: new Date().toISOString(),
    migrations: done.map(({ name }) => name),
  };
  yield JSON.stringify(begun);
  let rows = 0;
  for (const table of await listTables(trx)) {
    yield JSON.stringify(table);
    for await (const line of copyTable(trx, table.table)) {
      rows += 1;
      yield line;
    }
  }
  yield JSON.stringify({ end: true, rows });
}

async function* copyTable(trx: Kysely<Schema>, table: string): AsyncGenerator<string> {
  await sql`declare backup no scroll cursor for select row_to_json(t)::text as line from ${sql.table(table)} as t`.execute(
    trx,
  );
  for (;;) {
    const { rows } = await sql<{ line: string }>`fetch ${sql.lit(AT_ONCE)} from backup`.execute(trx);
    for (const { line } of rows) yield line;
    if (rows.length < AT_ONCE) break;
  }
  await sql`close backup`.execute(trx);
}

/** Tables, those first that others refer to. */
export async function listTables(db: Kysely<Schema>): Promise<TableLine[]> {
  const { rows } = await sql<{ name: string; columns: string[]; refers: string[]; numbered: string | null }>`
    select c.relname::text as name,
      (select array_agg(a.attname::text order by a.attnum) from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
      array(select f.relname::text from pg_constraint k join pg_class f on f.oid = k.confrelid
        where k.conrelid = c.oid and k.contype = 'f' and k.confrelid <> c.oid) as refers,
      (select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attidentity <> '' limit 1) as numbered
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = current_schema() and c.relkind = 'r' order by c.relname`.execute(db);
  const waiting = rows.filter(({ name }) => !LEFT_OUT.has(name));
  const placed: TableLine[] = [];
  while (waiting.length > 0) {
    const next = waiting.findIndex(({ refers }) => !waiting.some(({ name }) => refers.includes(name)));
    const [table] = waiting.splice(Math.max(next, 0), 1);
    if (!table) break;
    const { name, columns, numbered } = table;
    placed.push({ table: name, columns, lastId: numbered === null ? null : await readLastId(db, name, numbered) });
  }
  return placed;
}

async function readLastId(db: Kysely<Schema>, table: string, column: string): Promise<string> {
  const { rows } = await sql<{
    sequence: string;
  }>`select pg_get_serial_sequence(${table}, ${column}) as sequence`.execute(db);
  const sequence = rows[0]?.sequence ?? "";
  const { rows: last } = await sql<{ last: string }>`select last_value as last from ${sql.raw(sequence)}`.execute(db);
  return last[0]?.last ?? "0";
}
