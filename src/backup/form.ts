import { z } from "zod";

/** Lines of a backup, gzipped: this head, then each table with its rows as JSON, then the end. */
export const head = z.object({
  guichet: z.literal("backup"),
  form: z.literal(1),
  at: z.iso.datetime(),
  migrations: z.array(z.string()),
});
export type Head = z.output<typeof head>;

export const tableLine = z.object({
  table: z.string(),
  columns: z.array(z.string()),
  /** How far the table's numbers were given out. */
  lastId: z.string().nullable(),
});
export type TableLine = z.output<typeof tableLine>;

/** Without it the backup was cut off. */
export const endLine = z.object({ end: z.literal(true), rows: z.int() });

/** Leases and locks are of the processes that ran; queue and cache are made anew. */
export const LEFT_OUT: ReadonlySet<string> = new Set([
  "lane",
  "channel_state",
  "kysely_migration",
  "kysely_migration_lock",
]);
