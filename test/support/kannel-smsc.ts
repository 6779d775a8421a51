import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DRIVE_SMPP } from "./needs.ts";
import { until } from "./patience.ts";
import { freePort } from "./ports.ts";

/**
 * Kannel's own SMPP code as an SMSC: drive_smpp, with which Kannel tests itself. It knows transmitters and receivers, sends
 * the numbers from 1 as texts of 456, an enquire_link after each, and takes texts without naming them.
 */
export interface KannelSmsc {
  readonly port: number;
  /** Its log, a line for each step. */
  log(): string;
  /** Kinds of PDUs that it could read, in order. */
  handled(): readonly string[];
  stop(): Promise<void>;
}

/** Where it looks for the rest of Kannel, whatever it is told; it ends when nobody listens. */
const BEARERBOX_PORT = 13_001;

/** @param texts how many texts it sends. */
export async function startKannelSmsc(texts: number): Promise<KannelSmsc> {
  const folder = await mkdtemp(join(tmpdir(), "guichet-drive-smpp-"));
  const port = await freePort();
  const bearerbox = createServer((socket) => socket.on("error", () => {}).resume());
  // Another run on this machine may listen there already, which does as well.
  bearerbox.on("error", () => {});
  bearerbox.listen(BEARERBOX_PORT, "127.0.0.1");
  const child = spawn(DRIVE_SMPP, ["-v", "0", "-p", String(port), "-m", String(texts)], {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (piece: Buffer) => {
    log += piece.toString("latin1");
  });
  await until(() => log.includes("accept_thread"));
  return {
    port,
    log: () => log,
    handled: () => [...log.matchAll(/Handling SMPP PDU of type (\w+)/g)].map(([, kind = ""]) => kind),
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, "exit");
        child.kill("SIGKILL");
        await exited;
      }
      bearerbox.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
