import { randomInt } from "node:crypto";
import { mkdir, open, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

/** For so long a port that was given out is nobody else's, in milliseconds: its server may not have bound it yet. */
const KEPT_MS = 10 * 60_000;
const given = join(tmpdir(), `guichet-ports-${userInfo().uid}`);

/**
 * A TCP port of 127.0.0.1 that nobody listens on now, and that was given to nobody lately, by another process of ours
 * neither. Taken below the range from which Linux numbers outgoing connections (32768 upward): a port of that range may be
 * gone again before the server binds it.
 */
export async function freePort(): Promise<number> {
  await mkdir(given, { recursive: true });
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = randomInt(10_000, 32_000);
    if ((await isPortFree(port)) && (await take(join(given, `${port}`)))) return port;
  }
  throw new Error("no free port among 50 tried on 127.0.0.1");
}

/** @returns whether the file was not there, and is now. One that is too old is cleared away for the next one who asks. */
async function take(file: string): Promise<boolean> {
  try {
    await (await open(file, "wx")).close();
    return true;
  } catch {
    const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > KEPT_MS) await rm(file, { force: true });
    return false;
  }
}

export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
