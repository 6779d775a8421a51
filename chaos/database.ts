import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { startEmbedded } from "../src/store/embedded.ts";
import { killPostgres } from "../test/support/faults.ts";
import { becomesTrue } from "../test/support/patience.ts";

/** PostgreSQL as a process of its own, on a disk of its own where the machine lets us make one. */
export interface ChaosDatabase {
  readonly port: number;
  /** Over TCP, by this port. */
  url(port: number): string;
  /** SIGKILL; it is started again at once. */
  kill(): Promise<void>;
  /** To the server and all of its processes. */
  signal(signal: NodeJS.Signals): void;
  /** Undefined where there is no small disk. */
  readonly disk: { fill(): Promise<void>; clear(): Promise<void> } | undefined;
  close(): Promise<void>;
}

const DISK = "400m";

export async function startDatabase(): Promise<ChaosDatabase> {
  const folder = mkdtempSync(join(tmpdir(), "guichet-chaos-store-"));
  const isMounted = mountSmall(folder);
  const remove = () => {
    if (isMounted) execFileSync("umount", ["-l", folder], { stdio: "ignore" });
    rmSync(folder, { recursive: true, force: true });
  };
  // Also when the run is broken off: nobody else would unmount it.
  process.once("exit", remove);
  const server = await startEmbedded({ folder: join(folder, "postgres"), log: pino({ level: "silent" }) });
  const address = new URL(server.url);
  const postmaster = () => readFileSync(join(folder, "postgres", "cluster", "postmaster.pid"), "utf8").split("\n")[0];
  const filler = join(folder, "filler");
  return {
    port: Number(address.port),
    url(port) {
      const wired = new URL(address);
      wired.port = String(port);
      wired.search = "";
      return wired.href;
    },
    async kill() {
      const killed = await becomesTrue(() => killPostgres(join(folder, "postgres")), 30_000);
      if (!killed) throw new Error("no PostgreSQL to kill");
    },
    signal(signal) {
      const parent = postmaster();
      for (const pid of [Number(parent), ...childrenOf(Number(parent))]) {
        try {
          process.kill(pid, signal);
        } catch {
          // A connection's process that has just ended.
        }
      }
    },
    disk: isMounted
      ? {
          async fill() {
            const { bavail, bsize } = await statfs(folder);
            await writeFile(filler, Buffer.alloc(bavail * bsize)).catch(() => undefined);
          },
          clear: () => rm(filler, { force: true }),
        }
      : undefined,
    async close() {
      await server.stop();
      process.off("exit", remove);
      remove();
    },
  };
}

function mountSmall(folder: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK},mode=755`, "tmpfs", folder], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const childrenOf = (parent: number): number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1]) === parent;
      } catch {
        return false;
      }
    });
