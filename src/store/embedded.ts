import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, openSync, renameSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { Logger } from "pino";
import { GuichetError } from "../domain/guichet-error.ts";
import { type Cluster, endLeftovers, openCluster } from "./embedded-cluster.ts";
import { lockFolder } from "./embedded-lock.ts";

const START_MS = 60_000;
const LOG_BYTES = 10 * 1024 * 1024;
const DATABASE = "guichet";

const SETTINGS = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
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
  const folder = resolve(options.folder);
  mkdirSync(folder, { recursive: true });
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

async function serve(cluster: Cluster, port: number, log: Logger, release: () => void): Promise<EmbeddedPostgres> {
  const url = `postgres://guichet:${cluster.password}@127.0.0.1:${port}/${DATABASE}`;
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
  const watch = (watched: ChildProcess) =>
    watched.once("exit", async (code, signal) => {
      for (let pause = 200; !stopping; pause = Math.min(pause * 2, 10_000)) {
        log.error({ code, signal }, "the embedded PostgreSQL ended by itself; it is started again");
        await sleep(pause);
        if (stopping) return;
        await endLeftovers(cluster);
        server = launch(cluster, port);
        const alive = await waitUntilReady(cluster, server, url).then(
          () => true,
          () => false,
        );
        if (alive) return void watch(server);
        await shutDown(server);
      }
    });
  watch(server);
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
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const wrap = followsUs ? ["setpriv", "--pdeathsig", "INT", ...disguise.before.slice(1)] : disguise.before;
  const [command = postgres, ...args] = [...wrap, postgres, "-D", data, "-p", `${port}`, ...settings];
  const out = openSync(log, "a", 0o600);
  try {
    // A group of its own: Ctrl-C reaches guichet, which stops it last.
    return spawn(command, args, { ...disguise.ids, cwd: "/", detached: true, stdio: ["ignore", out, out] });
  } finally {
    closeSync(out);
  }
}

async function waitUntilReady(cluster: Cluster, server: ChildProcess, url: string): Promise<void> {
  const maintenance = url.replace(/\/[^/]*$/, "/postgres");
  for (const end = Date.now() + START_MS; Date.now() < end; await sleep(20)) {
    if (server.exitCode !== null || server.signalCode !== null) break;
    const client = new pg.Client({ connectionString: maintenance, connectionTimeoutMillis: 5_000 });
    client.on("error", () => undefined);
    try {
      await client.connect();
      const { rowCount } = await client.query("select 1 from pg_database where datname = $1", [DATABASE]);
      if (!rowCount) await client.query(`create database ${DATABASE}`);
      return;
    } catch {
      // Not ready yet; its end or the deadline says when it never will be.
    } finally {
      await client.end().catch(() => undefined);
    }
  }
  throw new GuichetError("EMBEDDED_START_FAILED", `The embedded PostgreSQL did not start: ${cluster.log} says why.`);
}

/** PostgreSQL's fast shutdown, then its immediate one, then the kernel's. */
async function shutDown(server: ChildProcess): Promise<void> {
  for (const [signal, patienceMs] of [
    ["SIGINT", 15_000],
    ["SIGQUIT", 5_000],
    ["SIGKILL", 5_000],
  ] as const) {
    if (server.exitCode !== null || server.signalCode !== null || server.pid === undefined) return;
    const gone = once(server, "exit");
    server.kill(signal);
    await Promise.race([gone, sleep(patienceMs, undefined, { ref: false })]);
  }
}

async function choosePort(wished: number | undefined, log: Logger): Promise<number> {
  const found = wished === undefined ? undefined : await tryPort(wished);
  if (wished !== undefined && found === undefined)
    log.warn({ port: wished }, "database.port is taken; using a free one");
  const port = found ?? (await tryPort(0));
  if (port !== undefined) return port;
  throw new GuichetError("EMBEDDED_START_FAILED", "The embedded PostgreSQL found no free port on 127.0.0.1.");
}

async function tryPort(port: number): Promise<number | undefined> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    return typeof address === "object" ? address?.port : undefined;
  } catch {
    return undefined;
  } finally {
    server.close();
  }
}
