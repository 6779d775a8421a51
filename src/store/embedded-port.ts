import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import type { Logger } from "pino";
import { GuichetError } from "../domain/guichet-error.ts";

/**
 * Below the range from which systems number outgoing connections (32768 upward): a port of that range may be gone again
 * while the server restarts, even to one of our own connections that looks for it.
 */
const RANGE = [20_000, 32_000] as const;
const TRIES = 50;

/**
 * A port of 127.0.0.1 that is free now: the wished one if it can be.
 * @throws GuichetError EMBEDDED_START_FAILED when there is none.
 */
export async function choosePort(wished: number | undefined, log: Logger): Promise<number> {
  if (wished !== undefined) {
    if (await isFree(wished)) return wished;
    log.warn({ port: wished }, "database.port is taken; using a free one");
  }
  for (let tried = 0; tried < TRIES; tried += 1) {
    const port = randomInt(...RANGE);
    if (await isFree(port)) return port;
  }
  throw new GuichetError("EMBEDDED_START_FAILED", "The embedded PostgreSQL found no free port on 127.0.0.1.");
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
