import { Kysely } from "kysely";
import pg from "pg";
import type { Logger } from "pino";
import { makeDialect } from "./dialect.ts";
import type { Schema } from "./schema.ts";

/** Connections of one pool, when nothing else is said: somewhat more than lanes that are worked on at once. */
const POOL_SIZE = 20;

/**
 * Two ways to write to one database. `durable`: what somebody was promised; on disk when it resolves. `relaxed`: what can
 * be found out again by doing the work again; a crash of the machine may lose the last half second of it.
 */
export interface Database {
  readonly durable: Kysely<Schema>;
  readonly relaxed: Kysely<Schema>;
  readonly url: string;
  close(): Promise<void>;
}

/** @param options.connections of each of the two. */
export async function openDatabase(
  { url, connections = POOL_SIZE }: { readonly url: string; readonly connections?: number },
  log: Logger,
): Promise<Database> {
  const open = (options: string | undefined) => {
    const pool = new pg.Pool({
      connectionString: url,
      max: connections,
      application_name: "guichet",
      connectionTimeoutMillis: 10_000,
      idleTimeoutMillis: 60_000,
      keepAlive: true,
      ...(options ? { options } : {}),
    });
    // A connection that breaks is replaced at its next use; unhandled, its error would end the process. The pool listens
    // to those that lie idle; one that is in use may break between two statements of a transaction.
    const report = (error: Error) =>
      log.warn({ code: "code" in error ? error.code : undefined }, "database connection lost");
    pool.on("error", () => undefined);
    pool.on("connect", (client) => client.on("error", report));
    return new Kysely<Schema>({ dialect: makeDialect(pool) });
  };
  const durable = open(undefined);
  const relaxed = open("-c synchronous_commit=off");
  return {
    durable,
    relaxed,
    url,
    async close() {
      await Promise.all([durable.destroy(), relaxed.destroy()]);
    },
  };
}
