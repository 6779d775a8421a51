import { Kysely } from "kysely";
import pg from "pg";
import type { Logger } from "pino";
import { makeDialect } from "./dialect.ts";
import type { Schema } from "./schema.ts";

/** Connections of one pool, when nothing else is said: somewhat more than lanes that are worked on at once. */
const POOL_SIZE = 20;
/**
 * A statement that owes its answer for longer has a dead connection under it, in milliseconds: a firewall that forgot it tells
 * nobody. Whoever asked does it again; what may be done twice is what statements here are made for.
 */
export const ANSWER_MS = 30_000;
/** Idle connections are asked whether they still lead anywhere after so long, in milliseconds. */
export const KEEP_ALIVE_MS = 10_000;

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

/**
 * @param options.connections of each of the two.
 * @param options.answerMs how long a statement may take, in milliseconds; 0: as long as it likes, as for migrations.
 */
export async function openDatabase(
  options: { readonly url: string; readonly connections?: number; readonly answerMs?: number },
  log: Logger,
): Promise<Database> {
  const { url, connections = POOL_SIZE, answerMs = ANSWER_MS } = options;
  const open = (options: string | undefined) => {
    const pool = new pg.Pool({
      connectionString: url,
      max: connections,
      application_name: "guichet",
      connectionTimeoutMillis: 10_000,
      idleTimeoutMillis: 60_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      query_timeout: answerMs,
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
