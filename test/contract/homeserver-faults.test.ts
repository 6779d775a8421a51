import { createServer, type RequestListener, type Server } from "node:http";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nextTry } from "../../src/domain/back-off.ts";
import { roomId, userId } from "../../src/domain/ids.ts";
import { ArrivalError, judge } from "../../src/inbox/fault.ts";
import { HomeserverClient } from "../../src/matrix/homeserver-client.ts";
import { MatrixError } from "../../src/matrix/matrix-error.ts";
import { uploadMedia } from "../../src/matrix/media.ts";

const BOT = userId("@_guichet_bot:agents.test");
const ROOM = roomId("!hall");

// A double, because no real homeserver gives these answers on demand.
describe("faults of a homeserver, over HTTP", () => {
  let server: Server;
  let client: HomeserverClient;
  let answer: RequestListener = () => undefined;
  beforeAll(async () => {
    server = createServer((request, response) => answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    client = new HomeserverClient({ url: `http://127.0.0.1:${Object(address).port}`, token: "t" });
  });
  afterAll(async () => {
    await client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const fault = async (listener: RequestListener, timeoutMs = 5_000): Promise<MatrixError> => {
    answer = listener;
    const failed = await client
      .request({ method: "GET", path: "/x", as: BOT, timeoutMs })
      .catch((error: unknown) => error);
    if (!(failed instanceof MatrixError)) throw new Error("no MatrixError");
    return failed;
  };
  const says = (status: number, body: string, headers: Record<string, string> = {}): RequestListener => {
    return (_request, response) => response.writeHead(status, headers).end(body);
  };

  test.each([
    ["the header, in seconds", { "retry-after": "2" }, "{}", 2_000],
    ["the body, in milliseconds", {}, '{"retry_after_ms": 700}', 700],
    ["both: the header counts", { "retry-after": "3" }, '{"retry_after_ms": 700}', 3_000],
    ["a date, which no homeserver sends", { "retry-after": "Wed, 21 Oct 2026 07:28:00 GMT" }, "{}", undefined],
    ["more than an hour", { "retry-after": "999999999" }, "{}", 3_600_000],
    ["nonsense", {}, '{"retry_after_ms": -5}', undefined],
  ])("the wish to wait is read from %s", async (_name, headers, body, expected) => {
    const error = await fault(says(429, body, headers));
    expect(error.retryAfterMs).toBe(expected);
    expect(error).toMatchObject({ consequence: "retry", isRefusal: false, isUnreachable: false });
    const wait = nextTry(new Date(0), 1, { firstMs: 500, mostMs: 15_000, askedMs: error.retryAfterMs }).getTime();
    expect(wait).toBeGreaterThanOrEqual(expected ?? 400);
  });

  test.each([
    [
      "a proxy's page",
      says(502, "<html>Bad gateway"),
      { status: 502, errcode: "GUICHET_NO_ERRCODE", isUnreachable: true },
    ],
    ["no JSON", says(200, "hello"), { status: 0, errcode: "GUICHET_UNREACHABLE", isUnreachable: true }],
    ["a dropped connection", (request) => request.socket.destroy(), { status: 0, isUnreachable: true }],
    ["silence", () => undefined, { status: 0, isUnreachable: true }],
    ["a body that never ends", (_request, response) => response.write("{"), { status: 0, isUnreachable: true }],
    ["a refusal", says(403, '{"errcode":"M_FORBIDDEN"}'), { isForbidden: true, isRefusal: true, consequence: "retry" }],
    ["another as_token", says(401, '{"errcode":"M_UNKNOWN_TOKEN"}'), { isRefusal: false, consequence: "retry" }],
    ["too much", says(413, '{"errcode":"M_TOO_LARGE"}'), { consequence: "rejected" }],
    ["an errcode of no type", says(400, '{"errcode":7}'), { errcode: "GUICHET_NO_ERRCODE", consequence: "rejected" }],
  ] as readonly (readonly [string, RequestListener, object])[])(
    "%s is told by what follows from it",
    async (_name, listener, expected) => {
      expect(await fault(listener, 300)).toMatchObject(expected);
    },
  );

  test("one call is one request, with a name that a repetition keeps", async () => {
    const asked: string[] = [];
    answer = (request, response) => {
      asked.push(String(request.url));
      // Taken, and the answer lost.
      if (asked.length === 1) request.socket.destroy();
      else response.end('{"event_id":"$e"}');
    };
    const send = () => client.send(ROOM, "m.room.message", {}, { as: BOT, txnId: "g1", at: new Date(5) });
    await expect(send()).rejects.toMatchObject({ isUnreachable: true });
    expect(asked).toHaveLength(1);
    expect(await send()).toBe("$e");
    expect(asked[1]).toBe(asked[0]);
    expect(asked[0]).toContain("device_id=GUICHET&ts=5");
  });

  test("a stranger's names for a file don't break the request", async () => {
    const seen: unknown[] = [];
    answer = (request, response) => {
      seen.push(
        request.headers["content-type"],
        new URL(String(request.url), "http://x").searchParams.get("filename")?.length,
      );
      request.resume().on("end", () => response.end('{"content_uri":"mxc://a/b"}'));
    };
    const upload = (type: string, name: string) =>
      uploadMedia(client, { content: Readable.from([Buffer.from("x")]), size: 1, type, name, as: BOT });
    await upload("image/png", "a.png");
    await upload("image/ö\r\nx: y", `${"n".repeat(5_000)}\ud83d`);
    expect(seen).toEqual(["image/png", 5, "application/octet-stream", 255]);
  });
});

describe("what follows from a failed arrival", () => {
  const error = (status: number, errcode: string) => new MatrixError({ status, errcode });
  const judged = (fault: unknown, code: string | undefined, attempts: number) => judge(fault, { code, attempts });

  test("content that is refused is given up at the third attempt; an outage before does not count", () => {
    const refused = error(400, "M_BAD_JSON");
    expect(judged(refused, "GUICHET_UNREACHABLE", 40)).toMatchObject({ attempts: 1, hopeless: false });
    expect(judged(refused, "M_BAD_JSON", 1)).toMatchObject({ attempts: 2, hopeless: false });
    expect(judged(refused, "M_BAD_JSON", 2)).toMatchObject({ attempts: 3, hopeless: true });
  });

  test("a refusal by permission waits for a person, who is told once", () => {
    const told = Array.from(
      { length: 30 },
      (_, before) => judged(error(403, "M_FORBIDDEN"), "M_FORBIDDEN", before)?.tell,
    );
    expect(told.flatMap((tell, index) => (tell ? [index + 1] : []))).toEqual([5]);
    expect(judged(error(403, "M_FORBIDDEN"), "M_FORBIDDEN", 100)?.hopeless).toBe(false);
  });

  test("what a core of ours cannot compose is set aside, and errors of the store are not the message's", () => {
    const unfit = new ArrivalError("rejected", "COMPOSE_FAILED");
    expect(judged(unfit, "COMPOSE_FAILED", 2)?.hopeless).toBe(true);
    expect(judged(new ArrivalError("soon", "ROOM_UNKNOWN"), "ROOM_UNKNOWN", 99)?.wait.mostMs).toBe(15_000);
    expect(judged(new Error("connection lost"), undefined, 0)).toBeUndefined();
  });
});
