import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isRecord } from "../../src/domain/is-record.ts";
import { readTokens } from "../../src/matrix/registration.ts";
import { type House, openHouse } from "../support/house.ts";
import { isReaction } from "../support/is-reaction.ts";
import { MatrixClient, type MatrixEvent } from "../support/matrix-client.ts";
import { missing } from "../support/needs.ts";

const JEANNE = { name: "Jeanne Martin", address: "jeanne@example.org" };
const BOT = "@_guichet_bot:agents.test";
const header = (raw: string, name: string) =>
  new RegExp(`^${name}: ((?:.*)(?:\\r?\\n[ \\t].*)*)`, "im").exec(raw)?.[1]?.replace(/\r?\n\s+/g, " ") ?? "";
const relation = (event: MatrixEvent) => event.content["m.relates_to"];

/** The room that a notice in the agency room leads to. */
async function opened(house: House, count: number): Promise<string> {
  const links: string[] = [];
  await house.agent.waitForEvent(
    house.room,
    ({ event_id, content }) => {
      const [, room] = /matrix\.to\/#\/([^?]+)\?via=agents\.test/.exec(String(content.body)) ?? [];
      if (room && content.msgtype === "m.notice" && !links.includes(`${event_id} ${room}`))
        links.push(`${event_id} ${room}`);
      return links.length >= count;
    },
    30_000,
  );
  return decodeURIComponent(links[count - 1]?.split(" ")[1] ?? "");
}

/** As the bot itself, to give an agent the power that a room's owner has. */
async function letUpgrade(house: House, room: string): Promise<void> {
  const { as_token: accessToken } = readTokens(join(house.folder, "registration.yaml"));
  const bot = new MatrixClient(house.synapse.url, { userId: BOT, accessToken });
  const state = `/v3/rooms/${encodeURIComponent(room)}/state/m.room.power_levels/?user_id=${encodeURIComponent(BOT)}`;
  const levels = await bot.call("GET", state);
  const [users, events] = [levels.users, levels.events].map((one) => (isRecord(one) ? one : {}));
  await bot.call("PUT", state, {
    ...levels,
    users: { ...users, [house.agent.userId]: 100 },
    events: { ...events, "m.room.tombstone": 100 },
  });
  await bot.close();
}

const upgrade = async (house: House, room: string, over: Record<string, unknown> = {}): Promise<string> =>
  String(
    (await house.agent.call("POST", `/v3/rooms/${encodeURIComponent(room)}/upgrade`, { new_version: "12", ...over }))
      .replacement_room,
  );

const resolve = async (house: House, alias: string) =>
  (await house.agent.call("GET", `/v3/directory/room/${encodeURIComponent(alias)}`)).room_id;

