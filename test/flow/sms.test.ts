import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type House, openHouse } from "../support/house.ts";
import { isReaction } from "../support/is-reaction.ts";
import { missing } from "../support/needs.ts";
import { buildSmsc, type Smsc } from "../support/smsc.ts";

const lacks = missing("synapse", "jsmpp-smsc");

describe.skipIf(lacks)(`SMS between a real SMSC and a real Synapse${lacks ? ` (${lacks})` : ""}`, () => {
  const closing = new AsyncDisposableStack();
  let smsc: Smsc;
  let house: House;

  beforeAll(async () => {
    const program = await buildSmsc();
    closing.defer(() => program.remove());
    smsc = await program.start();
    closing.defer(() => smsc.kill());
    const login = { host: "127.0.0.1", port: smsc.port, tls: "none", system_id: "bridge", password: "secret" };
    const town = { use: "sms", agency: "town-hall", number: "+33700000000", country: "FR", gateway: { smpp: login } };
    house = await openHouse({ config: { channels: { "town-sms": town } } });
    closing.defer(() => house.close());
  }, 240_000);
  afterAll(() => closing.disposeAsync());

  const write = (text: string) => smsc.order("mo", { text, from: "33698765432", coding: "ucs2", retries: 100 });
  const sent = async () => (await smsc.texts()).map(({ text }) => text);

  test("a text, its answer on the phone, its receipt, and the next text in the same thread", async () => {
    await write("Bonjour, à quelle heure ouvrez-vous ? 😀");
    const root = await house.arrival("quelle heure");
    await smsc.order("dlr", { ms: 200 });
    const long = "Nous ouvrons à 9 h. ".repeat(20).trim();
    const answer = await house.agent.reply(house.room, root.event_id, long, root.event_id);
    await expect.poll(sent, { timeout: 20_000 }).toEqual([long]);
    await house.agent.waitForEvent(house.room, (event) => isReaction(event, answer, "✅"));

    await write("Merci !");
    expect((await house.arrival("Merci !")).content["m.relates_to"]).toMatchObject({
      rel_type: "m.thread",
      event_id: root.event_id,
    });
    expect(await smsc.lint()).toEqual([]);
  }, 60_000);

  test("the network gives up: the agent is told on the answer", async () => {
    await smsc.order("mo", { text: "Êtes-vous là ?", from: "33655443322", coding: "ucs2", retries: 100 });
    const asked = await house.arrival("tes-vous là");
    await smsc.order("dlr", { ms: 1_500, state: "UNDELIV", err: "021" });
    const answer = await house.agent.reply(house.room, asked.event_id, "Oui.", asked.event_id);
    await house.agent.waitForEvent(house.room, (event) => isReaction(event, answer, "❌"));
    const told = await house.agent.waitForEvent(house.room, (event) =>
      String(event.content.body).includes("cannot deliver to this number"),
    );
    expect(String(told.content.body)).toContain("stat:UNDELIV err:021");
    await smsc.order("reset");
  }, 60_000);

  test("an agent writes first, in the country's own form", async () => {
    await house.agent.sendText(house.room, "!sms 0611223344\nVotre carte est prête.");
    await expect.poll(sent, { timeout: 20_000 }).toContain("Votre carte est prête.");
  }, 60_000);

  test("killed while texts come in: all are in the room, once", async () => {
    for (let place = 0; place < 20; place += 1) await write(`Pendant ${place}.`);
    await house.guichet.end("SIGKILL");
    for (let place = 20; place < 40; place += 1) await write(`Pendant ${place}.`);
    await house.guichet.start();
    await house.arrival("Pendant 39.", 60_000);
    for (let place = 0; place < 40; place += 1) await house.arrival(`Pendant ${place}.`);
    const timeline = await house.agent.messages(house.room);
    for (let place = 0; place < 40; place += 1)
      expect(timeline.filter(({ content }) => String(content.body).includes(`Pendant ${place}.`))).toHaveLength(1);
    expect(await smsc.lint()).toEqual([]);
  }, 120_000);
});
