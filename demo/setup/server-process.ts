import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export interface ServerCommand {
  /** For messages: `Synapse`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** File that the server's output is added to. */
  readonly log: string;
  /** Asked every 25 ms until it says true; a rejection counts as false. */
  readonly isReady: () => Promise<boolean>;
  /** How long it may take to be ready, in ms. */
  readonly readyWithinMs?: number;
}

/** A server that runs as our child. */
export interface ServerProcess {
  readonly pid: number;
  /** False once it has ended, for whatever reason. */
  isRunning(): boolean;
  /** Only sends it, as for SIGSTOP and SIGCONT. */
  signal(signal: NodeJS.Signals): void;
  /** Sends the signal and resolves when the process has ended; killed after `graceMs`. Safe when it has ended already. */
  stop(signal?: NodeJS.Signals, graceMs?: number): Promise<void>;
}

const alive = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});

/**
 * The kernel kills the server when our process ends, even by SIGKILL (`setpriv` is in util-linux; without it, as on
 * macOS, only an orderly end of ours takes the server along).
 */
const bindToUs = spawnSync("setpriv", ["--pdeathsig", "KILL", "true"], { stdio: "ignore" }).status === 0;

/**
 * Starts a server and waits until it is ready.
 * @throws Error with the end of the log when it ends or is not ready in time; it is then gone.
 */
export async function startServer(wanted: ServerCommand): Promise<ServerProcess> {
  const server = launch(wanted);
  const deadline = Date.now() + (wanted.readyWithinMs ?? 30_000);
  while (!(await wanted.isReady().catch(() => false))) {
    if (!server.isRunning()) throw new Error(`${wanted.name} ended while starting\n${endOf(wanted.log)}`);
    if (Date.now() > deadline) {
      await server.stop("SIGKILL");
      throw new Error(`${wanted.name} was not ready in time\n${endOf(wanted.log)}`);
    }
    await sleep(25);
  }
  return server;
}

function launch(wanted: ServerCommand): ServerProcess {
  const out = openSync(wanted.log, "a");
  const [command, args] = bindToUs
    ? ["setpriv", ["--pdeathsig", "KILL", wanted.command, ...wanted.args]]
    : [wanted.command, [...wanted.args]];
  // A session of its own: a Ctrl-C of the terminal reaches us, and we end the servers in their order.
  const child = spawn(command, args, {
    cwd: wanted.cwd,
    env: { ...process.env, ...wanted.env },
    stdio: ["ignore", out, out],
    detached: true,
  });
  closeSync(out);
  child.on("error", () => {});
  const { pid } = child;
  if (pid === undefined) throw new Error(`${wanted.name} could not be started: ${command} was not found`);
  alive.add(child);
  child.once("exit", () => alive.delete(child));
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  return {
    pid,
    isRunning,
    signal: (signal) => void child.kill(signal),
    async stop(signal = "SIGTERM", graceMs = 10_000) {
      if (!isRunning()) return;
      const ended = once(child, "exit");
      child.kill(signal);
      const killer = setTimeout(() => child.kill("SIGKILL"), graceMs);
      await ended;
      clearTimeout(killer);
    },
  };
}

const endOf = (file: string) => readFileSync(file, "utf8").trimEnd().split("\n").slice(-15).join("\n");
