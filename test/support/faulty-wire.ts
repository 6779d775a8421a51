import { connect, createServer, type Socket } from "node:net";
import { freePort } from "./ports.ts";

/** What happens to one connection, once the server has sent so many bytes over it. */
export type WireFault =
  /** Both ends see it closed. */
  | { readonly does: "cut"; readonly afterBytes: number }
  /** Half open: nothing passes any more, and nobody is told. */
  | { readonly does: "stall"; readonly afterBytes: number }
  /** All passes, in small pieces with a pause after each. */
  | { readonly does: "slow"; readonly pieceBytes: number; readonly pauseMs: number }
  | { readonly does: "nothing" };

/** A wire on the way to a server, which breaks as it is told. */
export interface FaultyWire {
  readonly port: number;
  /** Connections so far. */
  readonly connections: number;
  close(): Promise<void>;
}

/** @param next decides the fate of each new connection. @param wishedPort left out: a free one. */
export async function openFaultyWire(
  serverPort: number,
  next: () => WireFault,
  wishedPort?: number,
): Promise<FaultyWire> {
  const port = wishedPort ?? (await freePort());
  const sockets = new Set<Socket>();
  let connections = 0;
  const listener = createServer((client) => {
    connections += 1;
    const server = connect(serverPort, "127.0.0.1");
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
    }
    const fault = next();
    let isStalled = false;
    const end = () => {
      if (isStalled) return;
      client.destroy();
      server.destroy();
    };
    client.on("close", end);
    server.on("close", end);
    client.on("data", (chunk) => {
      if (!isStalled) server.write(chunk);
    });
    let sent = 0;
    server.on("data", (chunk: Buffer) => {
      if (isStalled) return;
      if (fault.does === "slow") return trickle(server, client, chunk, fault);
      sent += chunk.length;
      const isBroken = (fault.does === "cut" || fault.does === "stall") && sent >= fault.afterBytes;
      client.write(isBroken ? chunk.subarray(0, Math.floor(chunk.length / 2)) : chunk, () => {
        if (isBroken && fault.does === "cut") end();
      });
      isStalled = isBroken && fault.does === "stall";
    });
  });
  await new Promise<void>((resolve) => listener.listen(port, "127.0.0.1", resolve));
  return {
    port,
    get connections() {
      return connections;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}

function trickle(from: Socket, to: Socket, chunk: Buffer, fault: { pieceBytes: number; pauseMs: number }): void {
  from.pause();
  const send = (at: number) => {
    if (to.destroyed) return;
    if (at >= chunk.length) return void from.resume();
    to.write(chunk.subarray(at, at + fault.pieceBytes));
    setTimeout(() => send(at + fault.pieceBytes), fault.pauseMs);
  };
  send(0);
}
