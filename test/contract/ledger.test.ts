import { readdirSync } from "node:fs";
import { type Kysely, type Migration, Migrator, sql } from "kysely";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Fence } from "../../src/domain/fence.ts";
import {
  channelId,
  conversationId,
  type EventId,
  eventId,
  laneFrom,
  type OutboxId,
  outboxId,
  roomId,
  userId,
} from "../../src/domain/ids.ts";
import type { LateState } from "../../src/domain/late-news.ts";
import { claimAttempt, type Ending, settleAttempt } from "../../src/store/attempt.ts";
import { openDatabase } from "../../src/store/database.ts";
import { decideDead, isAboutAnswer, listDead } from "../../src/store/dead.ts";
import { addArrival, postpone } from "../../src/store/inbox.ts";
import { acquireLane } from "../../src/store/lane.ts";
import { addNews } from "../../src/store/late-news.ts";
import { findContradictions, readLedger } from "../../src/store/ledger.ts";
import { addMessage } from "../../src/store/message.ts";
import { migrate } from "../../src/store/migrate.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import { addAnswer, markShown, readOpenAnswers } from "../../src/store/outbox.ts";
import { cancelAnswer, replaceAnswer } from "../../src/store/recall.ts";
import { readSteps } from "../../src/store/step.ts";
import { type ConfigFolder, folderWith } from "../support/config-folder.ts";

const ROOM = roomId("!hall:agents.test");
const AGENT = userId("@agent:agents.test");
const log = pino({ level: "silent" });
const MIGRATIONS = new URL("../../src/store/migrations/", import.meta.url);

