import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { pino } from "pino";
import { request } from "undici";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type AppserviceListener, listenForHomeserver } from "../../src/matrix/appservice.ts";
import { nameOurUsers } from "../../src/matrix/identity.ts";
import { selectEvents } from "../../src/matrix/incoming.ts";
import { makeRegistration } from "../../src/matrix/registration.ts";
import { type Database, openDatabase } from "../../src/store/database.ts";
import { type EmbeddedPostgres, startEmbedded } from "../../src/store/embedded.ts";
import { addEvents } from "../../src/store/matrix-event.ts";
import { migrate } from "../../src/store/migrate.ts";
import { freePort } from "../support/ports.ts";

const DOMAIN = "agents.test";
const users = nameOurUsers(DOMAIN, "_guichet_as");
const log = pino({ level: "silent" });
let counter = 0;
const event = (over: Record<string, unknown> = {}) => ({
  event_id: `$event-${++counter}`,
  room_id: "!hall",
  sender: "@agent:agents.test",
  type: "m.room.message",
  origin_server_ts: 1,
  content: { msgtype: "m.text", body: "hello" },
  ...over,
});

describe("the homeserver's door, as a homeserver knocks", { timeout: 60_000 }, () => {
  let folder: string;
  let embedded: EmbeddedPostgres;
  let database: Database;
  let listener: AppserviceListener;
  let port: number;
  let databasePort: number;
  const registration = makeRegistration({ url: "http://127.0.0.1:1", domain: DOMAIN, aliases: [] });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "guichet-door-"));
    [port, databasePort] = [await freePort(), await freePort()];
    embedded = await startEmbedded({ folder: join(folder, "postgres"), log, port: databasePort });
    database = await openDatabase({ url: embedded.url }, log);
    await migrate(database.durable);
    listener = await listenForHomeserver(parts());
  });
  afterAll(async () => {
    await listener?.close();
    await database?.close();
    await embedded?.stop();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(() => database.durable.deleteFrom("matrix_event").execute());

  const parts = () => ({
    registration,
    homeserver: { url: "http://127.0.0.1:1", domain: DOMAIN },
    bind: "127.0.0.1",
    port,
    log,
    onRefused: () => undefined,
    take: async (events: readonly unknown[]) => {
      await addEvents(database.durable, selectEvents(events, users));
    },
  });

  const call = async (
    method: "GET" | "PUT" | "POST",
    path: string,
    body?: unknown,
    token: string | undefined = `Bearer ${registration.hs_token}`,
  ) => {
    const answer = await request(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { "content-type": "application/json", ...(token ? { authorization: token } : {}) },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    return { status: answer.statusCode, body: await answer.body.json() };
  };
  const transact = (id: string, events: unknown) => call("PUT", `/_matrix/app/v1/transactions/${id}`, { events });
  const stored = () => database.durable.selectFrom("matrix_event").selectAll().orderBy("seq").execute();

  test("a transaction is one commit, and stands when it is acknowledged", async () => {
    const events = [event(), event({ type: "m.room.member", state_key: "@a:b" }), event(), event()];
    expect(await transact("1", events)).toEqual({ status: 200, body: {} });
    expect((await stored()).map((row) => row.event_id)).toEqual([0, 2, 3].map((index) => events[index]?.event_id));
    const { rows } = await sql`select distinct xmin::text from matrix_event`.execute(database.durable);
    expect(rows).toHaveLength(1);
  });

  test("events are known by their own ids, never by the transaction's", async () => {
    const [first, second, third] = [event(), event(), event()];
    await transact("7", [first]);
    // Repeated because our answer was lost; under another id after a restart; a used id with others behind it.
    await transact("7", [first]);
    await transact("8", [first, second, second]);
    await transact("7", [third]);
    expect((await stored()).map((row) => row.event_id)).toEqual([first, second, third].map((one) => one.event_id));
  });

  test("what our own users say, state, and what means nothing to a citizen never get in", async () => {
    const own = [users.bot, users.sender, users.fullId("_guichet_email_abc")].map((sender) => event({ sender }));
    const odd = [
      event({ type: "m.reaction" }),
      event({ state_key: "" }),
      event({ event_id: 7 }),
      event({ room_id: undefined }),
      event({ sender: null }),
      event({ event_id: `$${"x".repeat(5_000)}` }),
      "text",
      null,
      [],
    ];
    const stranger = event({ sender: "@_guichet_bot:elsewhere.test" });
    expect((await transact("1", [...own, ...odd, stranger])).status).toBe(200);
    expect((await stored()).map((row) => row.event_id)).toEqual([stranger.event_id]);
  });

  test("no text that an event may hold is refused by the store", async () => {
    const body = "nul \0, half \ud83d, other half \ude00, whole 😀, written out \\u0000 \\ud83d, \\\\\0";
    const odd = { msgtype: "m.text", body, "key \0 \ud83d": { "\0": ["\0", 1e300, -0, null] } };
    expect((await transact("1", [event({ content: odd }), event()])).status).toBe(200);
    const [first, second] = await stored();
    expect(first?.event?.content).toMatchObject({
      body: "nul \ufffd, half \ufffd, other half \ufffd, whole 😀, written out \\u0000 \\ud83d, \\\\\ufffd",
    });
    expect(second).toBeDefined();
  });

  test("a hundred events of the largest size are taken, and more than the store takes at once", async () => {
    const large = Array.from({ length: 110 }, () =>
      event({ content: { msgtype: "m.text", body: "é".repeat(31_000) } }),
    );
    expect((await transact("1", large)).status).toBe(200);
    const many = Array.from({ length: 20_000 }, () => event());
    await addEvents(database.durable, selectEvents(many, users));
    expect(await stored()).toHaveLength(20_110);
  });

  test.each([
    ["another token", `Bearer ${"x".repeat(64)}`],
    ["the homeserver's own token of us", `Bearer ${registration.as_token}`],
    ["another scheme", `Basic ${registration.hs_token}`],
    ["an empty token", "Bearer "],
    ["no token", ""],
  ])("%s is refused everywhere", async (_name, token) => {
    for (const [method, path, body] of [
      ["PUT", "/_matrix/app/v1/transactions/1", { events: [event()] }],
      ["POST", "/_matrix/app/v1/ping", {}],
      ["GET", "/_matrix/app/v1/users/@_guichet_bot:agents.test", undefined],
      ["GET", "/_matrix/app/v1/rooms/%23hall:agents.test", undefined],
    ] as const) {
      expect(await call(method, path, body, token)).toMatchObject({ status: 403, body: { errcode: "M_FORBIDDEN" } });
      // Nor does a token in the query count, which logs would keep.
      const inQuery = `${path}?access_token=${registration.hs_token}`;
      expect((await call(method, inQuery, body, token)).status).toBe(403);
    }
    expect(await stored()).toEqual([]);
  });

  test.each([
    ["no JSON", "{", 400, "M_NOT_JSON"],
    ["a text", '"events"', 400, "M_NOT_JSON"],
    ["a list", "[]", 400, "M_BAD_JSON"],
    ["no events", "{}", 400, "M_BAD_JSON"],
    ["events that are none", '{"events": {"length": 1}}', 400, "M_BAD_JSON"],
    ["nothing", "", 400, "M_BAD_JSON"],
    ["bytes", "\0\u0001\u0002", 400, "M_NOT_JSON"],
    ["too much", `{"events": ["${"x".repeat(33 * 1024 * 1024)}"]}`, 413, "M_TOO_LARGE"],
  ])("a body with %s gets a standard error", async (_name, body, status, errcode) => {
    expect(await call("PUT", "/_matrix/app/v1/transactions/1", body)).toMatchObject({ status, body: { errcode } });
    expect((await transact("2", [event()])).status).toBe(200);
  });

  test("a ping is answered; users, rooms and endpoints that don't exist are denied", async () => {
    expect(await call("POST", "/_matrix/app/v1/ping", { transaction_id: "t" })).toEqual({ status: 200, body: {} });
    for (const path of ["users/@_guichet_email_new:agents.test", "rooms/%23new:agents.test"])
      expect(await call("GET", `/_matrix/app/v1/${path}`)).toMatchObject({
        status: 404,
        body: { errcode: "M_NOT_FOUND" },
      });
    expect(await call("GET", "/_matrix/app/v1/nothing")).toMatchObject({
      status: 404,
      body: { errcode: "M_UNRECOGNIZED" },
    });
    expect(await database.durable.selectFrom("ghost").selectAll().execute()).toEqual([]);
  });

  test("a store that is away is no success, and the repetition is taken once", async () => {
    const events = [event(), event()];
    await embedded.stop();
    expect(await transact("9", events)).toMatchObject({ status: 503, body: { errcode: "GUICHET_STORE_FAILED" } });
    embedded = await startEmbedded({ folder: join(folder, "postgres"), log, port: databasePort });
    expect((await transact("9", events)).status).toBe(200);
    expect((await transact("9", events)).status).toBe(200);
    expect(await stored()).toHaveLength(2);
  });

  test("a taken port is said in one sentence, with the cure", async () => {
    await expect(listenForHomeserver(parts())).rejects.toMatchObject({
      code: "APPSERVICE_PORT",
      message: expect.stringContaining(`127.0.0.1:${port} is taken`),
    });
  });
});
