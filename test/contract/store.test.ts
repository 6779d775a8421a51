import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { type Kysely, sql } from "kysely";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Fence, FencedOffError } from "../../src/domain/fence.ts";
import { eventId, type InboxId, type Lane, laneFrom, roomId, roomLane, userId } from "../../src/domain/ids.ts";
import { addAttachment, readFiles } from "../../src/store/attachment.ts";
import { claimAttempt, settleAttempt } from "../../src/store/attempt.ts";
import { readBlob, writeBlob } from "../../src/store/blob.ts";
import { addConversation } from "../../src/store/conversation.ts";
import { type Database, openDatabase } from "../../src/store/database.ts";
import { addGhost } from "../../src/store/ghost.ts";
import {
  addArrival,
  bindConversation,
  findIdleLanes,
  postpone,
  quarantine,
  readWaiting,
} from "../../src/store/inbox.ts";
import { acquireLane, releaseLane, renewLane } from "../../src/store/lane.ts";
import { addEvents, findIdleRooms, readWaitingEvents, settleEvent } from "../../src/store/matrix-event.ts";
import { migrate } from "../../src/store/migrate.ts";
import { openNotes } from "../../src/store/note.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import { addAnswer, markShown, readOpenAnswers } from "../../src/store/outbox.ts";
import { journalFile, journalText, settleFiles, settleText } from "../../src/store/posting.ts";
import type { Schema } from "../../src/store/schema.ts";
import { runScript } from "../support/child-script.ts";
import { until } from "../support/until.ts";

const OWNERS = ["00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"] as const;
const ROOM = roomId("!room:example.org");
const log = pino({ level: "silent" });

