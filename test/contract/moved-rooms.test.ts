import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ConversationId, eventId, laneFrom, roomId } from "../../src/domain/ids.ts";
import { listAgencyRooms, makeRoomCurrent } from "../../src/store/agency-room.ts";
import { addConversation, findCandidates } from "../../src/store/conversation.ts";
import { findBeginning, findEarlier } from "../../src/store/earlier.ts";
import { addGhost } from "../../src/store/ghost.ts";
import { addArrival } from "../../src/store/inbox.ts";
import { acquireLane } from "../../src/store/lane.ts";
import { addMessage, readPlace } from "../../src/store/message.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import { findPortalOwner, moveRoom } from "../../src/store/portal-room.ts";
import { settleText } from "../../src/store/posting.ts";
import { folderWith } from "../support/config-folder.ts";

const [OLD, NEW] = [roomId("!old"), roomId("!new")];
const ADDRESS = "jeanne@example.org";
const from = { channel: "town-mail", address: "a@x.example" };
const GHOST = "_guichet_email_x";

describe("conversations of a room that is replaced", () => {
  const folder = folderWith({});
  let store: Store;
  beforeAll(async () => {
    store = await openStore({ dataFolder: folder.path("data") }, pino({ level: "silent" }));
    await addGhost(store.database.durable, { localpart: GHOST, channelType: "email", address: ADDRESS });
  });
  afterAll(async () => {
    await store?.close();
    folder[Symbol.dispose]();
  });
  const db = () => store.database.durable;

  const begin = (portal: "thread" | "room", room = OLD, subject = "Permit") =>
    addConversation(db(), {
      agency: "hall",
      channel: "mail",
      portal,
      room,
      citizen: GHOST,
      address: ADDRESS,
      citizenName: undefined,
      subject,
    });

  /** A citizen's message stands in a room. */
  async function post(conversation: ConversationId, room: string, event: string, remoteId?: string) {
    const lane = laneFrom(`in/${event}`);
    const message = { from: { address: ADDRESS }, to: "m@x", text: "", references: [], automatic: false };
    const arrival = { channel: "mail", dedupeKey: event, lane, message, receivedAt: new Date(), hasFiles: false };
    const id = await addArrival(db(), arrival);
    const token = await acquireLane(db(), lane, "00000000-0000-4000-8000-000000000001", 60_000);
    if (!id || !token) throw new Error("not a new arrival");
    const fence = { lane, token, signal: new AbortController().signal };
    const posting = { id, conversation, room: roomId(room), ghost: GHOST, remoteId, screenedAt: new Date() };
    await settleText(db(), fence, posting, eventId(event));
  }

  const readCurrentRoom = async (wanted: string) =>
    (await listAgencyRooms(db())).find(({ agency, isCurrent }) => isCurrent && agency === wanted)?.room;

  test("begin again in its successor, and stand in both rooms", async () => {
    await makeRoomCurrent(db(), "hall", OLD);
    const conversation = await begin("thread");
    await post(conversation, OLD, "$root", "<root@x>");
    await moveRoom(db(), OLD, NEW);
    await moveRoom(db(), OLD, NEW);
    expect(await readCurrentRoom("hall")).toBe(NEW);
    // A message that was on its way into the old room does not root the conversation in the new one.
    await post(conversation, OLD, "$late");
    const [moved] = await findCandidates(db(), [conversation], [], from);
    expect(moved).toMatchObject({ room: NEW, root: undefined, latest: undefined });
    expect(await findBeginning(db(), conversation)).toEqual({ room: OLD, event: "$root" });

    await post(conversation, NEW, "$again");
    await addMessage(db(), { event: eventId("$answer"), room: OLD, conversation, author: "agent" });
    expect(await readPlace(db(), conversation, OLD)).toMatchObject({ room: OLD, root: "$root", latest: "$answer" });
    expect(await readPlace(db(), conversation, NEW)).toMatchObject({ room: NEW, root: "$again", latest: "$again" });
    expect((await findCandidates(db(), [conversation], [], from))[0]).toMatchObject({
      root: "$again",
      latest: "$again",
    });
  });

  test("own their rooms, before and after", async () => {
    const own = roomId("!own");
    const lost = await begin("room", own);
    const conversation = await begin("room", own);
    expect(await findPortalOwner(db(), own)).toEqual({ conversation, agency: "hall" });
    expect(lost).not.toBe(conversation);
    await moveRoom(db(), own, roomId("!own2"));
    for (const room of [own, roomId("!own2")])
      expect(await findPortalOwner(db(), room)).toEqual({ conversation, agency: "hall" });
    expect(await findPortalOwner(db(), NEW)).toBeUndefined();
    expect(await readCurrentRoom("hall")).toBe(NEW);
  });

  test("are found as earlier ones where they begin now, those of other agencies and without a message are not", async () => {
    const before = await begin("thread", NEW, "Next");
    const search = { before, agency: "hall", address: ADDRESS, references: ["<none@x>", "<root@x>"] };
    const begins = { room: NEW, event: "$again" };
    const { cited, own } = await findEarlier(db(), search);
    expect(cited).toMatchObject([{ address: ADDRESS, subject: "Permit", begins }]);
    expect(own).toMatchObject([{ begins }]);
    expect(await findEarlier(db(), { ...search, agency: "prefecture" })).toEqual({ cited: [], own: [] });
  });
});
