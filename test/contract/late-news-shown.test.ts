import { createSecretKey, randomUUID } from "node:crypto";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DeliveryError, type DeliveryReceipt, type Sent } from "../../src/adapter/index.ts";
import { nameDelivery } from "../../src/conversation/delivery-id.ts";
import { chooseTexts } from "../../src/desk/choose-texts.ts";
import {
  type ConversationId,
  channelId,
  conversationId,
  type EventId,
  eventId,
  type Lane,
  outboxId,
  replyLane,
  userId,
} from "../../src/domain/ids.ts";
import type { Turn } from "../../src/domain/turn.ts";
import { openInbox } from "../../src/inbox/accept.ts";
import { provideRoom } from "../../src/matrix/agency-room.ts";
import { HomeserverClient } from "../../src/matrix/homeserver-client.ts";
import { nameOurUsers } from "../../src/matrix/identity.ts";
import { registerUser } from "../../src/matrix/provision.ts";
import { makeRegistration, writeRegistration } from "../../src/matrix/registration.ts";
import { deliverAnswers } from "../../src/outbox/deliver.ts";
import { claimAttempt } from "../../src/store/attempt.ts";
import { decideDead } from "../../src/store/dead.ts";
import { acquireLane, releaseLane } from "../../src/store/lane.ts";
import { addMessage } from "../../src/store/message.ts";
import { openStore } from "../../src/store/open-store.ts";
import { addAnswer } from "../../src/store/outbox.ts";
import { readSteps } from "../../src/store/step.ts";
import { folderWith } from "../support/config-folder.ts";
import { MatrixClient } from "../support/matrix-client.ts";
import { missing } from "../support/needs.ts";
import { startSynapse } from "../support/synapse.ts";

const lacking = missing("synapse");
const ALIAS = "#hall:agents.test";
const SUCCESSOR = "#hall-again:agents.test";
const replyKey = createSecretKey(Buffer.alloc(32, 7));
const log = pino({ level: "silent" });

