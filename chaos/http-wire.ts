import { Agent, createServer, type IncomingHttpHeaders, request } from "node:http";
import { buffer } from "node:stream/consumers";
import { freePort } from "../test/support/ports.ts";

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders | Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What becomes of one request: passes it on by `pass`, once, more often or not at all. */
export type Handling = (asked: Asked, pass: () => Promise<Answered>) => Promise<Answered>;

/** A proxy that reads what passes. */
export interface HttpWire {
  readonly port: number;
  /** Undefined: all passes. */
  handling: Handling | undefined;
  close(): Promise<void>;
}

/** @param serverPort may be told later than the wire is there. */
export async function openHttpWire(serverPort: () => number): Promise<HttpWire> {
  const port = await freePort();
  const agent = new Agent({ keepAlive: true });
  const pass = (asked: Asked) =>
    new Promise<Answered>((resolve, reject) => {
      const { method, path, headers, body } = asked;
      const sent = request({ host: "127.0.0.1", port: serverPort(), method, path, headers, agent }, (answer) => {
        buffer(answer).then(
          (read) => resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: read }),
          reject,
        );
      });
      sent.once("error", reject);
      sent.end(body);
    });
  const server = createServer(async (incoming, response) => {
    try {
      const body = await buffer(incoming);
      const asked = { method: incoming.method ?? "GET", path: incoming.url ?? "/", headers: incoming.headers, body };
      const through = () => pass(asked);
      const { status, headers, body: answer } = await (wire.handling ?? ((_asked, on) => on()))(asked, through);
      // The body is whole here, whatever its framing was.
      const { "transfer-encoding": _framing, connection: _connection, ...kept } = headers;
      response.writeHead(status, { ...kept, "content-length": String(answer.length) }).end(answer);
    } catch {
      // As a broken connection: whoever asked does not know how far it came.
      incoming.socket.destroy();
    }
  });
  server.keepAliveTimeout = 60_000;
  const wire: HttpWire = {
    port,
    handling: undefined,
    async close() {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return wire;
}

export const refuse = (status: number, body: Readonly<Record<string, unknown>>): Answered => ({
  status,
  headers: { "content-type": "application/json" },
  body: Buffer.from(JSON.stringify(body)),
});