describe("conversations in rooms of their own", () => {
  const lacks = missing("synapse");
  let house: House;
  beforeAll(async () => {
    if (!lacks) house = await openHouse({ agency: { portal: "room", undo_seconds: 2 } });
  });
  afterAll(() => house?.close());

  test.skipIf(lacks)(
    `a mail makes a room for its matter, and everything goes through it${lacks ? ` (needs ${lacks})` : ""}`,
    async () => {
      const { agent } = house;
      const space = await agent.join("#town-hall-space:agents.test");
      expect(await agent.state(space, "m.room.create")).toMatchObject({ type: "m.space" });
      expect(await agent.state(space, "m.space.child", house.room)).toMatchObject({ via: ["agents.test"] });
      expect(await agent.state(space, "m.room.join_rules")).toMatchObject({ join_rule: "invite" });

      await house.mail({
        from: JEANNE,
        subject: "Parking permit",
        messageId: "<first@example.org>",
        text: "Bonjour, where do I apply?",
        attachments: [{ filename: "plan.png", content: Buffer.from("89504e47", "hex"), contentType: "image/png" }],
      });
      const room = await opened(house, 1);
      const said = await agent.messages(house.room);
      expect(JSON.stringify(said.filter(({ type }) => type === "m.room.message"))).not.toMatch(
        /Jeanne|jeanne|permit|apply/,
      );

      // Who is in the space may come in; others may not.
      const outside = new MatrixClient(house.synapse.url, await house.synapse.register("outside"));
      await expect(outside.join(room)).rejects.toMatchObject({ status: 403 });
      const inside = new MatrixClient(house.synapse.url, await house.synapse.register("inside"));
      await agent.call("POST", `/v3/rooms/${encodeURIComponent(space)}/invite`, { user_id: inside.userId });
      await inside.join(space);
      await inside.join(room);
      await agent.join(room);

      const root = await house.arrival("where do I apply", 30_000, room);
      expect(root.content.body).toContain("Parking permit\nJeanne Martin <jeanne@example.org> · first contact");
      expect(relation(root)).toBeUndefined();
      const file = await house.arrival("plan.png", 30_000, room);
      expect(file.content).toMatchObject({ msgtype: "m.image" });
      expect(relation(file)).toBeUndefined();
      expect(await agent.state(room, "m.room.name")).toMatchObject({ name: "Jeanne Martin: Parking permit" });
      expect(await agent.state(room, "m.room.history_visibility")).toMatchObject({ history_visibility: "shared" });
      expect(await agent.state(room, "m.room.guest_access")).toMatchObject({ guest_access: "forbidden" });
      expect(await agent.state(room, "m.room.join_rules")).toMatchObject({ join_rule: "restricted" });
      expect(await agent.state(room, "m.space.parent", space)).toMatchObject({ via: ["agents.test"] });
      expect(await agent.state(space, "m.space.child", room)).toMatchObject({ via: ["agents.test"] });
      expect(await agent.state(room, "m.room.power_levels")).toMatchObject({ users: { [agent.userId]: 50 } });

      // Explicit: talk stays, a reply leaves with its edit, a deleted one does not, and !reply does.
      await agent.sendText(room, "I know her.");
      const deleted = await agent.reply(room, root.event_id, "Nowhere.");
      await agent.redact(room, deleted);
      const answer = await agent.reply(room, root.event_id, "At the twon hall.");
      await agent.edit(room, answer, "At the town hall.");
      const [sent] = await house.sent(1);
      const raw = sent?.raw ?? "";
      expect(sent?.to).toEqual([JEANNE.address]);
      expect(raw).toContain("At the town hall.");
      expect(header(raw, "In-Reply-To")).toBe("<first@example.org>");
      await agent.waitForEvent(room, (event) => isReaction(event, answer, "✅"));
      await agent.sendText(room, "!reply Until noon.");
      const mails = await house.sent(2);
      expect(mails).toHaveLength(2);
      expect(mails[1]?.raw).toContain("Until noon.");

      // What the agent is told stands in the room, as a plain reply.
      await agent.edit(room, answer, "At the harbour.");
      const told = await agent.waitForEvent(room, ({ content }) => String(content.body).includes("already left"));
      expect(relation(told)).toEqual({ "m.in_reply_to": { event_id: answer } });

      const token = /mairie\+[a-z0-9-]+@town\.example/.exec(header(raw, "Reply-To"))?.[0] ?? "";
      await house.mail({ from: "jeanne@work.example", to: token, subject: "Other", text: "By token" });
      expect(relation(await house.arrival("By token", 30_000, room))).toBeUndefined();
      await Promise.all([outside.close(), inside.close()]);
    },
  );

  test.skipIf(lacks)(
    "a new matter of the same citizen has a room of its own, with a link to the older one",
    async () => {
      await house.mail({ from: JEANNE, subject: "Re: Parking  permit", text: "By subject" });
      const [older, room] = [await opened(house, 1), await opened(house, 2)];
      await house.agent.join(room);
      const { content } = await house.arrival("By subject", 30_000, room);
      expect(content.body).toContain(
        `May belong to an earlier conversation: https://matrix.to/#/${encodeURIComponent(older)}/`,
      );
      expect(content.body).not.toContain("first contact");
    },
  );

  test.skipIf(lacks)("guichet is killed once a room is made, and makes no second one", async () => {
    const { agent, guichet } = house;
    const invited = waitForInvite(agent, "paul@example.org");
    await house.mail({ from: "paul@example.org", subject: "Noise", text: "It is loud." });
    const room = await invited;
    await guichet.end("SIGKILL");
    await guichet.start();
    await agent.join(room);
    await house.arrival("It is loud.", 30_000, room);
    const { rooms } = await agent.call(
      "GET",
      `/v1/rooms/${encodeURIComponent(await agent.join("#town-hall-space:agents.test"))}/hierarchy`,
    );
    const names = (Array.isArray(rooms) ? rooms : []).map((one: unknown) => (isRecord(one) ? one.name : undefined));
    expect(names.filter((name) => name === "paul@example.org: Noise")).toHaveLength(1);
    expect(await opened(house, 3)).toBe(room);
  });

  // Begins where the test before ends.
  test.skipIf(lacks)("a conversation goes on where its room was moved to", async () => {
    const { agent } = house;
    const room = await opened(house, 3);
    const root = await house.arrival("It is loud.", 30_000, room);
    await letUpgrade(house, room);
    const successor = await upgrade(house, room, { additional_creators: [BOT] });
    await agent.waitForEvent(successor, ({ sender, content }) => sender === BOT && content.membership === "join");
    await house.mail({
      from: "paul@example.org",
      subject: "Noise",
      text: "Louder.",
      inReplyTo: header((await answered(house, room, root.event_id)).raw, "Message-ID"),
    });
    const { content } = await house.arrival("Louder.", 60_000, successor);
    expect(content.body).toContain("Continues a conversation");
    expect(content.body).toContain(encodeURIComponent(room));
    const space = await agent.join("#town-hall-space:agents.test");
    expect(await agent.state(space, "m.space.child", successor)).toMatchObject({ via: ["agents.test"] });
    expect(await agent.state(space, "m.space.child", room)).toEqual({});
  });
});