describe.skipIf(lacking)(`late news in the agency room ${lacking ?? ""}`, () => {
  const closing = new AsyncDisposableStack();
  let desk: Awaited<ReturnType<typeof openDesk>>;
  beforeAll(async () => {
    desk = await openDesk(closing);
  });
  afterAll(() => closing.disposeAsync());

  test("a bounce takes the place of the sign that it was sent, and is put in words", async () => {
    const answer = await desk.answer();
    expect(await desk.signsOn(answer.event)).toEqual(["✅"]);
    await desk.tell(answer, {
      state: "delayed",
      code: "UNREACHABLE",
      remark: "the mail server there cannot be reached",
    });
    expect(await desk.signsOn(answer.event)).toEqual(["⏳"]);
    await desk.tell(answer, {
      state: "failed",
      code: "MAILBOX_FULL",
      remark: "the mailbox is full",
      remoteAnswer: "552 5.2.2",
    });
    expect(await desk.signsOn(answer.event)).toEqual(["❌"]);
    const notices = await desk.noticesOn(answer.event);
    expect(notices[0]).toContain("held up on its way (the mail server there cannot be reached)");
    expect(notices[1]).toContain("came back (the mailbox is full: 552 5.2.2)");
    expect(notices).toHaveLength(2);
  });

  test("delivered after a delay is sent again, read after that is seen, without a word", async () => {
    const answer = await desk.answer();
    for (const [state, sign] of [
      ["delayed", "⏳"],
      ["delivered", "✅"],
      ["read", "👁"],
      ["failed", "👁"],
    ] as const) {
      await desk.tell(answer, { state, code: "OTHER" });
      expect(await desk.signsOn(answer.event)).toEqual([sign]);
    }
    expect(await desk.noticesOn(answer.event)).toHaveLength(1);
  });

  test("what nobody knows of is sent again only when a person asks, under the same name", async () => {
    desk.channel.repeatable = false;
    desk.channel.names.length = 0;
    desk.channel.send = () => Promise.reject(new DeliveryError("unknown", "SMPP_CUT"));
    const answer = await desk.answer();
    expect(await desk.signsOn(answer.event)).toEqual(["❌"]);
    expect((await desk.noticesOn(answer.event))[0]).toMatch(/May have arrived, or not \(SMPP_CUT\).*React with 🔁/);
    await desk.work(answer.lane, answer.conversation);
    expect(desk.channel.names).toHaveLength(1);
    desk.channel.send = async (name) => ({ remoteId: name });
    await desk.replay(answer);
    expect(await desk.signsOn(answer.event)).toEqual(["✅"]);
    expect(new Set(desk.channel.names).size).toBe(1);
    expect(desk.channel.names).toHaveLength(2);
  });

  test("a bounce is told where the conversation goes on, with a link to the answer, and decided there", async () => {
    const answer = await desk.answer();
    const root = await desk.move(answer.conversation);
    await desk.tell(answer, { state: "failed", code: "MAILBOX_FULL" });
    expect(await desk.signsOn(answer.event)).toEqual(["❌"]);
    expect(await desk.noticesOn(answer.event)).toEqual([]);
    const said = await desk.last(desk.successor);
    expect(said?.content["m.mentions"]).toEqual(desk.mentioned);
    expect(said?.content["m.relates_to"]).toMatchObject({ event_id: root, "m.in_reply_to": { event_id: root } });
    expect(said?.content.body).toMatch(/came back \(MAILBOX_FULL\).*🔁.* https:\/\/matrix\.to\/#/);
    expect(said?.content.body).toContain(encodeURIComponent(answer.event));
    expect(await desk.replay({ ...answer, event: eventId(said?.event_id ?? "") })).toBe(answer.conversation);
    expect(await desk.signsOn(answer.event)).toEqual(["✅"]);
  });

  test("an attempt whose process died is not made again, and is no second one", async () => {
    desk.channel.repeatable = false;
    desk.channel.names.length = 0;
    const answer = await desk.answer({ isInterrupted: true });
    expect(await desk.signsOn(answer.event)).toEqual(["❌"]);
    expect(await desk.stepsOf(answer.event)).toEqual(["composed", "held", "attempted 1", "unknown 1"]);
    expect(desk.channel.names).toEqual([]);
    // It has arrived after all.
    await desk.tell(answer, { state: "delivered", code: "OTHER" });
    expect(await desk.signsOn(answer.event)).toEqual(["✅"]);
    expect(await desk.replay(answer)).toBeUndefined();
  });
});

/** An agency room on a real Synapse, and a channel that takes every answer. */
async function openDesk(closing: AsyncDisposableStack) {
  const folder = closing.use(folderWith({}));
  const registration = makeRegistration({
    url: "http://127.0.0.1:1",
    domain: "agents.test",
    aliases: [ALIAS, SUCCESSOR],
  });
  const file = join(folder.path("."), "registration.yaml");
  writeRegistration(file, registration, { replace: true });
  const synapse = await startSynapse({ appServices: [file] });
  closing.defer(() => synapse.close());
  const store = await openStore({ dataFolder: folder.path("data") }, log);
  closing.defer(() => store.close());
  const client = new HomeserverClient({ url: synapse.url, token: registration.as_token });
  closing.defer(() => client.close());
  const users = nameOurUsers("agents.test", registration.sender_localpart);
  await registerUser(client, users, "_guichet_bot");
  const account = await synapse.register("agent");
  const wanted = { alias: ALIAS, name: "Hall", topic: "", agents: [account.userId], bridges: new Map() };
  const { room } = await provideRoom(client, users, wanted);
  const agent = new MatrixClient(synapse.url, account);
  closing.defer(() => agent.close());
  await agent.join(ALIAS);
  const { room: successor } = await provideRoom(client, users, { ...wanted, alias: SUCCESSOR });
  await agent.join(SUCCESSOR);

  const { database } = store;
  const inbox = openInbox({
    database,
    channel: channelId("mail"),
    laneKey: replyKey,
    replyKey,
    isOwn: () => false,
    wake: () => {},
  });
  const channel = {
    repeatable: true,
    /** Of the messages that were handed to it. */
    names: [] as string[],
    send: async (name: string): Promise<Sent> => ({ remoteId: `${name}@town.example` }),
  };
  const parts = {
    database,
    client,
    users,
    log,
    replyKey,
    texts: () => chooseTexts(["en"]),
    agencyName: () => "Hall",
    links: undefined,
    openFile: () => Promise.reject(new Error("no files here")),
    bridge: () => ({
      capabilities: {
        ...{ send: true, html: true, cc: false, subject: true, attachmentBytes: 0 },
        repeatable: channel.repeatable,
      },
      start: async () => {},
      stop: async () => {},
      health: () => ({ state: "up" as const, since: new Date() }),
      send: ({ deliveryId }: { deliveryId: string }) => {
        channel.names.push(deliveryId);
        return channel.send(deliveryId);
      },
    }),
  };
  let citizens = 0;

  const idOf = async (event: EventId) => {
    const query = database.durable.selectFrom("outbox").select("id").where("event_id", "=", event);
    return outboxId((await query.executeTakeFirstOrThrow()).id);
  };

  const work = async (lane: Lane, conversation: ConversationId) => {
    const token = (await acquireLane(database.durable, lane, "00000000-0000-4000-8000-000000000001", 60_000)) ?? "";
    const fence = { lane, token, signal: new AbortController().signal };
    const turn: Turn = { isOver: () => false, outside: (wait) => wait() };
    await deliverAnswers(parts, fence, conversation, turn);
    await releaseLane(database.durable, lane, token);
  };

  return {
    channel,
    work,
    /** An agent's answer that has been tried, or whose attempt a dead process began. */
    async answer({ isInterrupted = false } = {}) {
      citizens += 1;
      const citizen = `_guichet_${citizens}`;
      const address = `anna${citizens}@citizen.example`;
      await database.durable
        .insertInto("ghost")
        .values({ localpart: citizen, channel_type: "email", address, registered_at: null })
        .execute();
      const root = await agent.sendText(room, "May I?");
      const { id } = await database.durable
        .insertInto("conversation")
        .values({ agency: "hall", channel: "mail", room_id: room, root_event_id: root, citizen, address })
        .returning("id")
        .executeTakeFirstOrThrow();
      const conversation = conversationId(id);
      const event = eventId(await agent.reply(room, root, "Yes.", root));
      await addMessage(database.durable, { event, room, conversation, author: "agent" });
      const now = new Date();
      await addAnswer(database.durable, {
        conversation,
        event,
        agent: userId(account.userId),
        address,
        content: { text: "Yes." },
        inReplyTo: undefined,
        dueAt: now,
        writtenAt: now,
      });
      const lane = replyLane(conversation);
      if (isInterrupted) {
        const token = (await acquireLane(database.durable, lane, randomUUID(), 60_000)) ?? "";
        const fence = { lane, token, signal: new AbortController().signal };
        await claimAttempt(database.durable, fence, await idOf(event), now);
        await releaseLane(database.durable, lane, token);
      }
      await work(lane, conversation);
      const { remote_id } = await database.durable
        .selectFrom("outbox")
        .select("remote_id")
        .where("event_id", "=", event)
        .executeTakeFirstOrThrow();
      return {
        event,
        conversation,
        lane,
        root,
        remoteId: remote_id ?? "",
        name: nameDelivery(replyKey, conversation, await idOf(event)),
      };
    },
    /** Hands in news, and works the lane until nothing is open. */
    async tell(
      {
        lane,
        conversation,
        remoteId,
        name,
      }: { lane: Lane; conversation: ConversationId; remoteId: string; name: string },
      news: Omit<DeliveryReceipt, "about" | "at">,
    ) {
      expect(
        await inbox.receipt({ about: { deliveryIds: [name], remoteIds: [remoteId] }, at: new Date(), ...news }),
      ).toBe("applied");
      await work(lane, conversation);
    },
    /** An agent asks for another attempt. */
    async replay({ event, lane, conversation }: { event: EventId; lane: Lane; conversation: ConversationId }) {
      const decided = await decideDead(database.durable, { event }, "replay", "BY_AGENT");
      await work(lane, conversation);
      return decided;
    },
    async stepsOf(event: EventId): Promise<string[]> {
      const steps = await readSteps(database.durable, { answer: await idOf(event) });
      return steps.map(({ step, attempt }) => (attempt === undefined ? step : `${step} ${attempt}`));
    },
    async signsOn(event: string): Promise<string[]> {
      const found = await agent.relations(room, event, "m.annotation");
      return found.flatMap(({ content }) => {
        const relation = content["m.relates_to"];
        return typeof relation === "object" && relation !== null && "key" in relation ? [String(relation.key)] : [];
      });
    },
    /** The conversation goes on in another room. @returns its first event there. */
    async move(conversation: ConversationId): Promise<EventId> {
      const root = eventId(await agent.sendText(successor, "May I, again?"));
      const row = { room_id: successor, root_event_id: root };
      await database.durable.updateTable("conversation").set(row).where("id", "=", conversation).execute();
      return root;
    },
    successor,
    mentioned: { user_ids: [account.userId] },
    last: async (place: string) => (await agent.messages(place)).at(-1),
    /** Notices that reply to the message, oldest first. */
    async noticesOn(event: string): Promise<string[]> {
      const all = await agent.messages(room);
      return all
        .filter(
          ({ content }) => content.msgtype === "m.notice" && JSON.stringify(content["m.relates_to"]).includes(event),
        )
        .map(({ content }) => String(content.body));
    },
  };
}
