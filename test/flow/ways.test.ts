import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { simpleParser } from "mailparser";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type SmscDouble, startSmscDouble } from "../../demo/sms/smsc-double.ts";
import { counterBridge } from "../support/counter-bridge.ts";
import { type House, openHouse } from "../support/house.ts";
import { isReaction } from "../support/is-reaction.ts";
import type { MatrixEvent } from "../support/matrix-client.ts";
import { missing } from "../support/needs.ts";
import { freePort } from "../support/ports.ts";

const lacks = missing("synapse");
const JEANNE = "jeanne@citizen.example";

describe.skipIf(lacks)(`one conversation over several channels${lacks ? ` (${lacks})` : ""}`, () => {
  const closing = new AsyncDisposableStack();
  let smsc: SmscDouble;
  let house: House;
  let counter: string;

  beforeAll(async () => {
    smsc = closing.use(await startSmscDouble());
    const login = { host: "127.0.0.1", port: smsc.port, tls: "none", system_id: "bridge", password: "secret" };
    const port = await freePort();
    counter = `http://127.0.0.1:${port}/town-counter`;
    house = await openHouse({
      prepare: (folder) => writeFile(join(folder, "counter.js"), counterBridge),
      agency: { acknowledge: true, undo_seconds: 1 },
      config: { public: { url: `http://127.0.0.1:${port}`, port } },
      channels: {
        "town-sms": {
          use: "sms",
          agency: "town-hall",
          number: "+33700000000",
          country: "FR",
          gateway: { smpp: login },
        },
        "town-counter": { use: "./counter.js", agency: "town-hall" },
      },
    });
    closing.defer(() => house.close());
  }, 120_000);
  afterAll(() => closing.disposeAsync());

  const say = async (words: Record<string, unknown>) => {
    const response = await fetch(`${counter}/say`, {
      method: "POST",
      body: JSON.stringify({ id: crypto.randomUUID(), ...words }),
    });
    expect(await response.text()).toBe("accepted");
  };
  const shows = (text: string): Promise<MatrixEvent> =>
    house.agent.waitForEvent(
      house.room,
      ({ sender, content }) => sender.startsWith("@_guichet_") && String(content.body).includes(text),
      30_000,
    );
  const answersAtCounter = async (): Promise<unknown> => (await fetch(`${counter}/answers`)).json();
  const texts = () => smsc.submitted.map(({ destination, octets }) => [destination.address, octets.toString("latin1")]);

  test("what is said at the counter is answered by mail, and the mail's answer goes on with it", async () => {
    await say({
      who: "ticket-1",
      text: "Où en est ma carte ?",
      via: { type: "email", address: "Jeanne@Citizen.example" },
    });
    const root = await shows("Où en est ma carte ?");
    expect(String(root.content.body)).toContain("Answers leave by town-mail, to jeanne@citizen.example");
    // The acknowledgement went there, too.
    const [acknowledgement] = await house.sent(1);
    expect(acknowledgement?.to).toEqual([JEANNE]);

    const answer = await house.agent.reply(house.room, root.event_id, "Elle est prête.", root.event_id);
    const mail = await simpleParser((await house.sent(2))[1]?.raw ?? "");
    expect(mail.text).toContain("Elle est prête.");
    // What the counter calls its message means nothing to mail programs.
    expect(mail.inReplyTo).toBeUndefined();
    await house.agent.waitForEvent(house.room, (event) => isReaction(event, answer, "✅ town-mail"));

    await house.mail({
      from: JEANNE,
      inReplyTo: mail.messageId ?? "",
      subject: "Re: Carte",
      text: "Merci, je passe demain.",
    });
    const thanks = await shows("je passe demain");
    expect(thanks.content["m.relates_to"]).toMatchObject({ rel_type: "m.thread", event_id: root.event_id });
    expect(String(thanks.content.body)).toContain("By town-mail");
    expect(thanks.sender).toBe(root.sender);

    // Somebody else has the reply address: the same conversation, another person.
    const to = typeof mail.replyTo?.text === "string" ? mail.replyTo.text.replace(/^.*<|>$/g, "") : "";
    await house.mail({ from: "paul@citizen.example", to, subject: "Re: Carte", text: "Je suis son mari." });
    const husband = await shows("son mari");
    expect(husband.content["m.relates_to"]).toMatchObject({ event_id: root.event_id });
    expect(husband.sender).not.toBe(root.sender);
    await house.agent.reply(house.room, husband.event_id, "Bonjour Monsieur.", root.event_id);
    expect((await house.sent(3))[2]?.to).toEqual(["paul@citizen.example"]);

    // In the thread, without answering a message: to whom it belongs.
    await house.agent.sendInThread(house.room, root.event_id, "!reply Pensez à la photo.");
    expect((await house.sent(4))[3]?.to).toEqual([JEANNE]);
  }, 90_000);

  test("an agent chooses the channel, and the text's answer comes to the same thread", async () => {
    await say({ who: "ticket-2", text: "Quand passez-vous ?" });
    const root = await shows("Quand passez-vous ?");
    await house.agent.reply(house.room, root.event_id, "!via sms\nDemain.", root.event_id);
    await shows("where should sms reach the citizen");
    await house.agent.reply(house.room, root.event_id, "!via fax\nDemain.", root.event_id);
    await shows('no channel "fax"');
    // Its acknowledgement only.
    expect(await answersAtCounter()).toHaveLength(1);

    const answer = await house.agent.reply(
      house.room,
      root.event_id,
      "!via sms 06 11 22 33 44\nDemain.",
      root.event_id,
    );
    await expect.poll(texts, { timeout: 20_000 }).toEqual([["33611223344", "Demain."]]);
    await house.agent.waitForEvent(house.room, (event) => isReaction(event, answer, "✅ town-sms"));
    smsc.deliver({ source: { ton: 1, npi: 1, address: "33611223344" }, octets: Buffer.from("Parfait") });
    const back = await shows("Parfait");
    expect(back.content["m.relates_to"]).toMatchObject({ rel_type: "m.thread", event_id: root.event_id });
    expect(back.sender).toBe(root.sender);
    expect(String(back.content.body)).toContain("By town-sms");

    // A change of mind before it leaves: the channel that an edit names counts.
    const changed = await house.agent.reply(house.room, root.event_id, "Trop tard.", root.event_id);
    await house.agent.edit(house.room, changed, "!via sms\nMidi.");

    // Known now; a reply to the text goes by text, and one to the first message to the counter.
    await house.agent.sendInThread(house.room, root.event_id, "!via sms\nVers 9 h.");
    await house.agent.reply(house.room, back.event_id, "Bien.", root.event_id);
    await house.agent.reply(house.room, root.event_id, "Votre ticket est clos.", root.event_id);
    await expect
      .poll(texts, { timeout: 20_000 })
      .toEqual(["Demain.", "Midi.", "Vers 9 h.", "Bien."].map((text) => ["33611223344", text]));
    await expect
      .poll(answersAtCounter)
      .toMatchObject([
        {},
        { text: "Votre ticket est clos.", to: "ticket-2", inReplyTo: expect.stringMatching(/^counter-/) },
      ]);
  }, 90_000);
});
