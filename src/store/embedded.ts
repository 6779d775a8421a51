import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, openSync, realpathSync, renameSync, statSync } from "node:fs";
import { platform } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { Logger } from "pino";
import { GuichetError } from "../domain/guichet-error.ts";
import { type Cluster, endLeftovers, openCluster } from "./embedded-cluster.ts";
import { lockFolder } from "./embedded-lock.ts";
import { choosePort } from "./embedded-port.ts";

const START_MS = 60_000;
/** PostgreSQL's cannot_connect_now: it reads its journal after a crash. */
const STARTING_UP = "57P03";
const FIRST_PAUSE_MS = 200;
const MOST_PAUSE_MS = 10_000;
const LOG_BYTES = 10 * 1024 * 1024;
const DATABASE = "guichet";
/** What fits into a socket's address on every Unix (macOS has the least). */
const SOCKET_PATH_BYTES = 103;

const SETTINGS = {
  listen_addresses: "127.0.0.1",
  max_connections: "100",
  shared_buffers: "64MB",
  // A statement or a detail can hold a citizen's words.
  log_min_error_statement: "panic",
  log_error_verbosity: "terse",
};

export interface EmbeddedPostgres {
  /** Of a database that belongs to guichet; holds the password. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Runs a PostgreSQL of guichet's own in `folder`, as a child process that is not reached by a terminal's Ctrl-C.
 * @param options.port wished port on 127.0.0.1; another one is taken when it is not free.
 * @throws GuichetError EMBEDDED_FOLDER_IN_USE, EMBEDDED_NO_USER, EMBEDDED_UNAVAILABLE, EMBEDDED_INIT_FAILED or
 * EMBEDDED_START_FAILED, each with the cure.
 */
export async function startEmbedded(options: {
  folder: string;
  log: Logger;
  port?: number;
}): Promise<EmbeddedPostgres> {
  const { log } = options;
  mkdirSync(options.folder, { recursive: true });
  // Without symbolic links: the kernel names a running server's folder so.
  const folder = realpathSync(options.folder);
  const lock = lockFolder(folder);
  try {
    const cluster = await openCluster(folder);
    await endLeftovers(cluster);
    return await serve(cluster, await choosePort(options.port, log), log, () => lock.release());
  } catch (error) {
    lock.release();
    throw error;
  }
}

/**
 * Address of guichet's database in a running server of its own: by the socket in its data folder, which takes a third less
 * of the CPU than TCP does, or by TCP where the folder's name is too long for a socket.
 * @param data PostgreSQL's data folder, without symbolic links.
 */
export function embeddedUrl(password: string, port: number, data: string): string {
  const socket = hasSocket(data) ? `?host=${encodeURIComponent(data)}` : "";
  return `postgres://guichet:${password}@127.0.0.1:${port}/${DATABASE}${socket}`;
}

const hasSocket = (data: string) =>
  platform() !== "win32" && Buffer.byteLength(join(data, ".s.PGSQL.65535")) <= SOCKET_PATH_BYTES;

async function serve(cluster: Cluster, port: number, log: Logger, release: () => void): Promise<EmbeddedPostgres> {
  const url = embeddedUrl(cluster.password, port, cluster.data);
  let stopping = false;
  let server = launch(cluster, port);
  const onExit = () => server.kill("SIGINT");
  process.once("exit", onExit);
  const end = async () => {
    stopping = true;
    process.off("exit", onExit);
    await shutDown(server);
    release();
  };
  try {
    await waitUntilReady(cluster, server, url);
  } catch (error) {
    await end();
    throw error;
  }
  const keepUp = async () => {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, MOST_PAUSE_MS)) {
      await ended(server);
      if (stopping) return;
      const { exitCode: code, signalCode: signal } = server;
      log.error({ code, signal }, "the embedded PostgreSQL ended by itself; it is started again");
      await sleep(pauseMs, undefined, { ref: false });
      await endLeftovers(cluster);
      if (stopping) return;
      server = launch(cluster, port);
      try {
        await waitUntilReady(cluster, server, url);
        pauseMs = FIRST_PAUSE_MS / 2;
      } catch {
        await shutDown(server);
      }
    }
  };
  keepUp().catch((error: unknown) => log.fatal({ err: error }, "the embedded PostgreSQL can't be started again"));
  let stopped: Promise<void> | undefined;
  return {
    url,
    stop() {
      stopped ??= end();
      return stopped;
    },
  };
}

/** With setpriv (util-linux) the server also follows a guichet that was killed; without it the next start ends it. */
const followsUs = spawnSync("setpriv", ["--pdeathsig", "INT", "true"], { stdio: "ignore" }).status === 0;

function launch({ data, log, postgres, disguise }: Cluster, port: number): ChildProcess {
  if (existsSync(log) && statSync(log).size > LOG_BYTES) renameSync(log, `${log}.old`);
  // Relative to the data folder: nobody but its user gets there.
  const sockets = { unix_socket_directories: hasSocket(data) ? "." : "" };
  const settings = Object.entries({ ...SETTINGS, ...sockets }).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const wrap = followsUs ? ["setpriv", "--pdeathsig", "INT", ...disguise.before.slice(1)] : disguise.before;
  const [command = postgres, ...args] = [...wrap, postgres, "-D", data, "-p", `${port}`, ...settings];
  const out = openSync(log, "a", 0o600);
  try {
    // A group of its own: Ctrl-C reaches guichet, which stops it last.
    const server = spawn(command, args, { ...disguise.ids, cwd: "/", detached: true, stdio: ["ignore", out, out] });
    // A program that can't be started never ran: said where its absence is noticed.
    server.on("error", () => undefined);
    return server;
  } finally {
    closeSync(out);
  }
}

async function waitUntilReady(cluster: Cluster, server: ChildProcess, url: string): Promise<void> {
  const maintenance = new URL(url);
  maintenance.pathname = "/postgres";
  for (let end = Date.now() + START_MS; Date.now() < end; await sleep(20)) {
    if (hasEnded(server)) break;
    const client = new pg.Client({ connectionString: maintenance.href, connectionTimeoutMillis: 5_000 });
    client.on("error", () => undefined);
    try {
      await client.connect();
      const { rowCount } = await client.query("select 1 from pg_database where datname = $1", [DATABASE]);
      if (!rowCount) await client.query(`create database ${DATABASE}`);
      return;
    } catch (error) {
      // Not ready yet; its end or the deadline says when it never will be. One that recovers is given all the time it needs.
      if (error instanceof pg.DatabaseError && error.code === STARTING_UP) end = Date.now() + START_MS;
    } finally {
      await client.end().catch(() => undefined);
    }
  }
  throw new GuichetError("EMBEDDED_START_FAILED", `The embedded PostgreSQL did not start: ${cluster.log} says why.`);
}

const hasEnded = ({ exitCode, signalCode, pid }: ChildProcess) =>
  exitCode !== null || signalCode !== null || pid === undefined;

async function ended(server: ChildProcess): Promise<void> {
  if (!hasEnded(server)) await once(server, "exit");
}

/** PostgreSQL's fast shutdown, then its immediate one, then the kernel's. */
async function shutDown(server: ChildProcess): Promise<void> {
  for (const [signal, patienceMs] of [
    ["SIGINT", 15_000],
    ["SIGQUIT", 5_000],
    ["SIGKILL", 5_000],
  ] as const) {
    if (hasEnded(server)) return;
    server.kill(signal);
    await Promise.race([ended(server), sleep(patienceMs, undefined, { ref: false })]);
  }
}
