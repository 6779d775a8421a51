import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ADDRESS, type House, openHouse } from "../support/house.ts";
import { isReaction } from "../support/is-reaction.ts";
import type { MatrixEvent } from "../support/matrix-client.ts";
import { missing } from "../support/needs.ts";

const JEANNE = { name: "Jeanne Martin", address: "jeanne@example.org" };
const header = (raw: string, name: string) =>
  new RegExp(`^${name}: ((?:.*)(?:\\r?\\n[ \\t].*)*)`, "im").exec(raw)?.[1]?.replace(/\r?\n\s+/g, " ") ?? "";
const relation = (event: MatrixEvent) => event.content["m.relates_to"];

describe.each(["postgres", "redis"] as const)("the main job, queue in %s", (queue) => {
  const lacks = missing("synapse", ...(queue === "redis" ? (["redis-server"] as const) : []));
  let house: House;
  beforeAll(async () => {
    if (!lacks) house = await openHouse({ queue });
  });
  afterAll(() => house?.close());

  test.skipIf(lacks)(
    `a mail with a file becomes a thread, the answer becomes a mail${lacks ? ` (needs ${lacks})` : ""}`,
    async () => {
      const picture = Buffer.from("89504e470d0a1a0a", "hex");
      await house.mail({
        from: JEANNE,
        subject: "Parking permit",
        messageId: "<first@example.org>",
        text: "Bonjour, where do I apply?",
        attachments: [{ filename: "plan.png", content: picture, contentType: "image/png" }],
      });
      const root = await house.arrival("where do I apply");
      expect(root.content.body).toContain("Parking permit");
      expect(root.content).not.toHaveProperty("m.relates_to");
      expect((await house.agent.members(house.room)).get(root.sender)).toBe("Jeanne Martin");
      expect(root.sender).not.toContain("jeanne");

      const file = await house.arrival("plan.png");
      expect(file.content).toMatchObject({ msgtype: "m.image", info: { mimetype: "image/png", size: 8 } });
      expect(relation(file)).toMatchObject({ rel_type: "m.thread", event_id: root.event_id });
      expect((await house.agent.download(String(file.content.url))).content).toEqual(picture);

      const before = house.sink.mails.length;
      const answer = await house.agent.reply(
        house.room,
        root.event_id,
        {
          msgtype: "m.text",
          body: "At the **town hall**.",
          format: "org.matrix.custom.html",
          formatted_body: "At the <b>town hall</b>.",
        },
        root.event_id,
      );
      const sent = (await house.sent(before + 1)).at(-1);
      expect(sent?.to).toEqual([JEANNE.address]);
      const raw = sent?.raw ?? "";
      expect(header(raw, "From")).toBe(`Town Hall <${ADDRESS}>`);
      expect(header(raw, "Subject")).toBe("Re: Parking permit");
      expect(header(raw, "In-Reply-To")).toBe("<first@example.org>");
      expect(header(raw, "References")).toContain("<first@example.org>");
      expect(header(raw, "Reply-To")).toMatch(/mairie\+[a-z0-9-]+@town\.example/);
      // Quoted-printable may break a line anywhere.
      expect(raw.replaceAll("=\r\n", "")).toContain("<b>town hall</b>");
      await house.agent.waitForEvent(house.room, (event) => isReaction(event, answer, "✅"));

      // The citizen's own answer comes back by its signed address, under another subject and from another address.
      const token = /mairie\+[a-z0-9-]+@town\.example/.exec(header(raw, "Reply-To"))?.[0] ?? "";
      await house.mail({ from: "jeanne@work.example", to: token, subject: "Other", text: "By token" });
      expect(relation(await house.arrival("By token"))).toMatchObject({
        rel_type: "m.thread",
        event_id: root.event_id,
      });

      // By citation, from the same sender.
      const inReplyTo = header(raw, "Message-ID");
      await house.mail({ from: JEANNE, subject: "Else", text: "By citation", inReplyTo });
      expect(relation(await house.arrival("By citation"))).toMatchObject({ event_id: root.event_id });

      // A stranger who cites it begins a matter of his own, and so does the same subject.
      await house.mail({ from: "mallory@example.net", subject: "Parking permit", text: "By theft", inReplyTo });
      const theft = await house.arrival("By theft");
      expect(relation(theft)).toBeUndefined();
      expect(theft.content.body).toContain(`May belong to an earlier conversation: https://matrix.to/#/`);
      expect(theft.content.body).toContain(encodeURIComponent(root.event_id));
      await house.mail({ from: JEANNE, subject: "Parking permit", text: "By subject" });
      expect(relation(await house.arrival("By subject"))).toBeUndefined();
    },
  );

  test.skipIf(lacks)("what agents say among themselves stays", async () => {
    await house.mail({ from: "paul@example.org", subject: "Noise", text: "It is loud." });
    const root = await house.arrival("It is loud.");
    const before = house.sink.mails.length;
    await house.agent.sendInThread(house.room, root.event_id, "I know him.");
    const note = await house.agent.reply(house.room, root.event_id, "!note call him", root.event_id);
    await house.agent.reply(house.room, note, "Done.", root.event_id);
    await house.agent.sendText(house.room, "Lunch?");
    await house.agent.sendInThread(house.room, root.event_id, "!reply We are on it.");
    const sent = await house.sent(before + 1);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(sent).toHaveLength(before + 1);
    expect(sent.at(-1)?.raw).toContain("We are on it.");
    expect(sent.at(-1)?.raw).not.toContain("!reply");
  });

  test.skipIf(lacks)(
    "a refused answer is shown as failed, with the reason, and a repairable one goes out",
    async () => {
      await house.mail({ from: "lea@example.org", subject: "Tax", text: "How much?" });
      const root = await house.arrival("How much?");
      house.sink.faults = { rcptTo: [550, "5.1.1 No such user"] };
      const refused = await house.agent.reply(house.room, root.event_id, "Ten.", root.event_id);
      await house.agent.waitForEvent(house.room, (event) => isReaction(event, refused, "❌"));
      const notice = await house.agent.waitForEvent(
        house.room,
        ({ content }) => content.msgtype === "m.notice" && JSON.stringify(content).includes(refused),
      );
      expect(notice.content.body).toContain("5.1.1");
      expect(notice.content["m.mentions"]).toEqual({ user_ids: [house.agent.userId] });

      house.sink.faults = { rcptTo: [451, "4.7.1 Later"] };
      const before = house.sink.mails.length;
      const later = await house.agent.reply(house.room, root.event_id, "Twenty.", root.event_id);
      await house.agent.waitForEvent(house.room, (event) => isReaction(event, later, "⏳"));
      house.sink.faults = {};
      expect((await house.sent(before + 1, 20_000)).at(-1)?.raw).toContain("Twenty.");
      await house.agent.waitForEvent(house.room, (event) => isReaction(event, later, "✅"));
    },
  );

  test.skipIf(lacks)("an agent's file leaves as an attachment", async () => {
    await house.mail({ from: "max@example.org", subject: "Form", text: "The form, please." });
    const root = await house.arrival("The form, please.");
    const url = await house.agent.upload(Buffer.from("%PDF-1.4 form"), "application/pdf", "form.pdf");
    const before = house.sink.mails.length;
    await house.agent.reply(
      house.room,
      root.event_id,
      { msgtype: "m.file", body: "form.pdf", url, info: { mimetype: "application/pdf", size: 13 } },
      root.event_id,
    );
    const raw = (await house.sent(before + 1)).at(-1)?.raw ?? "";
    expect(raw).toContain("form.pdf");
    expect(raw).toContain(Buffer.from("%PDF-1.4 form").toString("base64"));
  });
});
