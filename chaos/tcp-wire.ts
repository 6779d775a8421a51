import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../test/support/ports.ts";

/** `up`: towards the server, so that a request does not arrive whole; `down`: its answer does not. */
export type Direction = "up" | "down";

/** What a wire does to all its connections, those that are open among them, until it is mended. */
export type Break =
  /** Both ends see the connection closed once so many bytes have passed in this direction since the break began. */
  | { readonly does: "cut"; readonly direction: Direction; readonly afterBytes: number }
  /** Half open: after so many bytes nothing passes any more in this direction, and nobody is told. */
  | { readonly does: "stall"; readonly direction: Direction; readonly afterBytes: number }
  | { readonly does: "slow"; readonly pauseMs: number };

export interface TcpWire {
  readonly port: number;
  break(how: Break): void;
  /** New connections are whole again; those that lost bytes end after a while, as when a firewall forgets them. */
  mend(): void;
  close(): Promise<void>;
}

const FORGOTTEN_MS = 8_000;

/** A wire on the way to `serverPort`, which may be told later than the wire is there. */
export async function openTcpWire(serverPort: () => number): Promise<TcpWire> {
  const port = await freePort();
  let broken: Break | undefined;
  let since = 0;
  const sockets = new Set<Socket>();
  const stalled = new Set<() => void>();
  const listener = createServer((client) => {
    const server = connect(serverPort(), "127.0.0.1");
    const end = () => {
      client.destroy();
      server.destroy();
      stalled.delete(end);
    };
    const stalledWays = new Set<Direction>();
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        if (stalledWays.size === 0) end();
      });
    }
    const carry = (from: Socket, to: Socket, direction: Direction) => {
      let passed = 0;
      let counted = since;
      from.on("data", async (chunk: Buffer) => {
        if (stalledWays.has(direction)) return;
        const fault = broken;
        if (counted !== since) [counted, passed] = [since, 0];
        if (fault?.does === "slow") {
          from.pause();
          await sleep(fault.pauseMs);
          from.resume();
        } else if (fault && fault.direction === direction && passed + chunk.length > fault.afterBytes) {
          const rest = chunk.subarray(0, Math.max(0, fault.afterBytes - passed));
          passed += chunk.length;
          if (fault.does === "stall") {
            stalledWays.add(direction);
            stalled.add(end);
          }
          to.write(rest, () => {
            if (fault.does === "cut") end();
          });
          return;
        }
        passed += chunk.length;
        if (!to.destroyed && !to.write(chunk)) {
          from.pause();
          to.once("drain", () => from.resume());
        }
      });
      from.on("end", () => {
        if (!stalledWays.has(direction)) to.end();
      });
    };
    carry(client, server, "up");
    carry(server, client, "down");
  });
  await new Promise<void>((resolve) => listener.listen(port, "127.0.0.1", resolve));
  return {
    port,
    break(how) {
      broken = how;
      since += 1;
    },
    mend() {
      broken = undefined;
      since += 1;
      const ends = [...stalled];
      setTimeout(() => {
        for (const end of ends) end();
      }, FORGOTTEN_MS).unref();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}