describe("the ledger in the store", () => {
  let folder: ConfigFolder;
  let store: Store;
  beforeAll(async () => {
    folder = folderWith({});
    store = await openStore({ dataFolder: folder.path("data") }, log);
  });
  afterAll(async () => {
    await store?.close();
    folder[Symbol.dispose]();
  });

  async function acquire(name: string): Promise<Fence> {
    const lane = laneFrom(name);
    const token = (await acquireLane(store.database.durable, lane, crypto.randomUUID(), 60_000)) ?? "";
    return { lane, token, signal: new AbortController().signal };
  }

  let number = 0;
  /** An agent's answer in a conversation of its own, and what can happen to it. */
  async function compose() {
    const { durable } = store.database;
    number += 1;
    const [citizen, event] = [`g${number}`, eventId(`$answer${number}`)];
    await durable
      .insertInto("ghost")
      .values({ localpart: citizen, channel_type: "email", address: citizen, registered_at: null })
      .execute();
    const row = { agency: "hall", channel: "mail", room_id: ROOM, citizen, address: citizen };
    const { id } = await durable.insertInto("conversation").values(row).returning("id").executeTakeFirstOrThrow();
    const conversation = conversationId(id);
    await addMessage(durable, { event, room: ROOM, conversation, author: "agent" });
    const now = new Date();
    await addAnswer(durable, {
      conversation,
      event,
      agent: AGENT,
      address: citizen,
      content: { text: "Yes." },
      inReplyTo: undefined,
      dueAt: now,
      writtenAt: now,
    });
    const fence = await acquire(`out/${conversation}`);
    const read = async () => {
      const [answer] = await readOpenAnswers(durable, conversation);
      if (!answer) throw new Error("the answer is not open");
      return answer;
    };
    const { id: outbox } = await read();
    return {
      id: outbox,
      event,
      conversation,
      fence,
      read,
      async attempt(ending: Ending) {
        await claimAttempt(durable, fence, outbox, new Date());
        await settleAttempt(durable, fence, await read(), ending);
      },
      tell: (state: LateState) =>
        addNews(
          durable,
          { channel: channelId("mail"), deliveries: [{ conversation, id: outbox }], remoteIds: [] },
          { state, code: "OTHER", remark: undefined, remoteAnswer: undefined, recipient: undefined, at: new Date() },
        ),
      isDead: async () => (await listDead(durable)).find(({ id: dead }) => dead === outbox)?.state,
      steps: () => stepsOf(outbox),
    };
  }

  const stepsOf = async (id: OutboxId) =>
    (await readSteps(store.database.durable, { answer: id })).map(({ step }) => step).join(" ");
  const decide = (event: EventId, decision: "replay" | "drop") =>
    decideDead(store.database.durable, { event }, decision, "BY_AGENT");

  test("whatever becomes of an answer, its row and its last step say the same", async () => {
    const { durable } = store.database;
    const edited = await compose();
    const change = { content: { text: "No." }, cc: [], dueAt: new Date(), route: undefined };
    await replaceAnswer(durable, edited.event, AGENT, change);
    await edited.attempt({ state: "queued", dueAt: new Date(), code: "SMTP_451", remoteAnswer: "4.2.2 full" });
    await replaceAnswer(durable, edited.event, AGENT, change);
    await cancelAnswer(durable, edited.event);
    expect(await edited.steps()).toBe("composed held held attempted deferred queued cancelled");

    const interrupted = await compose();
    await claimAttempt(durable, interrupted.fence, interrupted.id, new Date());
    await interrupted.attempt({ state: "sent", remoteId: "id@town.example" });
    for (const state of ["delayed", "delivered", "read"] as const) await interrupted.tell(state);
    await interrupted.tell("failed");
    expect(await interrupted.steps()).toBe("composed held attempted attempted accepted delayed delivered read");
    const steps = await readSteps(durable, { answer: interrupted.id });
    expect(steps.map(({ attempt }) => attempt)).toEqual([
      undefined,
      undefined,
      1,
      2,
      2,
      undefined,
      undefined,
      undefined,
    ]);
    expect(await findContradictions(durable)).toEqual([]);
  });

  test.each([
    [{ state: "failed", code: "SMTP_550" }, undefined, "failed"],
    [{ state: "failed", code: "GAVE_UP" }, undefined, "failed"],
    [{ state: "unknown", code: "SMPP_CUT", mayHaveLeft: true }, undefined, "unknown"],
    [{ state: "sent", remoteId: "x" }, undefined, undefined],
    [{ state: "queued", dueAt: new Date(), code: "SMTP_451" }, undefined, undefined],
    // What becomes of it later counts.
    [{ state: "sent", remoteId: "x" }, "failed", "bounced"],
    [{ state: "sent", remoteId: "x" }, "delayed", undefined],
    [{ state: "unknown", code: "SMPP_CUT" }, "delivered", undefined],
    [{ state: "unknown", code: "SMPP_CUT" }, "delayed", "unknown"],
    [{ state: "failed", code: "SMTP_550" }, "read", undefined],
    [{ state: "queued", dueAt: new Date(), code: "SMTP_451" }, "failed", undefined],
  ] as const)("%j with the news %s is a dead letter: %s", async (ending, news, expected) => {
    const answer = await compose();
    await answer.attempt(ending);
    if (news) await answer.tell(news);
    expect(await answer.isDead()).toBe(expected);
  });

  test.each([
    ["failed", "bounced"],
    ["delivered", undefined],
  ] as const)("news that come before their attempt has ended count, too: %s", async (news, expected) => {
    const answer = await compose();
    await claimAttempt(store.database.durable, answer.fence, answer.id, new Date());
    await answer.tell(news);
    await settleAttempt(store.database.durable, answer.fence, await answer.read(), { state: "sent", remoteId: "x" });
    expect(await answer.isDead()).toBe(expected);
  });

  test("a replay begins anew: its own time to give up, no old news, the same name", async () => {
    const { durable } = store.database;
    const answer = await compose();
    await answer.attempt({ state: "queued", dueAt: new Date(), code: "SMTP_451" });
    await answer.attempt({ state: "sent", remoteId: "x" });
    await answer.tell("failed");
    const found = await answer.read();
    // A worker shows the bounce while the agent decides already: the answer must stay open.
    expect(await decide(answer.event, "replay")).toBe(answer.conversation);
    await markShown(durable, answer.fence, answer.id, {
      shown: "failed",
      event: eventId("$sign"),
      done: true,
      news: found.news?.state,
    });
    expect(await answer.read()).toMatchObject({
      state: "queued",
      attempts: 2,
      attemptsBefore: 2,
      firstAttemptAt: undefined,
      news: undefined,
      code: undefined,
    });
    expect(await answer.isDead()).toBeUndefined();
    expect(await decide(answer.event, "replay")).toBeUndefined();
    expect(await decide(answer.event, "drop")).toBeUndefined();
    await answer.attempt({ state: "unknown", code: "SMPP_CUT", mayHaveLeft: true });
    expect(await answer.isDead()).toBe("unknown");
    expect(await findContradictions(durable)).toEqual([]);
    expect(await answer.steps()).toBe(
      "composed held attempted deferred attempted accepted bounced replayed attempted unknown",
    );
  });

  test("a notice stands for the answer that it is about; what was dropped stays as it is", async () => {
    const { durable } = store.database;
    const answer = await compose();
    await answer.attempt({ state: "failed", code: "SMTP_550" });
    const notice = eventId(`${answer.event}-notice`);
    await addMessage(durable, {
      event: notice,
      room: ROOM,
      conversation: answer.conversation,
      author: "bridge",
      about: answer.event,
    });
    expect(await isAboutAnswer(durable, notice)).toBe(true);
    expect(await isAboutAnswer(durable, answer.event)).toBe(true);
    expect(await isAboutAnswer(durable, eventId("$other"))).toBe(false);
    expect(await decide(notice, "drop")).toBe(answer.conversation);
    expect(await answer.isDead()).toBeUndefined();
    expect(await decide(notice, "replay")).toBeUndefined();
    const row = await durable.selectFrom("outbox").select("state").where("id", "=", answer.id).executeTakeFirst();
    expect(row?.state).toBe("failed");
    expect(await answer.steps()).toBe("composed held attempted refused dropped");
  });

  test("an outage is one step, however often it is tried; an arrival's steps go with its row", async () => {
    const { durable } = store.database;
    const lane = laneFrom("in/outage");
    const message = { from: { address: "a" }, to: "b", text: "c", references: [], automatic: false };
    const id = await addArrival(durable, {
      channel: "mail",
      dedupeKey: "outage",
      lane,
      message,
      receivedAt: new Date(),
      hasFiles: false,
    });
    if (!id) throw new Error("the arrival was known");
    const fence = await acquire(lane);
    for (const [code, attempts] of [
      ["GUICHET_UNREACHABLE", 1],
      ["GUICHET_UNREACHABLE", 2],
      ["GUICHET_UNREACHABLE", 3],
      ["M_FORBIDDEN", 1],
    ] as const)
      await postpone(durable, fence, id, { dueAt: new Date(), code, attempts });
    const steps = await readSteps(durable, { arrival: id });
    expect(steps.map(({ step, code }) => [step, code])).toEqual([
      ["received", undefined],
      ["deferred", "GUICHET_UNREACHABLE"],
      ["deferred", "M_FORBIDDEN"],
    ]);
    expect(await findContradictions(durable)).toEqual([]);
    await durable.deleteFrom("inbox").where("id", "=", id).execute();
    expect(await readSteps(durable, { arrival: id })).toEqual([]);
  });

  test("the export reads a period in pages, of one agency or of all", async () => {
    const { durable } = store.database;
    const answer = await compose();
    await sql`
      insert into step (outbox_id, step, at, process) select ${answer.id}, 'held', timestamptz '2020-01-01 00:00Z' + n * interval '1 second', 'x'
      from generate_series(0, 4999) n`.execute(durable);
    const read = async (agency: string | undefined, from: string, to: string) => {
      const period = { from: new Date(from), to: new Date(to), agency, agencies: new Map([["mail", "hall"]]) };
      const lines = [];
      for await (const line of readLedger(durable, period)) lines.push(line);
      return lines;
    };
    const all = await read(undefined, "2020-01-01T00:00:00Z", "2020-01-01T01:00:00Z");
    expect(all).toHaveLength(3600);
    expect(all.at(-1)?.at).toBe("2020-01-01T00:59:59.000Z");
    expect(all[0]).toMatchObject({ message: "answer", number: answer.id, case: answer.conversation, agency: "hall" });
    expect(await read("hall", "2020-01-01T01:00:00Z", "2020-01-02T00:00:00Z")).toHaveLength(1400);
    expect(await read("other", "2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z")).toEqual([]);
    await sql`delete from step where process = 'x'`.execute(durable);
  });

  test("what was there before the ledger gets one step, and may go on from there", async () => {
    await sql`create database older`.execute(store.database.durable);
    const older = await openDatabase({ url: store.database.url.replace(/[^/]*$/, "older") }, log);
    try {
      await migrateTo(older.durable, "0012-shelf");
      await fillOlder(older.durable);
      await migrate(older.durable);
      expect(await findContradictions(older.durable)).toEqual([]);
      const [first] = await older.durable.selectFrom("outbox").select("id").orderBy("id").execute();
      const steps = await readSteps(older.durable, { answer: outboxId(first?.id ?? "") });
      expect(steps).toMatchObject([{ step: "accepted", code: "BEFORE_LEDGER" }, { step: "bounced" }]);
    } finally {
      await older.close();
    }
  });
});

