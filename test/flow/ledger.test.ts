import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { sql } from "kysely";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { attachStore } from "../../src/store/attach.ts";
import type { Database } from "../../src/store/database.ts";
import { findContradictions } from "../../src/store/ledger.ts";
import { type House, openHouse } from "../support/house.ts";
import { missing } from "../support/needs.ts";
import { notice, outcome, reactions } from "./desk/room.ts";

const lacking = missing("synapse");
const run = promisify(execFile);
const BIN = new URL("../../src/bin.js", import.meta.url).pathname;
const WAIT_MS = 60_000;

describe.skipIf(lacking)(`the ledger of a whole house ${lacking ?? ""}`, { timeout: 240_000 }, () => {
  let opened: House | undefined;
  const house = () => {
    if (!opened) throw new Error("the house is not open");
    return opened;
  };
  beforeAll(async () => {
    opened = await openHouse();
  });
  afterAll(() => opened?.close());

  const guichet = async (...words: string[]) =>
    (await run(process.execPath, [BIN, ...words, "--config", join(house().folder, "guichet.yaml")])).stdout;

  async function inDatabase<Result>(work: (database: Database) => Promise<Result>): Promise<Result> {
    const store = await attachStore({ dataFolder: join(house().folder, "data") }, pino({ level: "silent" }));
    try {
      return await work(store.database);
    } finally {
      await store.close();
    }
  }

  /** A citizen's first mail, and its event in the room. */
  async function write(name: string): Promise<string> {
    const text = `Words of ${name}.`;
    await house().mail({ from: `${name}@example.org`, subject: name, messageId: `<${name}@example.org>`, text });
    return (await house().arrival(text)).event_id;
  }

  const react = (on: string, key: string) =>
    house().agent.send(house().room, { "m.relates_to": { rel_type: "m.annotation", event_id: on, key } }, "m.reaction");

  const leaves = (word: string) =>
    expect.poll(() => house().sink.mails.filter(({ raw }) => raw.includes(word)).length, { timeout: WAIT_MS }).toBe(1);

  test("an answer that gives up mentions its agent, is listed, replayed by an operator, and arrives", async () => {
    const { agent, room, sink } = house();
    const root = await write("gina");
    sink.faults = { data: [451, "4.2.2 Mailbox full"] };
    const answer = await agent.reply(room, root, "Word-gina", root);
    await expect.poll(() => house().guichet.log().includes('"code":"SMTP_451"'), { timeout: WAIT_MS }).toBe(true);
    // Five days later.
    await inDatabase(({ durable }) =>
      sql`update outbox set first_attempt_at = now() - interval '6 days' where event_id = ${answer}`.execute(durable),
    );
    await outcome(house(), answer, "❌");
    const said = await notice(house(), answer);
    expect(said.content["m.mentions"]).toEqual({ user_ids: [agent.userId] });
    expect(said.content.body).toMatch(/gave up \(SMTP_451: .*Mailbox full.*React with 🔁/);

    const [line = ""] = (await guichet("dead", "list")).split("\n");
    expect(line).toMatch(/^\d+\t\S+\tcase\/\d+\ttown-hall\ttown-mail\tfailed\tGAVE_UP\t2$/);
    const [number = ""] = line.split("\t");
    const shown = await guichet("dead", "show", number);
    expect(shown).toContain("To:      gina@example.org");
    expect(shown).toContain("Word-gina");
    expect(shown).toMatch(/gave-up +2 +GAVE_UP +SMTP_451: .*Mailbox full/);

    sink.faults = {};
    expect(await guichet("dead", "replay", number)).toContain("tried again");
    await leaves("Word-gina");
    await outcome(house(), answer, "✅");
    await expect.poll(() => reactions(house(), answer), { timeout: WAIT_MS }).toEqual(["✅"]);
    expect(await guichet("dead", "list")).toBe("No answer waits for a decision.\n");
    await expect(guichet("dead", "replay", number)).rejects.toMatchObject({
      stderr: expect.stringContaining("DEAD_NUMBER"),
    });
    const steps = JSON.parse(await guichet("trace", `answer/${number}`, "--json"))[0].steps;
    expect(steps.map(({ step }: { step: string }) => step)).toEqual(
      "composed held attempted deferred attempted gave-up replayed attempted accepted".split(" "),
    );
    expect(steps.at(-1).attempt).toBe(3);
  });

  test("after several refusals for now, !trace lists each attempt with what the other side said", async () => {
    const { agent, room, sink } = house();
    const root = await write("theo");
    sink.faults = { rcptTo: [450, "4.7.1 Greylisted"] };
    const answer = await agent.reply(room, root, "Word-theo", root);
    const attempts = async () => (await guichet("trace", answer)).match(/deferred .*4\.7\.1 Greylisted/g)?.length ?? 0;
    await expect.poll(attempts, { timeout: 60_000, interval: 500 }).toBe(2);
    sink.faults = {};
    await leaves("Word-theo");
    await outcome(house(), answer, "✅");

    const asked = await agent.reply(room, answer, "!trace", root);
    const lines = String((await notice(house(), asked)).content.body).split("\n");
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/: written$/);
    expect(lines[1]).toMatch(/: not yet; it is tried again \(SMTP_450: .*4\.7\.1 Greylisted.*\)$/);
    expect(lines[2]).toMatch(/: not yet; it is tried again, attempt 2 \(SMTP_450: .*\)$/);
    expect(lines[3]).toMatch(/: the other side has taken it, attempt 3$/);

    // Of the citizen's own message, in French, and of nothing.
    const arrival = await agent.reply(room, root, "!suivi", root);
    expect(String((await notice(house(), arrival)).content.body)).toMatch(/: received\n.*: shown in the room$/);
    const nothing = await agent.send(room, {
      msgtype: "m.text",
      body: "!trace",
      "m.relates_to": { rel_type: "m.thread", event_id: root, is_falling_back: true },
    });
    expect((await notice(house(), nothing)).content.body).toContain("as a reply to your answer");
    expect(sink.mails.filter(({ raw }) => /!(trace|suivi)/.test(raw))).toEqual([]);
  });

  test("agents decide by reactions: on the answer or on its notice, again and again, and once each", async () => {
    const { agent, room, sink } = house();
    const root = await write("rosa");
    sink.faults = { data: [550, "5.7.1 No"] };
    const answer = await agent.reply(room, root, "Word-rosa", root);
    await outcome(house(), answer, "❌");
    const first = await notice(house(), answer);
    expect(first.content.body).toMatch(/refused it \(SMTP_550.*React with 🔁/);

    // Refused a second time, in the same words: the agent is called a second time.
    await react(answer, "🔁");
    const second = await house().agent.waitForEvent(
      room,
      (event) =>
        event.event_id !== first.event_id &&
        event.content.msgtype === "m.notice" &&
        event.content.body === first.content.body &&
        JSON.stringify(event.content).includes(answer),
      WAIT_MS,
    );
    expect(second.content["m.mentions"]).toEqual({ user_ids: [agent.userId] });
    await expect.poll(() => reactions(house(), answer), { timeout: WAIT_MS }).toEqual(["❌"]);

    sink.faults = {};
    await react(second.event_id, "🔁");
    await leaves("Word-rosa");
    await expect.poll(() => reactions(house(), answer), { timeout: WAIT_MS }).toEqual(["✅"]);

    // There is nothing left to decide, and nothing is sent.
    await react(first.event_id, "🔁");
    expect((await notice(house(), first.event_id)).content.body).toContain("Nothing is to be decided here");
    await react(root, "🗑️");
    expect(sink.mails.filter(({ raw }) => raw.includes("Word-rosa"))).toHaveLength(1);
  });

  test("an agent drops a dead letter: it stays as it is, and is off the list", async () => {
    const { agent, room, sink } = house();
    const root = await write("dora");
    sink.faults = { data: [550, "5.7.1 No"] };
    const answer = await agent.reply(room, root, "Word-dora", root);
    await outcome(house(), answer, "❌");
    await notice(house(), answer);
    sink.faults = {};
    expect(await guichet("dead", "list")).toContain("SMTP_550");
    await react(answer, "🗑");
    await expect.poll(() => guichet("dead", "list"), { timeout: WAIT_MS }).toBe("No answer waits for a decision.\n");
    expect(await reactions(house(), answer)).toEqual(["❌"]);
    expect(await guichet("trace", answer)).toMatch(/dropped +BY_AGENT/);
    expect(sink.mails.filter(({ raw }) => raw.includes("Word-dora"))).toEqual([]);
  });

  test("the way of a message is found by each of its names, with the answers to it", async () => {
    const { agent, room, sink } = house();
    const root = await write("wanda");
    const answer = await agent.reply(room, root, "Word-wanda", root);
    await leaves("Word-wanda");
    await outcome(house(), answer, "✅");
    const told = await guichet("trace", "<wanda@example.org>");
    expect(told).toMatch(/^arrival\/\d+ {2}case\/\d+ {2}town-mail {2}posted\n/);
    expect(told).toMatch(/received.*screened.*posted.*\n\nanswer\/\d+.*composed.*held.*attempted.*accepted/s);
    const [, arrival = "", number = ""] = /^(arrival\/\d+) {2}(case\/\d+)/.exec(told) ?? [];
    for (const name of ["wanda@example.org", root, arrival, number]) expect(await guichet("trace", name)).toBe(told);
    const left = sink.mails.find(({ raw }) => raw.includes("Word-wanda"))?.raw ?? "";
    const [, messageId = ""] = /^Message-ID: (\S+)/im.exec(left) ?? [];
    const ways = JSON.parse(await guichet("trace", messageId, "--json"));
    expect(ways).toHaveLength(1);
    expect(ways[0]).toMatchObject({ kind: "answer", state: "sent", event: answer });
    await expect(guichet("trace", "nobody@example.org")).rejects.toMatchObject({
      stderr: expect.stringContaining("TRACE_UNKNOWN"),
    });
  });

  test("the ledger leaves as CSV and as JSON, without words and addresses of citizens", async () => {
    const [from, to] = ["2020-01-01", "2099-12-31"];
    const lines = JSON.parse(await guichet("ledger", "export", "--from", from, "--to", to, "--format", "json"));
    expect(lines.length).toBeGreaterThan(30);
    expect(lines[0]).toMatchObject({ message: "arrival", step: "received", agency: "town-hall", channel: "town-mail" });
    const csv = await guichet("ledger", "export", "--from", from, "--to", to, "--agency", "town-hall");
    expect(csv.trimEnd().split("\r\n")).toHaveLength(lines.length + 1);
    expect(csv).not.toMatch(/Words of|Word-|@example\.org/);
    const early = await guichet("ledger", "export", "--from", from, "--to", from, "--format", "json");
    expect(JSON.parse(early)).toEqual([]);
  });

  test("a process that is killed again and again leaves no contradiction between rows and steps", async () => {
    const { agent, room, sink } = house();
    const root = await write("kill");
    for (let round = 0; round < 4; round += 1) {
      for (let index = 0; index < 5; index += 1) {
        void house()
          .mail({ from: `k${index}@example.org`, text: `kill ${round} ${index}` })
          .catch(() => undefined);
        await agent.reply(room, root, `Word-kill-${round}-${index}`, root);
      }
      await new Promise((resolve) => setTimeout(resolve, 150 + 250 * round));
      await house().guichet.end("SIGKILL");
      expect(await inDatabase(({ durable }) => findContradictions(durable))).toEqual([]);
      await house().guichet.start();
    }
    await expect
      .poll(() => new Set(sink.mails.flatMap(({ raw }) => /Word-kill-\d-\d/.exec(raw) ?? [])).size, { timeout: 60_000 })
      .toBe(20);
    expect(await guichet("ledger", "check")).toBe("All messages and their steps say the same.\n");
    // A row that changed behind the ledger's back is found.
    await inDatabase(({ durable }) =>
      sql`update outbox set state = 'failed' where event_id = (select event_id from
      outbox where state = 'sent' order by id desc limit 1)`.execute(durable),
    );
    await expect(guichet("ledger", "check")).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^answer\/\d+\tfailed\taccepted\n$/),
    });
  });
});
