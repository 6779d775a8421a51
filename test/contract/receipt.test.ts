import { createSecretKey } from "node:crypto";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DeliveryReceipt, Inbox } from "../../src/adapter/index.ts";
import { nameDelivery } from "../../src/conversation/delivery-id.ts";
import { channelId, conversationId, eventId, type Lane, roomId, userId } from "../../src/domain/ids.ts";
import { openInbox } from "../../src/inbox/accept.ts";
import { claimAttempt, settleAttempt } from "../../src/store/attempt.ts";
import { acquireLane } from "../../src/store/lane.ts";
import { addMessage } from "../../src/store/message.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import { addAnswer, markShown, readOpenAnswers } from "../../src/store/outbox.ts";
import { type ConfigFolder, folderWith } from "../support/config-folder.ts";

const replyKey = createSecretKey(Buffer.alloc(32, 7));
const ROOM = roomId("!hall:agents.test");

describe("late news in the store", () => {
  let folder: ConfigFolder;
  let store: Store;
  const woken: Lane[] = [];
  let inbox: Inbox;
  let sms: Inbox;

  beforeAll(async () => {
    folder = folderWith({});
    store = await openStore({ dataFolder: folder.path("data") }, pino({ level: "silent" }));
    const base = {
      database: store.database,
      laneKey: createSecretKey(Buffer.alloc(32)),
      replyKey,
      isOwn: () => false,
      wake: (lane: Lane) => woken.push(lane),
    };
    inbox = openInbox({ ...base, channel: channelId("mail") });
    sms = openInbox({ ...base, channel: channelId("sms") });
  });
  afterAll(async () => {
    await store?.close();
    folder[Symbol.dispose]();
  });

  let number = 0;
  /** An answer that was sent and shown as sent. */
  async function sendAnswer(cc: readonly { address: string }[] = []) {
    const { durable } = store.database;
    number += 1;
    const [event, remoteId] = [eventId(`$answer${number}`), `m${number}@town.example`];
    await durable
      .insertInto("ghost")
      .values({ localpart: `g${number}`, channel_type: "email", address: `a${number}@x.example`, registered_at: null })
      .execute();
    const { id } = await durable
      .insertInto("conversation")
      .values({
        agency: "hall",
        channel: "mail",
        room_id: ROOM,
        citizen: `g${number}`,
        address: `a${number}@x.example`,
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    const conversation = conversationId(id);
    await addMessage(durable, { event, room: ROOM, conversation, author: "agent" });
    const now = new Date();
    await addAnswer(durable, {
      conversation,
      event,
      agent: userId("@agent:agents.test"),
      address: "a@x.example",
      cc,
      content: { text: "Yes." },
      inReplyTo: undefined,
      dueAt: now,
      writtenAt: now,
    });
    const lane = `out/${conversation}` as Lane;
    const token = (await acquireLane(durable, lane, crypto.randomUUID(), 60_000)) ?? "";
    const fence = { lane, token, signal: new AbortController().signal };
    const [answer] = await readOpenAnswers(durable, conversation);
    if (!answer) throw new Error("no answer");
    const show = (news: "delayed" | "failed" | undefined) =>
      markShown(durable, fence, answer.id, { shown: "sent", event: eventId("$ok"), done: true, news });
    await claimAttempt(durable, fence, answer.id, now);
    await settleAttempt(durable, fence, answer, { state: "sent", remoteId });
    await show(undefined);
    return { conversation, lane, remoteId, deliveryId: nameDelivery(replyKey, conversation, answer.id), show };
  }

  const receipt = (about: DeliveryReceipt["about"], over: Partial<DeliveryReceipt> = {}): DeliveryReceipt => ({
    about,
    state: "failed",
    code: "MAILBOX_FULL",
    at: new Date(),
    ...over,
  });
  const open = (conversation: Parameters<typeof readOpenAnswers>[1]) =>
    readOpenAnswers(store.database.durable, conversation);

  test("a bounce opens the answer again, by either name", async () => {
    for (const way of ["remoteIds", "deliveryIds"] as const) {
      const { conversation, lane, remoteId, deliveryId } = await sendAnswer();
      expect(await open(conversation)).toHaveLength(0);
      const name = way === "remoteIds" ? remoteId : deliveryId;
      const news = receipt(
        { [way]: ["other", name] },
        { remark: "the mailbox is full", remoteAnswer: "552\0 5.2.2\n full" },
      );
      expect(await inbox.receipt(news)).toBe("applied");
      expect(woken.at(-1)).toBe(lane);
      expect((await open(conversation))[0]).toMatchObject({
        state: "sent",
        news: {
          state: "failed",
          code: "MAILBOX_FULL",
          remark: "the mailbox is full",
          remoteAnswer: "552\u{FFFD} 5.2.2 full",
        },
      });
    }
  });

  test("of several recipients, the one whom the news are about is named", async () => {
    const recipient = "bob@x.example";
    for (const [cc, remark] of [
      [[{ address: recipient }], `${recipient}: full`],
      [[], "full"],
    ] as const) {
      const { conversation, remoteId } = await sendAnswer(cc);
      await inbox.receipt(receipt({ remoteIds: [remoteId] }, { remark: "full", recipient }));
      expect((await open(conversation))[0]).toMatchObject({ cc, news: { remark } });
    }
  });

  test("the surest name counts", async () => {
    const [first, second] = [await sendAnswer(), await sendAnswer()];
    await inbox.receipt(receipt({ remoteIds: [second.remoteId, first.remoteId] }));
    expect(await open(second.conversation)).toHaveLength(1);
    expect(await open(first.conversation)).toHaveLength(0);
  });

  test("older and repeated news change nothing and wake nobody", async () => {
    const { conversation, remoteId } = await sendAnswer();
    await inbox.receipt(receipt({ remoteIds: [remoteId] }));
    const before = woken.length;
    expect(await inbox.receipt(receipt({ remoteIds: [remoteId] }))).toBe("applied");
    expect(await inbox.receipt(receipt({ remoteIds: [remoteId] }, { state: "delayed" }))).toBe("applied");
    expect(woken).toHaveLength(before);
    expect((await open(conversation))[0]?.news?.state).toBe("failed");
  });

  test("news that come while the answer is shown keep it open", async () => {
    const { conversation, remoteId, show } = await sendAnswer();
    await inbox.receipt(receipt({ remoteIds: [remoteId] }));
    await show(undefined);
    expect(await open(conversation)).toHaveLength(1);
    await show("failed");
    expect(await open(conversation)).toHaveLength(0);
  });

  test("nothing is known of strangers' messages, of another channel's, of forged names", async () => {
    const { remoteId, deliveryId } = await sendAnswer();
    const forged = `${deliveryId.slice(0, 4)}${deliveryId[4] === "a" ? "b" : "a"}${deliveryId.slice(5)}`;
    expect(await inbox.receipt(receipt({ remoteIds: ["x@elsewhere"], deliveryIds: [forged, "", "1-a-1"] }))).toBe(
      "unknown",
    );
    expect(await inbox.receipt(receipt({}))).toBe("unknown");
    expect(await sms.receipt(receipt({ remoteIds: [remoteId], deliveryIds: [deliveryId] }))).toBe("unknown");
  });

  test("a code that is none is not kept", async () => {
    const { conversation, remoteId } = await sendAnswer();
    await inbox.receipt(receipt({ remoteIds: [remoteId] }, { code: "anna@x.example" }));
    expect((await open(conversation))[0]?.news?.code).toBe("OTHER");
  });
});
