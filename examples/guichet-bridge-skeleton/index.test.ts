import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { text } from "node:stream/consumers";
import { type Acceptance, type Bridge, DeliveryError, type InboundMessage } from "guichet/adapter";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import definition from "./index.ts";

// The bridge between a core in memory and a remote that speaks real HTTP.
let bridge: Bridge;
let remote: Server;
let url: string;
let taken: InboundMessage[];
let posted: string[];
let status: number;
let answer: () => Acceptance;
const never = new AbortController().signal;

beforeEach(async () => {
  taken = [];
  posted = [];
  status = 204;
  answer = () => "accepted";
  remote = createServer(async (request, response) => {
    posted.push(await text(request));
    // Nobody keeps a connection: a remote that is away is met by the next one.
    response.writeHead(status, { connection: "close" }).end();
  });
  remote.listen(0, "127.0.0.1");
  await once(remote, "listening");
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  bridge = definition.create(
    definition.config.parse({ address: "town-hall", listen: { port }, url: `http://127.0.0.1:${portOf(remote)}` }),
    {
      channel: "town-skeleton",
      languages: ["en"],
      log: pino({ level: "silent" }),
      now: () => new Date(),
      notes: { get: async () => undefined, set: async () => undefined },
      lease: (_name, run) => run(never),
      inbox: {
        async accept(message) {
          const acceptance = answer();
          taken.push(message);
          return acceptance;
        },
        receipt: async () => "unknown",
      },
    },
  );
  await bridge.start(never);
  expect(bridge.health().state).toBe("up");
});

afterEach(async () => {
  await bridge.stop(AbortSignal.timeout(1_000));
  await bridge.stop(AbortSignal.timeout(1_000));
  expect(bridge.health().state).toBe("stopped");
  remote.close();
});

const post = async (body: unknown) => (await fetch(url, { method: "POST", body: JSON.stringify(body) })).status;
const send = () =>
  bridge.send?.(
    {
      deliveryId: "d-1",
      attempt: 1,
      fromName: "Town Hall",
      to: { address: "anna" },
      text: "Until noon.",
      attachments: [],
      thread: { token: "t-1", references: [] },
      writtenAt: new Date(),
    },
    never,
  );
const ending = async () => {
  const fault = await Promise.resolve(send()).then(
    () => undefined,
    (error: unknown) => error,
  );
  return fault instanceof DeliveryError ? `${fault.consequence} ${fault.code}` : fault;
};

test("a message is acknowledged when it is stored", async () => {
  expect(await post({ id: "1", from: { address: "anna", name: "Anna" }, text: "Good day" })).toBe(204);
  expect(taken).toMatchObject([{ dedupeKey: "1", from: { address: "anna" }, to: "town-hall", text: "Good day" }]);
});

test("a message that cannot be stored now, is refused or makes no sense is not", async () => {
  const message = { id: "1", from: { address: "anna" }, text: "Good day" };
  answer = () => {
    throw new Error("no database");
  };
  expect(await post(message)).toBe(503);
  answer = () => "refused";
  expect(await post(message)).toBe(403);
  expect(await post({ id: 1 })).toBe(400);
});

test("an answer leaves once the remote has it", async () => {
  expect(await send()).toEqual({ remoteId: "d-1" });
  expect(posted.map((body) => JSON.parse(body))).toEqual([{ id: "d-1", to: "anna", text: "Until noon." }]);
});

test("a remote that refuses, is busy or is away: rejected, retry, retry", async () => {
  status = 404;
  expect(await ending()).toBe("rejected SKELETON_HTTP_404");
  status = 503;
  expect(await ending()).toBe("retry SKELETON_HTTP_503");
  remote.closeAllConnections();
  remote.close();
  await once(remote, "close");
  expect(await ending()).toBe("retry SKELETON_REMOTE");
  expect(bridge.health()).toMatchObject({ state: "degraded", reason: "SKELETON_REMOTE" });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = portOf(server);
  server.close();
  await once(server, "close");
  return port;
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("not listening");
  return address.port;
}
