import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { countRequests } from "../../bench/requests.ts";
import { isRecord } from "../../src/domain/is-record.ts";
import { type CatchUpParts, catchUp } from "../../src/matrix/catch-up.ts";
import { HomeserverClient } from "../../src/matrix/homeserver-client.ts";
import { nameOurUsers } from "../../src/matrix/identity.ts";
import { readTokens } from "../../src/matrix/registration.ts";
import { type Database, openDatabase } from "../../src/store/database.ts";
import { type EmbeddedPostgres, startEmbedded } from "../../src/store/embedded.ts";
import type { IncomingEvent } from "../../src/store/matrix-event.ts";
import { type House, openHouse } from "../support/house.ts";
import { missing } from "../support/needs.ts";

const lacking = missing("synapse");
const MEGABYTE = 1024 * 1024;

describe.skipIf(lacking)(`outages of the homeserver and of guichet ${lacking ?? ""}`, () => {
  const log = pino({ level: "silent" });
  let folder: string;
  let embedded: EmbeddedPostgres;
  let database: Database;
  let house: House;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "guichet-restarts-"));
    embedded = await startEmbedded({ folder: join(folder, "postgres"), log });
    database = await openDatabase({ url: embedded.url }, log);
    house = await openHouse({
      config: { database: { url: embedded.url } },
      synapseLog: "INFO",
      // An old room version, in which redactions look different.
      synapseConfig: { max_upload_size: "1M", default_room_version: "10" },
    });
  });
  afterAll(async () => {
    await house?.close();
    await database?.close();
    await embedded?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const begin = async (from: string) => {
    await house.mail({ from, subject: from, messageId: `<${from}>`, text: `Begin of ${from}.` });
    return (await house.arrival(`Begin of ${from}.`)).event_id;
  };
  const answer = (root: string, text: string) => house.agent.reply(house.room, root, text, root);
  /** Numbers of the answers that left, in their order. */
  const left = (word: string) =>
    house.sink.mails.flatMap(({ raw }) => new RegExp(`${word}-(\\d+)\\.`).exec(raw)?.[1] ?? []).map(Number);
  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

  test("what a killed homeserver forgot to tell is fetched, past the limit of a sync, once and in order", async () => {
    const root = await begin("ann@example.org");
    await answer(root, "before.");
    await house.sent(1);
    const count = 12;
    // guichet is slow: one transaction is under way, and all the others wait in Synapse's memory.
    process.kill(house.guichet.pid, "SIGSTOP");
    for (const number of upTo(count)) {
      await answer(root, `killed-${number}.`);
      await Promise.all(upTo(10).map((line) => house.agent.sendText(house.room, `chatter ${line}`)));
    }
    await house.synapse.restart({ signal: "SIGKILL" });
    const asked = countRequests(house.synapse.log, (line) => line.includes("@_guichet_bot"));
    asked.take();
    // Newer words come by a transaction, at once; they must not overtake what is fetched.
    await answer(root, `killed-${count}.`);
    process.kill(house.guichet.pid, "SIGCONT");
    await house.sent(count + 2, 40_000);
    expect(left("killed")).toEqual(upTo(count + 1));
    expect(asked.take().get("GET /messages")).toBeGreaterThan(0);
  }, 90_000);

  test("the safety net fetches what people wrote in a busy room, and leaves our own echo where it is", async () => {
    const registration = join(house.folder, "registration.yaml");
    const client = new HomeserverClient({ url: house.synapse.url, token: readTokens(registration).as_token });
    const users = nameOurUsers("agents.test", "guichet");
    const taken: IncomingEvent[] = [];
    let token: string | undefined;
    const parts: CatchUpParts = {
      client,
      users,
      take: async (events) => void taken.push(...events),
      signal: new AbortController().signal,
      readToken: async () => token,
      writeToken: async (written) => {
        token = written;
      },
    };
    await catchUp(parts, "people");
    const mail = (number: number) =>
      house.mail({ from: `net${number % 5}@example.org`, subject: "Net", text: `Net ${number}.` });
    for (const number of upTo(3)) {
      await house.agent.sendText(house.room, `net-${number}.`);
      await Promise.all(upTo(20).map((each) => mail(20 * number + each)));
    }
    await Promise.all(upTo(60).map((number) => house.arrival(`Net ${number}.`)));
    const asked = countRequests(house.synapse.log, (line) => line.includes("@_guichet_bot"));
    asked.take();
    expect(await catchUp(parts, "people")).toBe(3);
    expect(taken.map(({ event }) => isRecord(event.content) && event.content.body)).toEqual(
      upTo(3).map((number) => `net-${number}.`),
    );
    expect(asked.take().get("GET /messages")).toBeLessThanOrEqual(2);
    expect(await catchUp(parts, "people")).toBe(0);
    await client.close();
  }, 60_000);

  test("answers that were written while guichet was down leave at once when it is up, over a restart too", async () => {
    const root = await begin("ben@example.org");
    await house.guichet.end("SIGTERM");
    for (const number of upTo(3)) await answer(root, `down-${number}.`);
    // What is queued now is lost with this restart; what follows finds Synapse backing off from us.
    await house.synapse.restart();
    for (const number of [3, 4]) await answer(root, `down-${number}.`);
    await answer(root, "!note stays");
    const redacted = await answer(root, "down-9.");
    await house.agent.redact(house.room, redacted);
    const before = house.sink.mails.length;
    await house.guichet.start();
    const up = Date.now();
    await house.sent(before + 5);
    expect(Date.now() - up).toBeLessThan(10_000);
    await answer(root, "down-5.");
    await house.sent(before + 6);
    expect(left("down")).toEqual(upTo(6));
    // Synapse asked us because we asked it to, and has ended its back-off.
    const pinged = / 200 "POST \/_matrix\/client\/v1\/appservice\/guichet\/ping/;
    await expect.poll(() => readFileSync(house.synapse.log, "utf8")).toMatch(pinged);
    // Both ways meet in one table, where nothing waits.
    const { rows } = await sql<{ events: string; waiting: string }>`
      select count(*) as events, count(*) filter (where state = 'waiting') as waiting from matrix_event`.execute(
      database.durable,
    );
    const said = (await house.agent.messages(house.room)).filter(
      ({ sender, type }) => sender === house.agent.userId && type === "m.room.message",
    );
    expect(Number(rows[0]?.events)).toBeGreaterThanOrEqual(said.length);
    expect(rows[0]?.waiting).toBe("0");
  }, 60_000);

  test("mails that arrive without a homeserver are accepted, and shown in order with their own time", async () => {
    await begin("cleo@example.org");
    await house.synapse.stop("SIGKILL");
    for (const number of upTo(4))
      await house.mail({ from: "cleo@example.org", inReplyTo: "<cleo@example.org>", text: `waited-${number}.` });
    await house.mail({ from: "poison@example.org", text: "poison" });
    await house.mail({ from: "poison@example.org", text: "behind the poison" });
    // An outage of two hours; and an arrival from before the epoch, which Synapse refuses.
    await sql`update inbox set received_at = received_at - interval '2 hours' where state = 'waiting'`.execute(
      database.durable,
    );
    await sql`update inbox set received_at = '0001-01-01' where message->>'text' like 'poison%'`.execute(
      database.durable,
    );
    const { rows } = await sql<{ received_at: Date }>`
      select received_at from inbox where state = 'waiting' and message->>'text' like 'waited%' order by id`.execute(
      database.durable,
    );
    expect(rows).toHaveLength(4);
    await house.synapse.start();
    await house.arrival("waited-3.", 30_000);
    const shown = (await house.agent.messages(house.room)).filter(({ content }) =>
      /^waited-\d/.test(String(content.body)),
    );
    expect(shown.map(({ content }) => String(content.body).trim())).toEqual(
      upTo(4).map((number) => `waited-${number}.`),
    );
    expect(shown.map((event) => event.origin_server_ts)).toEqual(rows.map((row) => row.received_at.getTime()));

    // The one that is refused is set aside after three attempts, which is said, and the one behind it is shown.
    await house.arrival("behind the poison", 30_000);
    const told = (await house.agent.messages(house.room)).filter(
      ({ content }) => content.msgtype === "m.notice" && String(content.body).includes("could not be shown"),
    );
    expect(told).toHaveLength(1);
    const { rows: aside } = await sql<{ attempts: number; text: string }>`
      select attempts, message->>'text' as text from inbox where state = 'quarantined'`.execute(database.durable);
    expect(aside).toEqual([{ attempts: 2, text: expect.stringContaining("poison") }]);
  }, 90_000);

  test("a file that the homeserver refuses is named in the thread and kept, and the next one is shown", async () => {
    await house.mail({
      from: "ned@example.org",
      text: "ned-1",
      attachments: [
        { filename: "ned-large.bin", content: Buffer.alloc(9 * MEGABYTE) },
        { filename: "ned-small.txt", content: "small" },
      ],
    });
    const root = await house.arrival("ned-1", 30_000);
    const lost = await house.arrival("ned-large.bin", 30_000);
    expect(lost.content).toMatchObject({ msgtype: "m.notice", body: expect.stringContaining("M_TOO_LARGE") });
    expect((await house.arrival("ned-small.txt")).content).toMatchObject({
      msgtype: "m.file",
      "m.relates_to": { event_id: root.event_id },
    });
    const kept = () => database.durable.selectFrom("inbox_attachment").select("name").execute();
    await expect.poll(kept).toEqual([{ name: "ned-large.bin" }]);
    // The words are gone from the store as soon as all of it stands in the room.
    await expect
      .poll(() => database.durable.selectFrom("inbox").select("id").where("state", "=", "waiting").execute())
      .toEqual([]);
  }, 60_000);
});
