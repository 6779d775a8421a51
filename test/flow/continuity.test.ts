import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Database, openDatabase } from "../../src/store/database.ts";
import { type EmbeddedPostgres, startEmbedded } from "../../src/store/embedded.ts";
import { ask, fillIn, isReceipt, post, tokenOf } from "../support/form-visitor.ts";
import { type House, openHouse } from "../support/house.ts";
import type { MatrixEvent } from "../support/matrix-client.ts";
import { missing } from "../support/needs.ts";
import { becomesTrue, until } from "../support/patience.ts";
import { type PerlSmsc, startPerlSmsc } from "../support/perl-smsc.ts";
import { freePort } from "../support/ports.ts";

const lacks = missing("synapse", "net-smpp");
/** More than the lanes that are worked on at once. */
const BACKLOG = 30;
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

describe.skipIf(lacks)(`counters stay open while servers are away ${lacks ?? ""}`, () => {
  const log = pino({ level: "silent" });
  const closing = new AsyncDisposableStack();
  let embedded: EmbeddedPostgres;
  let database: Database;
  let smsc: PerlSmsc;
  let house: House;
  let form: string;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "guichet-continuity-"));
    closing.defer(() => rm(folder, { recursive: true, force: true }));
    embedded = await startEmbedded({ folder: join(folder, "postgres"), log });
    closing.defer(() => embedded.stop());
    database = await openDatabase({ url: embedded.url }, log);
    closing.defer(() => database.close());
    smsc = await startPerlSmsc();
    closing.defer(() => smsc.stop());
    const smpp = { host: "127.0.0.1", port: smsc.port, tls: "none", system_id: "bridge", password: "secret" };
    const port = await freePort();
    const limits = { per_address_unproven: 1000, per_address: 1000 };
    house = await openHouse({
      agency: { acknowledge: true },
      config: { database: { url: embedded.url }, public: { url: `http://127.0.0.1:${port}`, port } },
      channels: {
        "town-sms": { use: "sms", agency: "town-hall", number: "+33700000000", country: "FR", gateway: { smpp } },
        "town-form": { use: "webform", agency: "town-hall", least_seconds: 0, limits },
      },
    });
    closing.defer(() => house.close());
    form = `http://127.0.0.1:${port}/town-form`;
  }, 240_000);
  afterAll(() => closing.disposeAsync());

  const mail = (from: string, text: string, more = {}) => house.mail({ from, subject: "Matter", text, ...more });
  const text = (words: string) => smsc.order({ deliver: { octets: Buffer.from(words).toString("hex") } });
  const fill = (name: string, message: string) =>
    fillIn(form, { name, email: `${name}@example.org`, message, consent: "1" });
  const acknowledged = (address: string) => house.sink.mails.filter(({ to }) => to.includes(address));
  const shown = async () =>
    (await house.agent.messages(house.room)).filter(({ sender }) => /^@_guichet_(email|sms|webform)_/.test(sender));
  const count = async (words: string) =>
    (await shown()).filter(({ content }) => String(content.body).includes(words)).length;

  test("homeserver away: mail, SMS and forms are taken and acknowledged, then shown once, in order, with their time", async () => {
    await mail("known@example.org", "Known before.");
    await house.arrival("Known before.");
    await until(() => acknowledged("known@example.org").length === 1);
    await house.synapse.stop("SIGKILL");
    const began = Date.now();
    await mail("anna@example.org", "Away 0.", { messageId: "<away-0@example.org>" });
    for (const number of upTo(3))
      await mail("anna@example.org", `Away ${number + 1}.`, { inReplyTo: "<away-0@example.org>" });
    await mail("auto@example.org", "A machine.", { headers: { "Auto-Submitted": "auto-generated" } });
    text("By phone.");
    await until(() => smsc.seenOf("deliver_sm_resp").length === 1);
    expect(smsc.seenOf("deliver_sm_resp")[0]?.status).toBe(0);
    const receipt = await fill("Cleo", "By form.");
    expect(isReceipt(receipt)).toBe(true);
    // A backlog of many citizens.
    await Promise.all(upTo(BACKLOG).map((number) => mail(`c${number}@example.org`, `Backlog ${number}.`)));
    await until(() => acknowledged("anna@example.org").length === 1, 60_000);
    // Nothing is said before its turn: it might be a restart.
    expect(Date.now() - began).toBeGreaterThan(12_000);
    await until(() => upTo(BACKLOG).every((n) => acknowledged(`c${n}@example.org`).length === 1), 60_000);
    await until(() => smsc.seenOf("submit_sm").length > 0, 20_000);
    const number = /Its number is (\d+)/.exec(
      acknowledged("anna@example.org")[0]?.raw.replace(/=\r?\n/g, "") ?? "",
    )?.[1];
    expect(number).toBeDefined();

    // As long an outage as there is: attempts of hours, due at the far end of their back-off.
    await sql`update inbox set attempts = attempts + 300, received_at = received_at - interval '1 hour' where state = 'waiting'`.execute(
      database.durable,
    );
    const { rows: waiting } = await sql<{ received_at: Date; text: string }>`
      select received_at, message->>'text' as text from inbox where state = 'waiting' order by id`.execute(
      database.durable,
    );
    await house.synapse.start();
    const back = Date.now();
    const isNew = ({ type, content }: MatrixEvent) =>
      type === "m.room.message" && !String(content.body).includes("Known before.");
    const news = async () => (await shown()).filter(isNew).length;
    expect(await becomesTrue(async () => (await news()) > 0, 60_000, 500)).toBe(true);
    const resumed = Date.now() - back;
    // Anna's four, the machine, the text, the form.
    expect(await becomesTrue(async () => (await news()) >= 7 + BACKLOG, 90_000, 1_000)).toBe(true);
    console.log(`first message ${resumed} ms after the homeserver, all after ${Date.now() - back} ms`);
    expect(resumed).toBeLessThan(10_000);

    const events = await shown();
    const anna = events.filter(({ content }) => /Away \d/.test(String(content.body)));
    expect(anna.map(({ content }) => /Away (\d)/.exec(String(content.body))?.[1])).toEqual(["0", "1", "2", "3"]);
    for (const event of anna) {
      const words = /Away \d\./.exec(String(event.content.body))?.[0] ?? "";
      expect(event.origin_server_ts).toBe(waiting.find((row) => row.text.includes(words))?.received_at.getTime());
    }
    for (const each of upTo(BACKLOG))
      expect(events.filter(({ content }) => String(content.body).includes(`Backlog ${each}.`))).toHaveLength(1);
    // Once, with the number of the conversation that stands there now; and no machine was answered.
    expect(acknowledged("anna@example.org")).toHaveLength(1);
    expect(acknowledged("auto@example.org")).toHaveLength(0);
    const { rows } = await sql<{ id: string }>`
      select distinct c.id from conversation c join message m on m.conversation_id = c.id
      where c.address = 'anna@example.org'`.execute(database.durable);
    expect(rows).toEqual([{ id: number }]);
  }, 240_000);

  test('database away: every counter says "try again", and all goes on by itself', async () => {
    const token = tokenOf(await ask(form));
    const { port } = new URL(embedded.url);
    await embedded.stop();
    await expect(mail("dora@example.org", "Dora's words.")).rejects.toThrow(/\b4\d\d\b/);
    const fields = { name: "Dora", email: "dora@example.org", message: "Dora's form.", consent: "1" };
    const refused = await post(form, { fields: Object.entries({ token, ...fields }) });
    expect(refused.status).toBe(503);
    const before = smsc.seenOf("deliver_sm_resp").length;
    text("Dora's text.");
    await until(() => smsc.seenOf("deliver_sm_resp").length > before, 30_000);
    const reply = smsc.seenOf("deliver_sm_resp").at(-1)?.status;
    console.log(`deliver_sm is answered with ${reply}`);
    expect(reply).not.toBe(0);
    // What an agent writes waits at the homeserver.
    const [root] = (await shown()).filter(({ content }) => String(content.body).includes("Known before."));
    await house.agent.reply(house.room, root?.event_id ?? "", "Written meanwhile.", root?.event_id ?? "");
    await sleep(8_000);
    const left = house.sink.mails.length;

    embedded = await startEmbedded({ folder: join(folder, "postgres"), log, port: Number(port) });
    const back = Date.now();
    const retry = async (send: () => Promise<boolean>) =>
      expect(await becomesTrue(() => send().catch(() => false), 30_000)).toBe(true);
    await retry(async () => {
      await mail("dora@example.org", "Dora's words.");
      return true;
    });
    await retry(async () => isReceipt(await post(form, { fields: Object.entries({ token, ...fields }) })));
    await retry(async () => {
      const known = smsc.seenOf("deliver_sm_resp").length;
      text("Dora's text.");
      await until(() => smsc.seenOf("deliver_sm_resp").length > known, 10_000);
      return smsc.seenOf("deliver_sm_resp").at(-1)?.status === 0;
    });
    for (const words of ["Dora's words.", "Dora's form.", "Dora's text."]) await house.arrival(words, 60_000);
    console.log(`all three counters were open ${Date.now() - back} ms after the database`);
    await until(() => house.sink.mails.slice(left).some(({ raw }) => raw.includes("Written meanwhile.")), 60_000);
    for (const words of ["Dora's words.", "Dora's form.", "Dora's text."]) expect(await count(words)).toBe(1);
  }, 240_000);
});
