import { join } from "node:path";
import { sql } from "kysely";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Database, openDatabase } from "../../src/store/database.ts";
import { startEmbedded } from "../../src/store/embedded.ts";
import { folderWith } from "../support/config-folder.ts";
import { type House, openHouse } from "../support/house.ts";
import { isReaction } from "../support/is-reaction.ts";
import { missing } from "../support/needs.ts";
import { until } from "../support/until.ts";

const JEANNE = { name: "Jeanne Martin", address: "jeanne@example.org" };
const PAUL = { name: "Paul Petit", address: "paul@example.org" };
const relation = (content: Record<string, unknown>) => Object(content["m.relates_to"]);

describe("an agency room that is full, and ghosts that have been quiet", { timeout: 180_000 }, () => {
  const lacks = missing("synapse");
  const closing = new AsyncDisposableStack();
  let house: House;
  let database: Database;
  beforeAll(async () => {
    if (lacks) return;
    const log = pino({ level: "silent" });
    const folder = folderWith({});
    closing.defer(() => folder[Symbol.dispose]());
    const embedded = await startEmbedded({ folder: join(folder.path(""), "postgres"), log });
    closing.defer(() => embedded.stop());
    database = await openDatabase({ url: embedded.url }, log);
    closing.defer(() => database.close());
    house = await openHouse({ config: { database: { url: embedded.url }, rooms: { quiet_days: 1, most_members: 2 } } });
    closing.defer(() => house.close());
  }, 120_000);
  afterAll(() => closing.disposeAsync());

  /** As if everything that was said had been said three days ago. */
  const age = async () => {
    await sql`update message set created_at = created_at - interval '3 days'`.execute(database.durable);
    await sql`update ghost_membership set quiet_since = quiet_since - interval '3 days'`.execute(database.durable);
  };
  const membership = async (room: string, ghost: string) =>
    (await house.agent.state(room, "m.room.member", ghost)).membership;

  test.skipIf(lacks)(
    `an answer leaves without the ghost, and the ghost comes back to its thread ${lacks ?? ""}`,
    async () => {
      const { agent, room } = house;
      await house.mail({ from: JEANNE, subject: "Permit", messageId: "<1@example.org>", text: "Where do I apply?" });
      const root = await house.arrival("Where do I apply");
      await age();
      await until("the ghost left", async () => (await membership(room, root.sender)) === "leave", 60_000);

      const answer = await agent.reply(room, root.event_id, "At the town hall.");
      const [sent] = await house.sent(1);
      expect(sent?.to).toEqual([JEANNE.address]);
      await agent.waitForEvent(room, (event) => isReaction(event, answer, "✅"));
      expect(await membership(room, root.sender)).toBe("leave");

      // Its process remembers it as a member: the homeserver's refusal corrects that.
      await house.mail({ from: JEANNE, inReplyTo: "<1@example.org>", subject: "Re: Permit", text: "Until when?" });
      const again = await house.arrival("Until when", 60_000);
      expect(relation(again.content)).toMatchObject({ rel_type: "m.thread", event_id: root.event_id });
      expect(again.sender).toBe(root.sender);
      expect(await agent.state(room, "m.room.member", root.sender)).toMatchObject({
        membership: "join",
        displayname: "Jeanne Martin",
      });
    },
  );

  test.skipIf(lacks)(
    `new conversations begin in the successor, old ones go on, and later follow ${lacks ?? ""}`,
    async () => {
      const { agent, room } = house;
      await house.mail({ from: PAUL, subject: "Bins", messageId: "<2@example.org>", text: "When are they emptied?" });
      const old = await house.arrival("When are they emptied");
      const notice = await agent.waitForEvent(room, ({ content }) => /room is full/.test(String(content.body)), 60_000);
      const [, link = ""] = /matrix\.to\/#\/([^?]+)\?via/.exec(String(notice.content.body)) ?? [];
      const next = decodeURIComponent(link);
      expect(await agent.join("#town-hall:agents.test")).toBe(next);
      expect((await agent.state(next, "m.room.create")).predecessor).toMatchObject({ room_id: room });

      // A conversation that began in the old room goes on there, both ways.
      await house.mail({ from: PAUL, inReplyTo: "<2@example.org>", subject: "Re: Bins", text: "The green ones?" });
      const more = await house.arrival("The green ones", 30_000, room);
      expect(relation(more.content)).toMatchObject({ event_id: old.event_id });
      const answer = await agent.reply(room, more.event_id, "On Tuesday.");
      expect((await house.sent(2))[1]?.raw).toContain("On Tuesday.");
      await agent.waitForEvent(room, (event) => isReaction(event, answer, "✅"));
      // A new one begins in the new room, of the same citizen too.
      await house.mail({ from: PAUL, subject: "Tree", messageId: "<3@example.org>", text: "It has fallen." });
      await house.arrival("It has fallen", 30_000, next);

      // Everybody has been quiet: the old room is closed, and nobody has lost what stands there.
      await age();
      await until("both ghosts left", async () => (await membership(room, old.sender)) === "leave", 60_000);
      await until(
        "the room is closed",
        async () => {
          // This row alone: guichet is moving rooms at the same time.
          await sql`update agency_room set emptied_at = emptied_at - interval '1 hour'
            where room_id = ${room} and emptied_at is not null`.execute(database.durable);
          return await agent.state(room, "m.room.tombstone").then(
            ({ replacement_room }) => replacement_room === next,
            () => false,
          );
        },
        60_000,
      );
      expect((await agent.messages(room)).some(({ event_id }) => event_id === old.event_id)).toBe(true);
      // An answer in the closed room still leaves, and its outcome is shown there.
      const late = await agent.reply(room, more.event_id, "Or on Friday.");
      expect((await house.sent(3))[2]?.raw).toContain("Or on Friday.");
      await agent.waitForEvent(room, (event) => isReaction(event, late, "✅"));
      // What comes back begins in the new room, with a link to where it began.
      await house.mail({ from: PAUL, inReplyTo: "<2@example.org>", subject: "Re: Bins", text: "Thanks a lot." });
      const back = await house.arrival("Thanks a lot", 60_000, next);
      expect(back.content.body).toContain(encodeURIComponent(old.event_id));
      expect(relation(back.content).rel_type).toBeUndefined();
    },
  );
});
