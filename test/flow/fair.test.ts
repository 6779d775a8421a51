import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type House, openHouse } from "../support/house.ts";
import { QUEUES } from "../support/lane-places.ts";
import type { MatrixEvent } from "../support/matrix-client.ts";
import { missing } from "../support/needs.ts";
import { becomesTrue } from "../support/patience.ts";

const run = promisify(execFile);
const BIN = new URL("../../src/bin.js", import.meta.url).pathname;
const lacksSynapse = missing("synapse") ?? "";
const BAD = new URL("../support/bad-bridge.ts", import.meta.url).pathname;
/** Conversations that begin at once on the channel of a third party. */
const CROWD = 80;
/** More answers than guichet works on at once. */
const HUNG = 24;

const ofBad = ({ type, sender }: MatrixEvent) => type === "m.room.message" && sender.startsWith("@_guichet_bad_");

describe.each(QUEUES)("channels share what works on them, with the queue on $kind $lacking", ({ kind, lacking }) => {
  describe.skipIf(lacksSynapse || lacking)(lacksSynapse, { timeout: 180_000 }, () => {
    let house: House;
    const channel = (behaves: string, citizens: number) => ({
      use: BAD,
      agency: "town-hall",
      enabled: false,
      behaves,
      citizens,
      most: citizens,
    });
    beforeAll(async () => {
      house = await openHouse({
        queue: kind,
        channels: { crowd: channel("flood", CROWD), stuck: channel("hang", HUNG) },
      });
    }, 120_000);
    afterAll(() => house?.close());
    const switchOn = (name: string) =>
      run(process.execPath, [BIN, "bridges", "enable", name, "--config", join(house.folder, "guichet.yaml")]);

    test("a mail is posted among the first of a crowd that came before it", async () => {
      const { agent, room } = house;
      const isOfCrowd = (event: MatrixEvent) => ofBad(event) && String(event.content.body).includes(`of ${CROWD}.`);
      await switchOn("crowd");
      await agent.waitForEvent(room, isOfCrowd, 60_000);
      await house.mail({ from: "anna@example.org", subject: "Permit", text: "Words of a mail." });
      const mail = await house.arrival("Words of a mail.", 90_000);
      const posted = await agent.messages(room);
      const place = posted
        .slice(
          0,
          posted.findIndex(({ event_id }) => event_id === mail.event_id),
        )
        .filter(isOfCrowd).length;
      expect(place).toBeLessThan(CROWD / 2);
      const isPosted = async () => (await agent.messages(room)).filter(isOfCrowd).length === CROWD;
      expect(await becomesTrue(isPosted, 120_000, 2_000)).toBe(true);
    });

    test("answers that hang in their channel hold up no other channel's", async () => {
      const { agent, room } = house;
      const isStuck = (event: MatrixEvent) => ofBad(event) && String(event.content.body).includes(`of ${HUNG}.`);
      await switchOn("stuck");
      const isThere = async () => (await agent.messages(room)).filter(isStuck).length === HUNG;
      expect(await becomesTrue(isThere, 90_000, 1_000)).toBe(true);
      for (const { event_id } of (await agent.messages(room)).filter(isStuck))
        await agent.reply(room, event_id, "An answer that never leaves.", event_id);
      const mail = await house.arrival("Words of a mail.");
      await agent.reply(room, mail.event_id, "An answer by mail.", mail.event_id);
      const [sent] = await house.sent(1, 60_000);
      expect(sent?.raw).toContain("An answer by mail.");
      await house.mail({ from: "anna@example.org", subject: "Thanks", text: "Further words." });
      await house.arrival("Further words.", 60_000);
    });
  });
});