async function answered(house: House, room: string, event: string) {
  const before = house.sink.mails.length;
  await house.agent.reply(room, event, "We listen.");
  const mail = (await house.sent(before + 1, 30_000))[before];
  if (!mail) throw new Error("no mail left");
  return mail;
}

async function waitForInvite(agent: MatrixClient, name: string): Promise<string> {
  let since = "";
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; ) {
    const answer = await agent.call("GET", `/v3/sync?timeout=5000${since}`);
    since = `&since=${encodeURIComponent(String(answer.next_batch))}`;
    const invites = isRecord(answer.rooms) && isRecord(answer.rooms.invite) ? answer.rooms.invite : {};
    for (const [room, invite] of Object.entries(invites)) if (JSON.stringify(invite).includes(name)) return room;
  }
  throw new Error("no invite");
}

describe("an agency room that is replaced", () => {
  const lacks = missing("synapse");
  let house: House;
  beforeAll(async () => {
    if (!lacks) house = await openHouse();
  });
  afterAll(() => house?.close());

  test.skipIf(lacks)(`is followed to its successor${lacks ? ` (needs ${lacks})` : ""}`, async () => {
    const { agent, room } = house;
    await house.mail({ from: JEANNE, subject: "Permit", text: "Where do I apply?", messageId: "<where@example.org>" });
    const root = await house.arrival("Where do I apply?");
    const first = await agent.reply(room, root.event_id, "Here.", root.event_id);
    await agent.waitForEvent(room, (event) => isReaction(event, first, "✅"));
    await letUpgrade(house, room);
    const successor = await upgrade(house, room);

    await house.mail({ from: "paul@example.org", subject: "Noise", text: "It is loud." });
    await house.arrival("It is loud.", 60_000, successor);
    expect(await resolve(house, "#town-hall:agents.test")).toBe(successor);

    // An answer to what stands in the old room leaves, and is shown where it was written.
    const before = house.sink.mails.length;
    const late = await agent.reply(room, root.event_id, "Or there.", root.event_id);
    expect((await house.sent(before + 1))[before]?.raw).toContain("Or there.");
    await agent.waitForEvent(room, (event) => isReaction(event, late, "✅"));

    // The citizen's answer begins a thread in the new room, which leads to where it all began.
    const inReplyTo = header(house.sink.mails[0]?.raw ?? "", "Message-ID");
    await house.mail({ from: JEANNE, subject: "Re: Permit", text: "Thank you.", inReplyTo });
    const again = await house.arrival("Thank you.", 60_000, successor);
    expect(relation(again)).toBeUndefined();
    expect(again.content.body).toContain("Continues a conversation");
    expect(again.content.body).toContain(`${encodeURIComponent(room)}/${encodeURIComponent(root.event_id)}`);
    const answer = await agent.reply(successor, again.event_id, "You are welcome.", again.event_id);
    await agent.waitForEvent(successor, (event) => isReaction(event, answer, "✅"));
    await house.mail({ from: JEANNE, subject: "Re: Permit", text: "Bye.", inReplyTo });
    expect(relation(await house.arrival("Bye.", 30_000, successor))).toMatchObject({
      rel_type: "m.thread",
      event_id: again.event_id,
    });
  });

  test.skipIf(lacks)("is followed too when it was replaced while guichet did not run", async () => {
    const { agent, guichet } = house;
    const room = String(await resolve(house, "#town-hall:agents.test"));
    await guichet.end("SIGKILL");
    const successor = await upgrade(house, room);
    await guichet.start();
    await house.mail({ from: "paul@example.org", subject: "Smell", text: "It smells." });
    const root = await house.arrival("It smells.", 60_000, successor);
    expect(root.content.body).toContain("May belong to an earlier conversation");
    const answer = await agent.reply(successor, root.event_id, "We come.", root.event_id);
    await agent.waitForEvent(successor, (event) => isReaction(event, answer, "✅"));
  });

  test.skipIf(lacks)(
    "is not followed to a room that does not name it, nor to one that is closed",
    {
      timeout: 120_000,
    },
    async () => {
      const { agent } = house;
      const room = String(await resolve(house, "#town-hall:agents.test"));
      const stranger = await agent.createRoom({ preset: "public_chat" });
      const path = `/v3/rooms/${encodeURIComponent(room)}/state/m.room.tombstone/`;
      await agent.call("PUT", path, { body: "Moved", replacement_room: stranger });
      await house.mail({ from: "lea@example.org", subject: "Tax", text: "How much?" });
      await house.arrival("How much?", 30_000, room);

      const closed = await agent.createRoom({
        preset: "private_chat",
        creation_content: { predecessor: { room_id: room } },
      });
      await agent.call("PUT", path, { body: "Moved", replacement_room: closed });
      const told = ({ content }: MatrixEvent) => String(content.body).includes("cannot enter the new one");
      await agent.waitForEvent(room, told, 60_000);

      // The bot is let in, the old room falls silent, and the next message finds the way.
      const levels = await agent.state(room, "m.room.power_levels");
      await agent.call("PUT", path.replace("tombstone", "power_levels"), { ...levels, events_default: 50 });
      await agent.call("PUT", `/v3/rooms/${encodeURIComponent(closed)}/state/m.room.power_levels/`, {
        ...(await agent.state(closed, "m.room.power_levels")),
        users: { [BOT]: 50 },
      });
      await agent.call("POST", `/v3/rooms/${encodeURIComponent(closed)}/invite`, { user_id: BOT });
      await house.mail({ from: "lea@example.org", subject: "Dog", text: "And for a dog?" });
      await house.arrival("And for a dog?", 60_000, closed);
      expect(await resolve(house, "#town-hall:agents.test")).toBe(closed);
    },
  );
});
