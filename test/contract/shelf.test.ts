import { createSecretKey } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { InboundMessage, NewShelfEntry } from "../../src/adapter/index.ts";
import { readReplyToken } from "../../src/conversation/token.ts";
import { channelId, roomId } from "../../src/domain/ids.ts";
import { openInbox } from "../../src/inbox/accept.ts";
import { addConversation, drawConversations } from "../../src/store/conversation.ts";
import { addGhost } from "../../src/store/ghost.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import { clearShelves, openShelf } from "../../src/store/shelf.ts";
import { type ConfigFolder, folderWith } from "../support/config-folder.ts";

const DAY_MS = 24 * 60 * 60_000;
const replyKey = createSecretKey(Buffer.alloc(32, 7));

describe("what a page keeps and tells", () => {
  let folder: ConfigFolder;
  let store: Store;
  beforeAll(async () => {
    folder = folderWith({});
    store = await openStore({ dataFolder: folder.path("data") }, pino({ level: "silent" }));
  });
  afterAll(async () => {
    await store?.close();
    folder[Symbol.dispose]();
  });

  const file = (name: string, bytes: Buffer) => ({ name, type: "image/png", content: Readable.from([bytes]) });
  const entry = (place: string, key: string, parts: Partial<NewShelfEntry> = {}): NewShelfEntry => ({
    place,
    key,
    text: `text of ${key}`,
    until: new Date(Date.now() + DAY_MS),
    files: [],
    ...parts,
  });

  test("entries lie in their order with their files, each key once, for one channel only", async () => {
    const shelf = openShelf(store.database, "form");
    const large = Buffer.alloc(700_000, 1);
    expect(
      await shelf.put(entry("a", "1", { files: [file("one.png", large), file("two.png", Buffer.from("2"))] })),
    ).toBe("put");
    expect(await shelf.put(entry("a", "2"))).toBe("put");
    const again = Readable.from([Buffer.from("never read")]);
    expect(await shelf.put(entry("a", "1", { files: [{ name: "x", type: "x/y", content: again }] }))).toBe("known");
    expect(await shelf.list("a")).toEqual([
      {
        key: "1",
        text: "text of 1",
        files: [
          { name: "one.png", type: "image/png", size: 700_000 },
          { name: "two.png", type: "image/png", size: 1 },
        ],
      },
      { key: "2", text: "text of 2", files: [] },
    ]);
    const opened = await shelf.open("a", "1", 0);
    expect(opened && (await buffer(opened)).equals(large)).toBe(true);
    expect(await shelf.open("a", "1", 2)).toBeUndefined();
    expect(await openShelf(store.database, "other").list("a")).toEqual([]);
  });

  test("a file that breaks off leaves nothing", async () => {
    const shelf = openShelf(store.database, "form");
    const breaking = Readable.from(
      (async function* () {
        yield Buffer.from("half");
        throw new Error("broke off");
      })(),
    );
    await expect(
      shelf.put(entry("broken", "1", { files: [{ name: "x", type: "x/y", content: breaking }] })),
    ).rejects.toThrow("broke off");
    expect(await shelf.list("broken")).toEqual([]);
  });

  test("what is past its time is gone, with its files; a later entry keeps the place", async () => {
    const shelf = openShelf(store.database, "form");
    const past = { until: new Date(Date.now() - 1000) };
    const blobs = async () =>
      (await store.database.relaxed.selectFrom("blob").select("id").execute()).map(({ id }) => id);
    const before = await blobs();
    await shelf.put(entry("old", "1", { ...past, files: [file("x", Buffer.from("x"))] }));
    expect(await shelf.list("old")).toEqual([]);
    expect(await shelf.open("old", "1", 0)).toBeUndefined();
    await shelf.put(entry("kept", "1", past));
    await shelf.put(entry("kept", "2"));
    await clearShelves(store.database.relaxed);
    expect(await blobs()).toEqual(before);
    expect((await shelf.list("kept")).map(({ key }) => key)).toEqual(["1", "2"]);
  });

  test("an arrival is numbered when it is stored, and the same when it comes again", async () => {
    const inbox = openInbox({
      database: store.database,
      channel: channelId("form"),
      laneKey: createSecretKey(Buffer.alloc(32)),
      replyKey,
      isOwn: () => false,
      wake: () => {},
    });
    const message = (dedupeKey: string, parts: Partial<InboundMessage> = {}): InboundMessage => ({
      dedupeKey,
      from: { address: "anna@example.org" },
      to: "form",
      receivedAt: new Date(),
      text: "Bonjour",
      thread: { references: [] },
      isNumbered: true,
      automatic: false,
      attachments: [],
      ...parts,
    });
    expect(await inbox.accept(message("one"))).toBe("accepted");
    const first = await inbox.numberOf("one");
    expect(first && readReplyToken(replyKey, first.token)).toBe(first?.number);
    expect(await inbox.accept(message("one"))).toBe("duplicate");
    expect(await inbox.numberOf("one")).toEqual(first);
    await inbox.accept(message("more", { thread: { references: [], token: first?.token ?? "" } }));
    expect(await inbox.numberOf("more")).toEqual(first);
    await inbox.accept(message("two", { isNumbered: false }));
    expect(await inbox.numberOf("two")).toBeUndefined();
    expect(await inbox.numberOf("never")).toBeUndefined();
    const numbers = await Promise.all(
      Array.from({ length: 60 }, async (_, at) => {
        await inbox.accept(message(`many-${at}`));
        return (await inbox.numberOf(`many-${at}`))?.number;
      }),
    );
    expect(new Set(numbers).size).toBe(60);
  });

  test("a number that was given out begins its conversation, unless another one has it", async () => {
    const db = store.database.durable;
    const room = roomId("!hall:agents.test");
    await addGhost(db, { localpart: "g1", channelType: "webform", address: "anna@example.org" });
    const base = {
      agency: "hall",
      channel: "form",
      portal: "thread" as const,
      room,
      citizen: "g1",
      address: "anna@example.org",
      citizenName: undefined,
      subject: undefined,
    };
    const other = await addConversation(db, base);
    const [drawn] = await drawConversations(db, 1);
    expect(await addConversation(db, { ...base, id: drawn })).toBe(drawn);
    expect(await addConversation(db, { ...base, id: other })).not.toBe(other);
  });
});