async function migrateTo<Tables>(db: Kysely<Tables>, last: string): Promise<void> {
  const names = readdirSync(MIGRATIONS).map((file) => file.replace(/\.ts$/, ""));
  const migrations: Record<string, Migration> = {};
  for (const name of names.filter((one) => one <= last))
    migrations[name] = await import(`${MIGRATIONS.pathname}${name}.ts`);
  const { error } = await new Migrator({ db, provider: { getMigrations: async () => migrations } }).migrateToLatest();
  if (error) throw error;
}

async function fillOlder<Tables>(db: Kysely<Tables>): Promise<void> {
  await sql`insert into ghost (localpart, channel_type, address) values ('g', 'email', 'a')`.execute(db);
  await sql`insert into conversation (agency, channel, room_id, citizen, address) values ('hall', 'mail', '!r', 'g', 'a')`.execute(
    db,
  );
  await sql`insert into inbox (channel, dedupe_key, lane, state, message, has_files, received_at)
    select 'mail', state, 'in/x', state, '{}', false, now() from unnest(array['waiting', 'posted', 'quarantined', 'dropped']) state`.execute(
    db,
  );
  await sql`insert into outbox (conversation_id, event_id, sender, address, content, state, due_at, written_at, news_state)
    select 1, '$' || state || coalesce(news, ''), '@a:b', 'a', '{}', state, now(), now(), news from (values
      ('sent', 'failed'), ('sent', 'read'), ('held', null), ('queued', null), ('attempting', 'delayed'), ('failed', null),
      ('unknown', 'delivered'), ('cancelled', null)) as row (state, news)`.execute(db);
}
