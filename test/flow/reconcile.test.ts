import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { sql } from "kysely";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isRecord } from "../../src/domain/is-record.ts";
import { type Database, openDatabase } from "../../src/store/database.ts";
import { type EmbeddedPostgres, startEmbedded } from "../../src/store/embedded.ts";
import { type Dovecot, startDovecot, users } from "../support/dovecot.ts";
import { type House, openHouse } from "../support/house.ts";
import { isReaction } from "../support/is-reaction.ts";
import { missing } from "../support/needs.ts";
import { until } from "../support/patience.ts";

const run = promisify(execFile);
const BIN = new URL("../../src/bin.js", import.meta.url).pathname;
const lacks = missing("synapse", "dovecot");
const [{ user, password }] = users;

describe.skipIf(lacks)(`guichet reconcile between a mailbox, the store and a room ${lacks ?? ""}`, () => {
  const log = pino({ level: "silent" });
  const closing = new AsyncDisposableStack();
  let dovecot: Dovecot;
  let embedded: EmbeddedPostgres;
  let database: Database;
  let house: House;

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), "guichet-reconcile-"));
    closing.defer(() => rm(folder, { recursive: true, force: true }));
    dovecot = await startDovecot();
    closing.defer(() => dovecot.remove());
    embedded = await startEmbedded({ folder: join(folder, "postgres"), log });
    closing.defer(() => embedded.stop());
    database = await openDatabase({ url: embedded.url }, log);
    closing.defer(() => database.close());
    const imap = { host: "127.0.0.1", port: dovecot.imapsPort, user, password, ca: dovecot.tls.cert };
    house = await openHouse({ channel: { imap }, config: { database: { url: embedded.url } } });
    closing.defer(() => house.close());
  }, 120_000);
  afterAll(() => closing.disposeAsync());

  const deliver = (name: string) =>
    dovecot.deliver(
      user,
      `From: ${name}@example.org\nTo: ${user}\nSubject: ${name}\nMessage-ID: <${name}@example.org>\n\nWords of ${name}.\n`,
    );
  const reconcile = async (...words: string[]) => {
    const to = new Date(Date.now() + 1_000).toISOString();
    const options = [
      "reconcile",
      "--from",
      "2020-01-01",
      "--to",
      to,
      "--json",
      "--config",
      join(house.folder, "guichet.yaml"),
    ];
    const { stdout, code } = await run(process.execPath, [BIN, ...options, ...words]).then(
      ({ stdout }) => ({ stdout, code: 0 }),
      (error: unknown) => ({
        stdout: isRecord(error) ? String(error.stdout) : "",
        code: isRecord(error) ? error.code : 1,
      }),
    );
    expect(stdout).not.toMatch(/example\.org|Words of/);
    const findings = stdout
      .split("\n")
      .filter(Boolean)
      .map((line): Record<string, unknown> => JSON.parse(line));
    return { code, findings, codes: findings.map(({ code, isRepaired }) => `${code} ${isRepaired}`).toSorted() };
  };
  const count = async (words: string) =>
    (await house.agent.messages(house.room)).filter(({ content }) => String(content.body).includes(words)).length;

  test("what is missing is found where it is missing, repaired once, and a second run is clean", async () => {
    for (const name of ["anna", "ben", "cleo", "dora"]) await deliver(name);
    const anna = await house.arrival("Words of anna.");
    for (const name of ["ben", "cleo", "dora"]) await house.arrival(`Words of ${name}.`);
    await until(
      async () => (await sql`select 1 from inbox where state = 'waiting'`.execute(database.durable)).rows.length === 0,
    );
    expect(await reconcile()).toEqual({ code: 0, findings: [], codes: [] });

    // ben: as if the inbox had never taken it, and nothing of it stood in the room.
    await sql`delete from message where remote_id = 'ben@example.org'`.execute(database.durable);
    await sql`delete from inbox where conversation_id = (select id from conversation where address = 'ben@example.org')`.execute(
      database.durable,
    );
    // cleo: the store lost the message's row; dora: the room lost the event.
    const cleo = await house.arrival("Words of cleo.");
    await sql`delete from message where event_id = ${cleo.event_id}`.execute(database.durable);
    const dora = await house.arrival("Words of dora.");
    await sql`update message set event_id = '$gone' where event_id = ${dora.event_id}`.execute(database.durable);
    await sql`update inbox set event_id = '$gone' where event_id = ${dora.event_id}`.execute(database.durable);
    // An agent's answer that no transaction and no sync brought.
    const answer = await house.agent.reply(house.room, anna.event_id, "An answer.", anna.event_id);
    await house.agent.waitForEvent(house.room, (event) => isReaction(event, answer, "✅"), 30_000);
    await sql`delete from outbox`.execute(database.durable);
    const { rows } = await sql<{ event_id: string }>`delete from matrix_event returning event_id`.execute(
      database.durable,
    );
    expect(rows.length).toBeGreaterThan(0);

    const found = await reconcile();
    expect(found.code).toBe(1);
    expect([...new Set(found.codes)]).toEqual([
      "AGENT_EVENT_UNSEEN false",
      "ARRIVAL_MISSING false",
      "EVENT_MISSING false",
      "EVENT_UNKNOWN false",
    ]);
    await reconcile("--fix");
    await until(
      async () => (await sql`select 1 from inbox where state = 'waiting'`.execute(database.durable)).rows.length === 0,
      30_000,
    );
    expect(await reconcile()).toEqual({ code: 0, findings: [], codes: [] });
    // Nothing doubled: what stood in the room was found again by its mark or its transaction id.
    for (const name of ["anna", "ben", "cleo", "dora"]) expect(await count(`Words of ${name}.`)).toBe(1);
    // The answer had its outcome in the room: it does not leave again.
    expect(house.sink.mails).toHaveLength(1);
  }, 300_000);

  test("a mailbox that cannot be read is said to be uncounted", async () => {
    await dovecot.stop();
    expect((await reconcile()).codes).toEqual(["CHANNEL_UNCOUNTED false"]);
    await dovecot.start();
  }, 60_000);
});
