import { Readable } from "node:stream";
import { simpleParser } from "mailparser";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, caseUrlOf, fillIn, isReceipt, type PostedFile, post, tokenOf } from "../support/form-visitor.ts";
import { type House, openHouse } from "../support/house.ts";
import { isReaction } from "../support/is-reaction.ts";
import { missing } from "../support/needs.ts";
import { freePort } from "../support/ports.ts";
import { until } from "../support/until.ts";

const lacks = missing("synapse");
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const lamp: PostedFile = { name: "lamp.png", open: () => Readable.from([PNG]) };

describe.skipIf(lacks)(`a form before a real Synapse${lacks ? ` (${lacks})` : ""}`, () => {
  let house: House;
  let url: string;
  const write = (name: string, message: string, files: readonly PostedFile[] = []) =>
    fillIn(url, { name, email: `${name.toLowerCase()}@example.org`, message, consent: "1" }, files);

  beforeAll(async () => {
    const port = await freePort();
    const limits = { per_address_unproven: 1000, per_address: 1000 };
    house = await openHouse({
      agency: { acknowledge: true },
      config: { public: { url: `http://127.0.0.1:${port}`, port } },
      channels: {
        "town-form": { use: "webform", agency: "town-hall", least_seconds: 0, limits, answer_via: ["email"] },
      },
    });
    url = `http://127.0.0.1:${port}/town-form`;
  }, 240_000);
  afterAll(() => house?.close());

  test("a form with a file, its answer on the citizen's page, more words in the same thread", async () => {
    const receipt = await write("Anna", "La lampe est cassée", [lamp]);
    expect(isReceipt(receipt)).toBe(true);
    const address = caseUrlOf(receipt);
    const root = await house.arrival("La lampe est cassée");
    await house.arrival("lamp.png");
    const page = () => ask(address).then(({ text }) => text);
    // The acknowledgement, with the number of the receipt.
    const number = /class="number">(\d+)</.exec(receipt.text)?.[1];
    await until("the acknowledgement is there", async () => (await page()).includes("Automatic message"));
    expect(await page()).toContain(`Its number is ${number}.`);
    const answer = await house.agent.reply(house.room, root.event_id, "Réparée demain.", root.event_id);
    await house.agent.waitForEvent(house.room, (event) => isReaction(event, answer, "✅"));
    expect(await page()).toContain("Réparée demain.");
    const mxc = await house.agent.upload(PNG, "image/png", "plan.png");
    const plan = { msgtype: "m.image", body: "plan.png", url: mxc, info: { mimetype: "image/png", size: PNG.length } };
    await house.agent.reply(house.room, root.event_id, plan, root.event_id);
    await until("the file is there", async () => (await page()).includes("plan.png"));
    const link = /href="([^"]+)" download/.exec(await page())?.[1] ?? "";
    expect((await ask(new URL(link, address).href)).body.equals(PNG)).toBe(true);
    await post(address, { fields: Object.entries({ token: tokenOf(await ask(address)), message: "Merci beaucoup" }) });
    expect((await house.arrival("Merci beaucoup")).content["m.relates_to"]).toMatchObject({
      rel_type: "m.thread",
      event_id: root.event_id,
    });
    await post(address, { fields: Object.entries({ token: tokenOf(await ask(address)), act: "close" }) });
    await house.arrival("closed the case");
  }, 120_000);

  test("who asks for answers by mail gets them there, and goes on by mail in the same conversation", async () => {
    const fields = { name: "Dora", email: "dora@example.org", message: "Un arbre est tombé", consent: "1" };
    const receipt = await fillIn(url, { ...fields, answer: "email" });
    const number = /class="number">(\d+)</.exec(receipt.text)?.[1];
    const root = await house.arrival("Un arbre est tombé");
    expect(String(root.content.body)).toContain("Answers leave by town-mail, to dora@example.org");
    const acknowledgement = await simpleParser((await house.sent(1))[0]?.raw ?? "");
    expect(acknowledgement.text).toContain(`Its number is ${number}.`);
    const answer = await house.agent.reply(house.room, root.event_id, "Nous venons.", root.event_id);
    const [, mail] = await house.sent(2);
    expect(mail?.to).toEqual(["dora@example.org"]);
    await house.agent.waitForEvent(house.room, (event) => isReaction(event, answer, "✅ town-mail"));
    const { messageId = "", subject = "" } = await simpleParser(mail?.raw ?? "");
    await house.mail({ from: "dora@example.org", inReplyTo: messageId, subject, text: "Merci, à demain." });
    const more = await house.arrival("Merci, à demain.");
    expect(more.sender).toBe(root.sender);
    expect(more.content["m.relates_to"]).toMatchObject({ rel_type: "m.thread", event_id: root.event_id });
  }, 60_000);

  test("killed as soon as the receipt is seen, again and again: all are in the room, once, under their numbers", async () => {
    const seen: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      const pages = await Promise.all(
        [1, 2, 3, 4].map((each) => write(`Bob${round}${each}`, `Tour ${round} mot ${each}.`, each === 1 ? [lamp] : [])),
      );
      await house.guichet.end("SIGKILL");
      expect(pages.map(isReceipt)).toEqual([true, true, true, true]);
      seen.push(...pages.map(caseUrlOf));
      await house.guichet.start();
    }
    for (let round = 0; round < 3; round += 1)
      for (let each = 1; each <= 4; each += 1) await house.arrival(`Tour ${round} mot ${each}.`, 60_000);
    const timeline = await house.agent.messages(house.room);
    for (let round = 0; round < 3; round += 1)
      for (let each = 1; each <= 4; each += 1)
        expect(
          timeline.filter(({ content }) => String(content.body).includes(`Tour ${round} mot ${each}.`)),
        ).toHaveLength(1);
    expect(new Set(seen).size).toBe(12);
    for (const [place, address] of seen.entries())
      expect((await ask(address)).text).toContain(`Tour ${Math.floor(place / 4)} mot ${(place % 4) + 1}.`);
  }, 240_000);

  test("a post that was cut off by a kill comes again, and is one message with one number", async () => {
    const token = tokenOf(await ask(url));
    const posting = { fields: Object.entries({ token, name: "Carla", message: "Une seule fois", consent: "1" }) };
    const cut = post(url, posting).catch(() => undefined);
    await house.guichet.end("SIGKILL");
    await cut;
    await house.guichet.start();
    const pages = [await post(url, posting), await post(url, posting)];
    expect(pages.map(isReceipt)).toEqual([true, true]);
    // Their links may differ, by the second until which they hold.
    expect(new Set(pages.map(({ text }) => /class="number">(\d+)</.exec(text)?.[1] ?? "no number")).size).toBe(1);
    await house.arrival("Une seule fois");
    const timeline = await house.agent.messages(house.room);
    expect(timeline.filter(({ content }) => String(content.body).includes("Une seule fois"))).toHaveLength(1);
  }, 120_000);
});
