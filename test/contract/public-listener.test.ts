import { createServer } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openRouteTable, type RouteTable } from "../../src/adapter/route-table.ts";
import type { Door } from "../../src/http/answer-visit.ts";
import { type ListenerLimits, listenPublic, type PublicListener } from "../../src/http/listen-public.ts";
import { freePort } from "../support/ports.ts";

/** The public listener as visitors meet it: over sockets. */
describe("the public listener", () => {
  let port: number;
  let table: RouteTable;
  let listener: PublicListener | undefined;
  let blamed: unknown[];
  beforeEach(async () => {
    port = await freePort();
    table = openRouteTable();
    blamed = [];
  });
  afterEach(async () => {
    await listener?.close();
    listener = undefined;
  });

  const find = (channel: string, method: string, path: string): Door => {
    if (channel === "off") return { is: "closed" };
    if (channel !== "form") return { is: "nothing" };
    const match = table.find(method, path);
    return match.is === "route" ? { ...match, blame: (error) => void blamed.push(error) } : match;
  };
  const open = async (
    more: { url?: string; trustedProxies?: readonly string[]; limits?: Partial<ListenerLimits> } = {},
  ) => {
    listener = await listenPublic({
      url: `http://127.0.0.1:${port}`,
      bind: "127.0.0.1",
      port,
      trustedProxies: [],
      log: pino({ level: "silent" }),
      find,
      findFile: async () => "unknown",
      ...more,
    });
  };
  const ask = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${port}${path}`, init);
  /** Sends bytes as they are, and reads until the other side closes. */
  const speak = (...pieces: readonly string[]) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(port, "127.0.0.1");
      let heard = "";
      socket.on("data", (data) => {
        heard += String(data);
      });
      socket.on("error", reject);
      socket.on("close", () => resolve(heard));
      for (const piece of pieces) socket.write(piece);
    });

  test("a route is asked with the outside address, the visitor's and its parameters", async () => {
    table.on("GET", "/case/:token/:page", (request, { peer, parameters }) =>
      Response.json({ url: request.url, peer, parameters, method: request.method }),
    );
    await open({ url: "https://town.example/counter" });
    const answer = await ask("/counter/form/case/a%20b/2?q=1");
    expect(await answer.json()).toEqual({
      url: "https://town.example/counter/form/case/a%20b/2?q=1",
      peer: "127.0.0.1",
      parameters: { token: "a b", page: "2" },
      method: "GET",
    });
    expect(answer.headers.get("strict-transport-security")).toMatch(/max-age/);
    expect((await ask("/form/case/a/2")).status).toBe(404);
  });

  test("headers are strict unless the handler says otherwise; HEAD is answered as GET", async () => {
    table.on("GET", "/", () => new Response("plain"));
    table.on("GET", "/frame", () => new Response("plain", { headers: { "content-security-policy": "x" } }));
    await open();
    const plain = await ask("/form");
    expect(plain.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(plain.headers.get("x-content-type-options")).toBe("nosniff");
    expect(plain.headers.get("cache-control")).toBe("no-store");
    expect(plain.headers.get("strict-transport-security")).toBeNull();
    expect((await ask("/form/frame")).headers.get("content-security-policy")).toBe("x");
    const head = await ask("/form/", { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });

  test.each([
    ["an unknown channel", "GET", "/other/", 404],
    ["no channel", "GET", "/", 404],
    ["an unknown page", "GET", "/form/x/../../../etc/passwd", 404],
    ["an address that cannot be decoded", "GET", "/form/case/%E0%A4%A", 404],
    ["another method", "PUT", "/form/send", 405],
    ["a channel that does not run", "POST", "/off/send", 503],
  ])("%s gets a proper page", async (_name, method, path, status) => {
    table.on("POST", "/send", () => new Response("sent"));
    table.on("GET", "/case/:token", () => new Response("case"));
    await open();
    const answer = await ask(path, { method, headers: { "accept-language": "fr-CH, en;q=0.5" } });
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(await answer.text()).toMatch(/<html lang="fr">[\s\S]*<h1>/);
    if (status === 405) expect(answer.headers.get("allow")).toBe("POST");
    if (status === 503) expect(answer.headers.get("retry-after")).toBe("30");
  });

  test("a body up to the limit is read, a larger one gets 413, said before or found out", async () => {
    table.on("POST", "/send", async (request) => new Response(`${(await request.bytes()).length}`), { bodyBytes: 100 });
    await open();
    const send = (body: RequestInit["body"]) =>
      ask("/form/send", { method: "POST", body: body ?? null, duplex: "half" });
    expect(await (await send("x".repeat(100))).text()).toBe("100");
    expect((await send("x".repeat(101))).status).toBe(413);
    const streamed = (pieces: number) =>
      ReadableStream.from(Array.from({ length: pieces }, () => new TextEncoder().encode("x".repeat(10))));
    expect(await (await send(streamed(10))).text()).toBe("100");
    expect((await send(streamed(11))).status).toBe(413);
    expect(blamed).toEqual([]);
  });

  test("a handler that throws gets 500 without a word of it, and is blamed", async () => {
    table.on("GET", "/throws", () => {
      throw new Error("secret words");
    });
    table.on("GET", "/rejects", async () => Promise.reject(new Error("secret words")));
    table.on("GET", "/error", () => Response.error());
    await open();
    for (const path of ["/form/throws", "/form/rejects", "/form/error"]) {
      const answer = await ask(path);
      expect(answer.status).toBe(500);
      expect(await answer.text()).not.toContain("secret");
    }
    expect(blamed).toHaveLength(3);
  });

  test("a handler that never answers gets 503; an answer that fails half way is cut", async () => {
    table.on("GET", "/never", () => new Promise(() => undefined));
    table.on("GET", "/half", () => {
      const pieces = async function* () {
        yield new TextEncoder().encode("half");
        await sleep(50);
        throw new Error("secret words");
      };
      return new Response(ReadableStream.from(pieces()), { headers: { "content-length": "1000" } });
    });
    await open({ limits: { silentMs: 200 } });
    expect((await ask("/form/never")).status).toBe(503);
    const heard = await speak("GET /form/half HTTP/1.1\r\nhost: a\r\n\r\n");
    expect(heard).toMatch(/\r\n\r\nhalf$/);
    expect(blamed).toHaveLength(2);
  });

  test("slow heads and bodies end in time; a visitor who leaves is told to the handler", async () => {
    let left = false;
    table.on("POST", "/send", async (request) => new Response(await request.text()));
    table.on("POST", "/long", async (request) => {
      await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
      left = true;
      return new Response(null);
    });
    await open({ limits: { headMs: 300, idleMs: 300 } });
    expect(await speak("GET /form HTTP/1.1\r\nhost: a\r\n")).toMatch(/^HTTP\/1.1 408 [\s\S]*<h1>/);
    const slow = "POST /form/send HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 10\r\n\r\nabc";
    expect(await speak(slow)).toMatch(/^HTTP\/1.1 408 [\s\S]*<h1>/);
    const pieces =
      "POST /form/send HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n";
    expect(await speak(pieces)).toMatch(/^HTTP\/1.1 408 [\s\S]*<h1>/);
    expect(await speak("nonsense\r\n\r\n")).toMatch(/^HTTP\/1.1 400 [\s\S]*<h1>/);
    expect(await speak(`GET / HTTP/1.1\r\nx: ${"y".repeat(40_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 431 /);
    const leaving = new AbortController();
    const asked = ask("/form/long", { method: "POST", body: "x", signal: leaving.signal });
    await sleep(100);
    leaving.abort();
    await expect(asked).rejects.toThrow();
    await expect.poll(() => left, { timeout: 5_000 }).toBe(true);
    expect(blamed).toEqual([]);
  });

  test.each([
    ["nobody's word", [], "203.0.113.9", "127.0.0.1"],
    ["a trusted proxy's", ["127.0.0.1"], "203.0.113.9", "203.0.113.9"],
    ["the last one that is trusted", ["127.0.0.0/8", "10.0.0.0/8"], "1.1.1.1, 203.0.113.9, 10.0.0.7", "203.0.113.9"],
    ["IPv6 with a port", ["127.0.0.1"], "[2001:db8::1]:4711", "2001:db8::1"],
    ["IPv4 in IPv6", ["127.0.0.1"], "::ffff:203.0.113.9", "203.0.113.9"],
    ["nonsense", ["127.0.0.1"], "203.0.113.9, <script>", "127.0.0.1"],
  ])("whose request it is: %s", async (_name, trustedProxies, forwarded, peer) => {
    table.on("GET", "/", (_request, visit) => new Response(visit.peer));
    await open({ trustedProxies });
    expect(await (await ask("/form", { headers: { "x-forwarded-for": forwarded } })).text()).toBe(peer);
  });

  test("the end waits for a request that runs, and takes no other", async () => {
    table.on("GET", "/", async () => {
      await sleep(300);
      return new Response("done");
    });
    await open();
    const running = ask("/form");
    await sleep(100);
    const closed = listener?.close();
    expect(await (await running).text()).toBe("done");
    await closed;
    await expect(ask("/form")).rejects.toThrow();
  });

  test("a taken port is one sentence with the cure", async () => {
    const other = createServer().listen(port, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    await expect(open()).rejects.toThrow(
      `127.0.0.1:${port} is taken, so citizens cannot reach guichet: end the other program or set public.bind and public.port.`,
    );
    await new Promise((resolve) => other.close(resolve));
  });
});
