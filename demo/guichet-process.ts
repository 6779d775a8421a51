import { once } from "node:events";
import { connect } from "node:net";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { MatrixClient } from "../test/support/matrix-client.ts";
import type { DemoConfiguration, Listener } from "./configuration.ts";
import { projectFolder } from "./setup/paths.js";
import { type ServerProcess, startServer } from "./setup/server-process.ts";
import type { MobileNetwork } from "./sms/mobile-network.ts";

const GREETING_MS = 2_000;

/** Starts guichet as its operators do, by its command line; `waitUntilUp` says when it takes mail. */
export function startGuichet(folder: string, { config }: DemoConfiguration): Promise<ServerProcess> {
  return startServer({
    name: "guichet",
    command: join(projectFolder, "src", "bin.js"),
    args: ["run", "--config", config.file],
    env: { PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` },
    cwd: folder,
    log: guichetLog(folder),
    isReady: async () => true,
  });
}

export const guichetLog = (folder: string) => join(folder, "guichet.log");

/**
 * Waits until the agent is in each agency's room, each mail intake greets, and guichet has reached the mobile network.
 * @returns room ids by agency.
 */
export async function waitUntilUp(
  agent: MatrixClient,
  { config, channels }: DemoConfiguration,
  network: MobileNetwork,
): Promise<ReadonlyMap<string, string>> {
  const rooms = new Map<string, string>();
  for (const agency of config.agencies.values()) {
    // A new room has its name for a moment before it lets anybody in.
    rooms.set(agency.id, await insist(() => agent.join(agency.room)));
  }
  for (const { name, enabled } of config.channels.values()) {
    const { smtp, lmtp, smsc } = (enabled && channels[name]) || {};
    const listener = smtp ?? lmtp;
    if (listener) await insist(() => awaitGreeting(listener));
    if (smsc) await insist(() => expectBound(network));
  }
  return rooms;
}

/** Until it is so: whoever waits also watches whether the servers still run. */
async function insist<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch {
      await sleep(100);
    }
  }
}

async function expectBound(network: MobileNetwork): Promise<void> {
  if (!network.isBound()) throw new Error("guichet has not reached the mobile network");
}

/** RFC 5321, 4.3.1: a server that takes mail opens with 220. */
async function awaitGreeting({ host, port }: Listener): Promise<void> {
  const socket = connect({ host, port });
  try {
    const [greeting]: unknown[] = await once(socket, "data", { signal: AbortSignal.timeout(GREETING_MS) });
    if (!String(greeting).startsWith("220")) throw new Error(`greeted with ${String(greeting)}`);
    socket.write("QUIT\r\n");
  } finally {
    socket.destroy();
  }
}
