import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { conformsToContract, createMemoryHost, type Harness, type Offered, type Remote } from "guichet/conformance";
import { expect, test } from "vitest";
import { z } from "zod";
import definition from "./index.ts";

// Each sentence of the contract is one test, tried between a core in memory and a remote that speaks real HTTP.
const harness: Harness = {
  open: openRemote,
  lacks: {
    "arriving files": "the channel carries text",
    "leaving files": "the channel carries text",
    "arrival limit": "the channel carries text",
    news: "the remote tells at once or never",
    repeatable: "the remote does not say that it knows a message that comes twice",
  },
};
conformsToContract(definition, harness);

test("what makes no sense is refused, and what is against the rules", async () => {
  const host = createMemoryHost();
  const port = await freePort();
  const settings = { address: "town-hall", listen: { port }, url: "http://127.0.0.1:1" };
  const bridge = definition.create(definition.config.parse(settings), host);
  await bridge.start(new AbortController().signal);
  const post = async (body: unknown) =>
    (await fetch(`http://127.0.0.1:${port}`, { method: "POST", body: JSON.stringify(body) })).status;
  expect(await post({ id: 1 })).toBe(400);
  host.answer = () => "refused";
  expect(await post({ id: "1", from: { address: "anna" }, text: "Buy my pills" })).toBe(403);
  await bridge.stop(AbortSignal.timeout(1_000));
});

const message = z.object({ id: z.string(), text: z.string() });

async function openRemote(): Promise<Remote> {
  const received: z.output<typeof message>[] = [];
  let answer = (response: ServerResponse) => void response.writeHead(204).end();
  let server = await listen(0);
  const port = portOf(server);
  const listenPort = await freePort();

  async function listen(at: number) {
    const listening = createServer(async (request, response) => {
      const { id, text } = message.parse(await json(request));
      received.push({ id, text });
      answer(response);
    }).listen(at, "127.0.0.1");
    await once(listening, "listening");
    return listening;
  }
  async function end() {
    if (!server.listening) return;
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }

  const post = (body: object): Offered => {
    let isAcknowledged = false;
    fetch(`http://127.0.0.1:${listenPort}`, { method: "POST", body: JSON.stringify(body) })
      .then(({ ok }) => {
        isAcknowledged = ok;
      })
      .catch(() => undefined);
    return { isAcknowledged: () => isAcknowledged, again: async () => post(body) };
  };
  return {
    settings: {
      address: "town-hall",
      listen: { port: listenPort },
      url: `http://127.0.0.1:${port}`,
      token: "a-secret-token",
    },
    secrets: ["a-secret-token"],
    citizen: "anna",
    offer: async ({ name, text }) => post({ id: crypto.randomUUID(), from: { address: "anna", name }, text }),
    behave: (as) => {
      answer = (response) => {
        if (as === "silent") return;
        response.writeHead(as === "busy" ? 503 : as === "refusing" ? 404 : 204).end();
      };
    },
    received: () => received.map(({ id, text }) => ({ id, text, bytes: text.length })),
    goDown: end,
    comeBack: async () => {
      server = await listen(port);
    },
    close: end,
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = portOf(server);
  server.close();
  await once(server, "close");
  return port;
}

function portOf(server: ReturnType<typeof createServer>): number {
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("not listening");
  return address.port;
}
