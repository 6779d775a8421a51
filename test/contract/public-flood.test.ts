import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { RoutePace, WaitPage } from "../../src/adapter/index.ts";
import { openRouteTable, type RouteTable } from "../../src/adapter/route-table.ts";
import { listenPublic, type PublicListener } from "../../src/http/listen-public.ts";
import { freePort } from "../support/ports.ts";

const MIB = 1024 * 1024;
const PAGE: WaitPage = {
  headers: { "content-type": "text/html; charset=utf-8", "content-language": "pl", "referrer-policy": "same-origin" },
  body: "<h1>Proszę czekać</h1>",
};

let port: number;
let table: RouteTable;
let listener: PublicListener;
let handled: number;
beforeEach(async () => {
  port = await freePort();
  table = openRouteTable();
  handled = 0;
  listener = await listenPublic({
    url: `http://127.0.0.1:${port}/at`,
    bind: "127.0.0.1",
    port,
    trustedProxies: [],
    log: pino({ level: "silent" }),
    find: (channel, method, path) => {
      const match = channel === "form" ? table.find(method, path) : ({ is: "nothing" } as const);
      return match.is === "route" ? { ...match, blame: () => undefined } : match;
    },
    findFile: async () => "unknown",
  });
});
afterEach(() => listener.close());

/** Takes so many, and two a minute after them. */
function take(most: number, page?: RoutePace["page"], path = "/") {
  const pace = { perSecond: most / 2, waitSeconds: 60, ...(page === undefined ? {} : { page }) };
  table.on(
    "POST",
    path,
    async (asked) => {
      handled += 1;
      return new Response(`${(await asked.bytes()).length}`);
    },
    { bodyBytes: 4 * MIB, pace },
  );
  return pace;
}
const ask = (path = "/at/form", init: RequestInit = {}) =>
  fetch(`http://127.0.0.1:${port}${path}`, { method: "POST", body: "x", ...init });

test("what comes faster than a route takes is told to wait, by the bridge's page; other routes do not feel it", async () => {
  const asked: unknown[] = [];
  take(4, (language) => {
    asked.push(language);
    return PAGE;
  });
  table.on("POST", "/other", () => new Response("other"));
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => ask("/at/form?lang=pl", { headers: { "accept-language": "de" } })),
  );
  const late = answers.filter(({ status }) => status === 503);
  expect(answers.map(({ status }) => status).filter((status) => status === 200).length).toBe(handled);
  // On a slow machine the others come late enough for one or two more.
  expect(handled).toBeGreaterThanOrEqual(4);
  expect(late.length).toBeGreaterThanOrEqual(12);
  for (const answer of late) {
    expect(await answer.text()).toBe(PAGE.body);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "retry-after": "60",
      "content-language": "pl",
      "referrer-policy": "same-origin",
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
      "content-security-policy": expect.stringContaining("default-src 'none'"),
    });
  }
  expect(asked[0]).toEqual({ search: "?lang=pl", acceptLanguage: "de" });
  expect(await (await ask("/at/form/other")).text()).toBe("other");
  expect((await ask("/at/form", { method: "GET", body: null })).status).toBe(405);
  await sleep(600);
  expect((await ask()).status).toBe(200);
});

test("without a page of the bridge guichet's own is shown, in the visitor's language", async () => {
  take(2, () => undefined);
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => ask("/at/form", { headers: { "accept-language": "fr" } })),
  );
  const late = answers.find(({ status }) => status === 503);
  expect(await late?.text()).toContain('<html lang="fr">');
});

test("routes with the same pace share it, whatever their addresses look like", async () => {
  const pace = take(2);
  table.on("POST", "/case/:link", () => new Response("case"), { pace });
  for (const path of ["/at/form", "/at/form/case/a"]) expect((await ask(path)).status).toBe(200);
  const roundabout = [
    `POST /at/x/../form HTTP/1.1`,
    `POST http://127.0.0.1:${port}/at/form HTTP/1.1`,
    `POST /at/form/case/%61?x HTTP/1.1`,
  ];
  for (const line of roundabout) {
    // No wait in between: two requests a second are taken.
    const socket = connect(port, "127.0.0.1");
    socket.end(`${line}\r\nhost: 127.0.0.1:${port}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
    expect((await text(socket)).slice(0, 12)).toMatch(/^HTTP\/1\.1 (503|200)/);
  }
  const answers = await Promise.all([...Array(8)].map(() => ask("/at/form/case/b")));
  expect(answers.filter(({ status }) => status === 503).length).toBeGreaterThanOrEqual(6);
});

/** Posts over one connection. */
async function post(agent: Agent, bytes: number): Promise<IncomingMessage> {
  const sent = request({ port, host: "127.0.0.1", path: "/at/form", method: "POST", agent });
  sent.setHeader("content-length", bytes);
  sent.end(Buffer.alloc(bytes));
  const [answer]: IncomingMessage[] = await once(sent, "response");
  if (answer === undefined) throw new Error("no answer");
  return answer;
}

test("a small body is thrown away and the connection stays; a large one is read on, so that its sender sees the page", async () => {
  take(0.02, () => PAGE);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const sockets = new Set<unknown>();
    for (let number = 0; number < 5; number += 1) {
      const answer = await post(agent, 50_000);
      expect(answer.statusCode).toBe(503);
      sockets.add(answer.socket.localPort);
      expect(await text(answer)).toBe(PAGE.body);
    }
    expect(sockets.size).toBe(1);
    const large = await post(agent, 4 * MIB);
    expect([large.statusCode, large.headers.connection, await text(large)]).toEqual([503, "close", PAGE.body]);
    expect(handled).toBe(0);
  } finally {
    agent.destroy();
  }
});

test("whoever sends more than the route ever takes is cut off after the page", async () => {
  take(0.02, () => PAGE);
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write("POST /at/form HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
  let heard = "";
  socket.on("data", (piece) => {
    heard += String(piece);
  });
  const closed = new Promise((resolve) => socket.once("close", resolve));
  const piece = Buffer.concat([Buffer.from("10000\r\n"), Buffer.alloc(65_536), Buffer.from("\r\n")]);
  let pieces = 0;
  for (; pieces < 4_000 && !socket.destroyed; pieces += 1) {
    if (!socket.write(piece)) await Promise.race([new Promise((drained) => socket.once("drain", drained)), closed]);
  }
  await closed;
  expect(heard).toContain("Proszę");
  expect(pieces).toBeLessThan(4_000);
});
