import pg from "pg";
import { ANSWER_MS, KEEP_ALIVE_MS } from "./database.ts";
import { runPrepared } from "./prepared.ts";

/** Connections for a library that brings its own statements. A type and no interface: BullMQ asks for an index signature. */
export type PreparedPool = {
  query<Row>(text: string, values?: readonly unknown[]): Promise<{ rows: Row[]; rowCount: number | null }>;
  /** A connection for many statements; they are not prepared. */
  connect(): Promise<pg.PoolClient>;
  end(): Promise<void>;
  /** For libraries that listen to each pool: what goes wrong is told to `onFault` alone. */
  on(): PreparedPool;
  removeAllListeners(): PreparedPool;
};

export interface PoolOptions {
  readonly url: string;
  /** Name of the schema that unqualified names are looked up in. */
  readonly schema: string;
  readonly connections: number;
  readonly applicationName: string;
  readonly onFault: (error: Error) => void;
}

/** Opens a pool with relaxed commits (see `Database`), whose statements are prepared. */
export function openPreparedPool({ url, schema, connections, applicationName, onFault }: PoolOptions): PreparedPool {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    application_name: applicationName,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    query_timeout: ANSWER_MS,
    options: `-c search_path=${schema} -c synchronous_commit=off`,
  });
  pool.on("error", onFault);
  // Unhandled, the error of a connection that breaks while it is in use would end the process; its statement says it.
  pool.on("connect", (client) => client.on("error", () => undefined));
  const prepared: PreparedPool = {
    query: <Row>(text: string, values: readonly unknown[] = []) =>
      runPrepared((statement) => pool.query<Row & pg.QueryResultRow>(statement), text, values),
    connect: () => pool.connect(),
    end: () => pool.end(),
    on: () => prepared,
    removeAllListeners: () => prepared,
  };
  return prepared;
}
