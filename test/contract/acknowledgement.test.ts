import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ConversationId, conversationId, inboxId } from "../../src/domain/ids.ts";
import { acknowledge } from "../../src/inbox/acknowledge.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import { type ConfigFolder, folderWith } from "../support/config-folder.ts";

let folder: ConfigFolder;
let store: Store;
const logged: unknown[] = [];
const log = pino({ level: "warn" }, { write: (line: string) => logged.push(JSON.parse(line)) });

beforeAll(async () => {
  folder = folderWith({});
  store = await openStore({ dataFolder: folder.path("data") }, pino({ level: "silent" }));
});
afterAll(async () => {
  await store?.close();
  folder[Symbol.dispose]();
});

async function begin(agency: string, channel: string, address: string): Promise<ConversationId> {
  const db = store.database.relaxed;
  const citizen = `g-${address}`;
  const ghost = { localpart: citizen, channel_type: "email", address, registered_at: null };
  await db
    .insertInto("ghost")
    .values(ghost)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const { id } = await db
    .insertInto("conversation")
    .values({ agency, channel, room_id: "!hall:agents.test", citizen, address })
    .returning("id")
    .executeTakeFirstOrThrow();
  return conversationId(id);
}

/** A first message of a new conversation. @returns whether it is acknowledged. */
async function write(address: string, { agency = "hall", channel = "mail", receivedAt = new Date() } = {}) {
  const arrival = {
    id: inboxId("1"),
    channel,
    message: { from: { address }, to: "hall@town.example", text: "Hello", references: [], automatic: false },
    conversation: undefined,
    attempts: 0,
    code: undefined,
    dueAt: receivedAt,
    receivedAt,
    dedupeKey: "key",
    hasFiles: false,
  };
  const names = new Map([["en", agency]]);
  const words = { words: new Map<string, string>(), languages: ["en"], names, name: agency };
  return acknowledge(store.database.relaxed, arrival, await begin(agency, channel, address), {
    ...words,
    agency,
    log,
    answers: undefined,
  });
}

const age = (address: string, hours: number) =>
  store.database.relaxed
    .updateTable("outbox")
    .set({ written_at: new Date(Date.now() - hours * 3_600_000) })
    .where("address", "=", address)
    .execute();

test("once a day to an address of an agency, on whichever channel", async () => {
  expect(await write("anna@x.example")).toBe(true);
  expect(await write("anna@x.example")).toBe(false);
  expect(await write("anna@x.example", { channel: "second" })).toBe(false);
  expect(await write("anna@x.example", { agency: "parks", channel: "third" })).toBe(true);
  await age("anna@x.example", 25);
  expect(await write("anna@x.example")).toBe(true);
});

test("300 within an hour on one channel, then none, and the log says so", async () => {
  let count = 0;
  for (let n = 0; n < 303; n++) if (await write(`c${n}@x.example`, { channel: "busy" })) count += 1;
  expect(count).toBe(300);
  expect(logged).toHaveLength(3);
  expect(logged[0]).toMatchObject({ code: "ACKNOWLEDGEMENTS_STOPPED", channel: "busy" });
  expect(await write("calm@x.example", { channel: "calm" })).toBe(true);
  await age("c0@x.example", 2);
  expect(await write("late@x.example", { channel: "busy" })).toBe(true);
});
