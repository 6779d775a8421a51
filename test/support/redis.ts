import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../demo/setup/free-port.ts";
import { startServer } from "../../demo/setup/server-process.ts";

export interface Redis {
  readonly url: string;
  readonly port: number;
  /** Only sends it, as for SIGSTOP and SIGCONT. */
  signal(signal: NodeJS.Signals): void;
  /** Ends it; SIGTERM saves first, SIGKILL loses what the append-only file has not yet. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Brings it back on the same port with the same data. */
  start(): Promise<void>;
  restart(options?: { signal?: NodeJS.Signals }): Promise<void>;
  /** Ends it and removes its data. */
  close(): Promise<void>;
}

/** A real redis-server on a free port of 127.0.0.1, set up as BullMQ wants it: append-only file, no eviction. */
export async function startRedis(): Promise<Redis> {
  const folder = await mkdtemp(join(tmpdir(), "redis-"));
  const port = await freePort();
  const launch = () =>
    startServer({
      name: "Redis",
      command: "redis-server",
      args: redisArguments(port, folder),
      cwd: folder,
      log: join(folder, "redis.log"),
      isReady: () => answersPing(port),
      readyWithinMs: 10_000,
    });
  let server = await launch();
  const stop = (signal: NodeJS.Signals = "SIGTERM") => server.stop(signal);
  const start = async () => {
    if (!server.isRunning()) server = await launch();
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    signal: (signal) => server.signal(signal),
    stop,
    start,
    async restart({ signal = "SIGTERM" } = {}) {
      await stop(signal);
      await start();
    },
    async close() {
      await stop("SIGKILL");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function redisArguments(port: number, folder: string): string[] {
  const settings = {
    bind: "127.0.0.1",
    port: String(port),
    dir: folder,
    appendonly: "yes",
    save: "",
    "maxmemory-policy": "noeviction",
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

/** RESP inline command; a server that still loads its data answers with an error instead of PONG. */
function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    socket.once("error", reject);
    socket.once("data", (data) => {
      socket.destroy();
      resolve(data.toString().startsWith("+PONG"));
    });
  });
}