describe("the store", () => {
  let folder: string;
  let store: Store;
  let database: Database;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "guichet-store-"));
    store = await openStore({ dataFolder: folder }, log);
    database = store.database;
  });
  afterAll(async () => {
    await store?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** URL of a new database on the same server, as an operator would give it. */
  async function createDatabase(name: string): Promise<string> {
    await sql`create database ${sql.id(name)}`.execute(database.durable);
    return database.url.replace(/[^/]*$/, name);
  }

  async function acquire(lane: Lane, owner: string = OWNERS[0], leaseMs = 60_000): Promise<Fence> {
    const token = await acquireLane(database.relaxed, lane, owner, leaseMs);
    if (token === undefined) throw new Error("the lane is held");
    return { lane, token, signal: new AbortController().signal };
  }

  /** An old owner whose lease ran out, and the one that took over. */
  async function changeHands(lane: Lane): Promise<{ old: Fence; now: Fence }> {
    const old = await acquire(lane, OWNERS[0], 1);
    await sleep(10);
    return { old, now: await acquire(lane, OWNERS[1]) };
  }

  async function arrive(lane: Lane, dedupeKey: string, hasFiles = false): Promise<InboxId> {
    const message = {
      from: { address: "a@b.example" },
      to: "c@d.example",
      text: "words",
      references: [],
      automatic: false,
    };
    const arrival = { channel: "mail", dedupeKey, lane, message, receivedAt: new Date(), hasFiles };
    const id = await addArrival(database.durable, arrival);
    if (!id) throw new Error("the arrival was known");
    return id;
  }

  async function converse(citizen: string) {
    await addGhost(database.durable, { localpart: citizen, channelType: "email", address: `${citizen}@b.example` });
    return addConversation(database.durable, {
      portal: "thread",
      agency: "hall",
      channel: "mail",
      room: ROOM,
      citizen,
      address: `${citizen}@b.example`,
      citizenName: undefined,
      subject: undefined,
    });
  }

  const count = async (table: keyof Schema) => {
    const { rows } = await sql<{ n: number }>`select count(*)::int as n from ${sql.table(table)}`.execute(
      database.durable,
    );
    return rows[0]?.n;
  };

  describe("schema", () => {
    test("is brought up to date by several processes that start at once on the operator's database, and again", async () => {
      const url = await createDatabase("at_once");
      const processes = Array.from({ length: 3 }, () => runScript("open-store.ts", [url]));
      expect(await Promise.all(processes.map((process) => process.line("")))).toEqual(["opened", "opened", "opened"]);
      const own = await openStore({ url, dataFolder: join(folder, "unused") }, log);
      await migrate(own.database.durable);
      await expect(own.database.durable.selectFrom("setting").selectAll().execute()).resolves.toEqual([]);
      await own.close();
    });

    test("of a newer guichet is left alone", async () => {
      const url = await createDatabase("too_new");
      await (await openStore({ url, dataFolder: folder }, log)).close();
      const newer = await openDatabase({ url }, log);
      const done = newer.durable.withTables<{ kysely_migration: { name: string; timestamp: string } }>();
      await done.insertInto("kysely_migration").values({ name: "9999-later", timestamp: "2099" }).execute();
      await newer.close();
      await expect(openStore({ url, dataFolder: folder }, log)).rejects.toMatchObject({
        code: "SCHEMA_TOO_NEW",
        message: expect.stringContaining("9999-later"),
      });
    });

    test.each([
      ["nobody listens", (url: URL) => url.searchParams.delete("host"), "127.0.0.1:9/", "ECONNREFUSED"],
      ["a wrong password", (url: URL) => (url.password = "wrong"), "", "refuses the password"],
      ["no such database", (url: URL) => (url.pathname = "/nowhere"), "/nowhere", "has no database of this name"],
    ])("that cannot be used is a fault with advice, and without the password: %s", async (what, spoil, place, why) => {
      const url = new URL(database.url);
      spoil(url);
      if (what === "nobody listens") url.host = "127.0.0.1:9";
      else url.searchParams.delete("host");
      const fault = await openStore({ url: url.href, dataFolder: folder }, log).then(String, (error: unknown) => error);
      expect(fault).toMatchObject({ code: "DATABASE_UNREACHABLE", message: expect.stringContaining(why) });
      expect(fault).toMatchObject({ message: expect.stringContaining(place) });
      expect(String(fault)).not.toContain(new URL(database.url).password);
    });
  });

  describe("arrivals", () => {
    test("are known again by channel and key, also when both come at once", async () => {
      const lane = laneFrom("in/known");
      await arrive(lane, "same");
      await expect(arrive(lane, "same")).rejects.toThrow("known");
      const twice = await Promise.allSettled([arrive(lane, "race"), arrive(lane, "race")]);
      expect(twice.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
      const other = { channel: "other", dedupeKey: "same", lane, receivedAt: new Date(), hasFiles: false };
      const message = { from: { address: "a" }, to: "b", text: "", references: [], automatic: false };
      expect(await addArrival(database.durable, { ...other, message })).toBeDefined();
    });

    test("wait in their order; one that is not due yet is still in its place", async () => {
      const lane = laneFrom("in/order");
      const ids: InboxId[] = [];
      for (const key of ["1", "2", "3"]) ids.push(await arrive(lane, `order ${key}`));
      const fence = await acquire(lane);
      const [first, second] = ids;
      if (!first || !second) throw new Error("no arrivals");
      await postpone(database.relaxed, fence, first, {
        dueAt: new Date(Date.now() + 60_000),
        code: "LATER",
        attempts: 1,
      });
      expect((await readWaiting(database.relaxed, lane, 2)).map(({ id, attempts }) => [id, attempts])).toEqual([
        [first, 1],
        [second, 0],
      ]);
      expect(await findIdleLanes(database.relaxed, new Date(), 100)).toContainEqual({ lane, whose: "mail" });
    });

    test("leave the store once they stand in the room, words and files", async () => {
      const lane = laneFrom("in/posted");
      const id = await arrive(lane, "posted", true);
      const file = { name: "a.txt", type: "text/plain", inline: false };
      await addAttachment(database.durable, id, 0, { ...file, content: Readable.from([Buffer.from("file")]) });
      const conversation = await converse("posted");
      const posting = {
        id,
        conversation,
        room: ROOM,
        ghost: "posted",
        remoteId: "id@b.example",
        screenedAt: new Date(),
      };
      const fence = await acquire(lane);
      await journalText(database.relaxed, fence, posting, eventId("$text"));
      await journalFile(database.relaxed, fence, posting, {
        event: eventId("$file"),
        position: 0,
        partOf: eventId("$text"),
      });
      await settleFiles(database.relaxed, fence, id);

      const row = await database.durable.selectFrom("inbox").selectAll().where("id", "=", id).executeTakeFirst();
      expect(row).toMatchObject({ state: "posted", message: null, conversation_id: conversation });
      expect(await readFiles(database.durable, id)).toEqual([]);
      expect([await count("blob"), await count("blob_chunk")]).toEqual([0, 0]);
      const messages = await database.durable.selectFrom("message").select(["event_id", "remote_id"]).execute();
      expect(messages).toEqual([
        { event_id: "$text", remote_id: "id@b.example" },
        { event_id: "$file", remote_id: null },
      ]);
      await expect(arrive(lane, "posted")).rejects.toThrow("known");
    });

    test("keep their files when some could not be shown, and their words in quarantine", async () => {
      const lane = laneFrom("in/kept");
      const [shown, set] = [await arrive(lane, "kept", true), await arrive(lane, "quarantined")];
      const file = { name: "b.txt", type: "text/plain", inline: false };
      await addAttachment(database.durable, shown, 0, { ...file, content: Readable.from([Buffer.from("kept")]) });
      const conversation = await converse("kept");
      const posting = {
        id: shown,
        conversation,
        room: ROOM,
        ghost: "kept",
        remoteId: undefined,
        screenedAt: new Date(),
      };
      const fence = await acquire(lane);
      await journalText(database.relaxed, fence, posting, eventId("$kept"));
      await journalFile(database.relaxed, fence, posting, {
        event: eventId("$lost"),
        position: undefined,
        partOf: eventId("$kept"),
      });
      await settleFiles(database.relaxed, fence, shown);
      await quarantine(database.durable, fence, set, "M_BAD");
      const [kept] = await readFiles(database.durable, shown);
      expect(kept).toMatchObject({ name: "b.txt", size: 4 });
      const row = await database.durable.selectFrom("inbox").selectAll().where("id", "=", set).executeTakeFirst();
      expect(row).toMatchObject({ state: "quarantined", message: { text: "words" } });
      expect(await readWaiting(database.relaxed, lane, 10)).toEqual([]);
    });
  });

  describe("events", () => {
    test("are known again by their id, and lose their words when they are settled", async () => {
      const event = (id: string) => ({ eventId: id, room: ROOM, event: { body: `${id}\0` } });
      const found = [{ lane: roomLane(ROOM), whose: "" }];
      expect(await addEvents(database.durable, [event("$1"), event("$2"), event("$1")])).toEqual(found);
      expect(await findIdleRooms(database.relaxed, new Date(Date.now() + 1_000), 10)).toEqual(found);
      expect(await addEvents(database.durable, [event("$2"), event("$1")])).toEqual([]);
      const waiting = await readWaitingEvents(database.relaxed, ROOM, undefined, 10);
      expect(waiting.map(({ event }) => event)).toEqual([{ body: "$1\ufffd" }, { body: "$2\ufffd" }]);
      const fence = await acquire(laneFrom(`ev/${ROOM}`));
      for (const { seq } of waiting) await settleEvent(database.relaxed, fence, seq, "note");
      expect(await readWaitingEvents(database.relaxed, ROOM, undefined, 10)).toEqual([]);
      expect(await addEvents(database.durable, [event("$1")])).toEqual([]);
      const rows = await database.durable.selectFrom("matrix_event").select(["event", "code"]).execute();
      expect(rows).toEqual([
        { event: null, code: "note" },
        { event: null, code: "note" },
      ]);
      expect(await findIdleRooms(database.relaxed, new Date(), 10)).toEqual([]);
    });
  });

  describe("notes", () => {
    test("belong to their channel, and the newest counts", async () => {
      const [one, two] = [openNotes(database.durable, "one"), openNotes(database.durable, "two")];
      await one.set("cursor", "1");
      await one.set("cursor", "2");
      await two.set("cursor", "other");
      expect([await one.get("cursor"), await two.get("cursor"), await one.get("absent")]).toEqual([
        "2",
        "other",
        undefined,
      ]);
    });
  });

  describe("a lane", () => {
    test("is held until its lease runs out or is released, by nobody twice", async () => {
      const lane = laneFrom("in/held");
      const first = await acquire(lane);
      for (const owner of OWNERS) await expect(acquire(lane, owner)).rejects.toThrow("held");
      await releaseLane(database.relaxed, lane, first.token);
      // A renewal that was under way comes too late.
      expect(await renewLane(database.relaxed, lane, first.token, 60_000)).toBe(false);
      const second = await acquire(lane, OWNERS[1]);
      await releaseLane(database.relaxed, lane, first.token);
      expect(await renewLane(database.relaxed, lane, second.token, 60_000)).toBe(true);
    });

    test("once taken over refuses each write of the inbox and of events by the old owner", async () => {
      const { old, now } = await changeHands(laneFrom("in/fenced"));
      const id = await arrive(old.lane, "fenced");
      const conversation = await converse("fenced");
      const posting = { id, conversation, room: ROOM, ghost: "fenced", remoteId: undefined, screenedAt: new Date() };
      await addEvents(database.durable, [{ eventId: "$fenced", room: roomId("!fenced"), event: {} }]);
      const [event] = await readWaitingEvents(database.relaxed, roomId("!fenced"), undefined, 1);
      const fault = { dueAt: new Date(), code: "X", attempts: 1 };
      const writes: ((db: Kysely<Schema>, fence: Fence) => Promise<void>)[] = [
        (db, fence) => bindConversation(db, fence, id, conversation),
        (db, fence) => postpone(db, fence, id, fault),
        (db, fence) => settleEvent(db, fence, event?.seq ?? "", "x"),
        (db, fence) => settleText(db, fence, posting, eventId("$posted")),
      ];
      for (const write of [...writes, (db: Kysely<Schema>, fence: Fence) => quarantine(db, fence, id, "X")])
        await expect(write(database.durable, old)).rejects.toThrow(FencedOffError);
      const [row] = await readWaiting(database.durable, old.lane, 1);
      expect(row).toMatchObject({ conversation: undefined, attempts: 0 });
      for (const write of writes) await write(database.durable, now);
    });

    test("once taken over refuses each write of the outbox by the old owner", async () => {
      const conversation = await converse("answered");
      const { old, now } = await changeHands(laneFrom(`out/${conversation}`));
      const times = { dueAt: new Date(), writtenAt: new Date() };
      const written = { conversation, event: eventId("$answer"), agent: userId("@agent:x"), address: "a@b.example" };
      await addAnswer(database.durable, { ...written, ...times, content: { text: "words" }, inReplyTo: undefined });
      const read = async () => {
        const [answer] = await readOpenAnswers(database.durable, conversation);
        if (!answer) throw new Error("no answer");
        return answer;
      };
      const answer = await read();
      const shown = { shown: "sent", event: eventId("$reaction"), done: true, news: undefined } as const;
      const writes: ((fence: Fence) => Promise<void>)[] = [
        (fence) => claimAttempt(database.durable, fence, answer.id, new Date()),
        (fence) => settleAttempt(database.durable, fence, answer, { state: "sent", remoteId: "x" }),
        (fence) => markShown(database.durable, fence, answer.id, shown),
      ];
      for (const write of writes) {
        await expect(write(old)).rejects.toThrow(FencedOffError);
        await write(now);
      }
      expect(await readOpenAnswers(database.durable, conversation)).toEqual([]);
    });

    test("changes hands wholly before or wholly after a write", async () => {
      const lane = laneFrom("in/at-once");
      const id = await arrive(lane, "at once");
      const old = await acquire(lane, OWNERS[0], 1);
      await sleep(10);
      // Before: whoever takes over waits for the write, and so reads what it wrote.
      let taken: Fence | undefined;
      const taking = await database.durable.transaction().execute(async (trx) => {
        await postpone(trx, old, id, { dueAt: new Date(), code: "BEFORE", attempts: 1 });
        const asking = acquire(lane, OWNERS[1], 1).then((fence) => {
          taken = fence;
        });
        await sleep(200);
        expect(taken).toBeUndefined();
        return { asking };
      });
      await taking.asking;
      expect((await readWaiting(database.durable, lane, 1))[0]?.attempts).toBe(1);
      // After: a write that meets the hand-over waits for it, and is then refused.
      await sleep(10);
      const writing = await database.durable.transaction().execute(async (trx) => {
        await acquireLane(trx, lane, OWNERS[0], 60_000);
        const fence = taken ?? old;
        const refused = expect(
          postpone(database.durable, fence, id, { dueAt: new Date(), code: "AFTER", attempts: 1 }),
        ).rejects.toThrow(FencedOffError);
        await sleep(200);
        return { refused };
      });
      await writing.refused;
      expect((await readWaiting(database.durable, lane, 1))[0]?.attempts).toBe(1);
    });
  });

  describe("blobs", () => {
    test("of 60 MB stream in and out without standing in memory", async () => {
      // A heap as on a small machine: what is garbage does not lie about for long, what is held counts.
      const env = { NODE_OPTIONS: "--max-semi-space-size=1 --max-old-space-size=40" };
      const child = runScript("blob-stream.ts", [database.url, "60"], { env });
      const { equal, grownMegabytes } = JSON.parse((await child.line("done", 60_000)).slice("done ".length));
      expect(equal).toBe(true);
      expect(grownMegabytes).toBeLessThan(40);
    }, 70_000);

    test("are cut into rows of one size, whatever pieces they come in", async () => {
      const whole = Buffer.alloc(700 * 1024, "x");
      const pieces = [[whole], [whole.subarray(0, 1), whole.subarray(1)], [Buffer.alloc(0), whole], []];
      for (const content of pieces) {
        const id = await database.durable.transaction().execute((trx) => writeBlob(trx, Readable.from(content)));
        const rows = await database.durable
          .selectFrom("blob_chunk")
          .select("bytes")
          .where("blob_id", "=", id)
          .execute();
        expect(Math.max(0, ...rows.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(256 * 1024);
        const read = await readBlob(database.relaxed, id).toArray();
        expect(Buffer.concat(read).equals(Buffer.concat(content))).toBe(true);
      }
    });
  });

  describe("connections", () => {
    test("that break between two statements of a transaction break nothing else", async () => {
      const broken = database.durable.transaction().execute(async (trx) => {
        const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx);
        await sql`select pg_terminate_backend(${rows[0]?.pid ?? 0})`.execute(database.relaxed);
        await sleep(200);
        await sql`select 1`.execute(trx);
      });
      await expect(broken).rejects.toThrow();
      const answers = async () => (await sql`select 1`.execute(database.durable)).rows.length === 1;
      await until("the pool has another", () => answers().catch(() => false));
    });
  });
});
