import { expect, test } from "vitest";
import type { House } from "../../support/house.ts";
import type { MatrixEvent } from "../../support/matrix-client.ts";
import { notice, reactions, relationOf, seal } from "./room.ts";

const fallback = (root: string, latest = root) => ({
  rel_type: "m.thread",
  event_id: root,
  is_falling_back: true,
  "m.in_reply_to": { event_id: latest },
});
const inThread = (root: string, answered: string) => ({
  rel_type: "m.thread",
  event_id: root,
  "m.in_reply_to": { event_id: answered },
});
const asReply = (answered: string) => ({ "m.in_reply_to": { event_id: answered } });

/** What leaves the house and what stays in it. */
export function leavingCases(house: () => House): void {
  test("a thread is shown to clients with and without threads", async () => {
    const { agent, room, mail, arrival } = house();
    await mail({ from: "ann@example.org", subject: "Tree", messageId: "<tree@example.org>", text: "A tree fell." });
    const root = await arrival("A tree fell.");
    await mail({ from: "ann@example.org", inReplyTo: "<tree@example.org>", text: "On my car." });
    const second = await arrival("On my car.");
    expect(relationOf(second)).toEqual(fallback(root.event_id));
    await mail({ from: "ann@example.org", inReplyTo: "<tree@example.org>", text: "Both of them." });
    // The fallback points at the newest message, which a client without threads shows as answered.
    expect(relationOf(await arrival("Both of them."))).toEqual(fallback(root.event_id, second.event_id));
    expect(await agent.relations(room, root.event_id, "m.thread")).toHaveLength(2);
    expect(second.content).not.toHaveProperty("m.mentions");
  });

  test("every client's way to answer a citizen leaves, and in its order", async () => {
    const { agent, room, sink, sent } = house();
    const { root, file } = await begin(house(), "ben@example.org");
    const before = sink.mails.length;
    const say = (body: string, relation: unknown, over: Record<string, unknown> = {}) =>
      agent.send(room, { msgtype: "m.text", body, ...over, "m.relates_to": relation });

    await say("way-1 rich reply without a thread", asReply(root));
    await say("way-2 in the thread", { ...inThread(root, root), is_falling_back: false });
    await say("way-3 in the thread, nothing said of falling back", inThread(root, root));
    await say("way-4 to the file", inThread(root, file));
    const colleague = await say("hm", fallback(root, file));
    await say("!reply way-5 by command, below a colleague", inThread(root, colleague));
    await say("!REPLY\nway-6 by command, next line", fallback(root, colleague));
    const lost = await say("!wrong", fallback(root, colleague));
    const words = await notice(house(), lost);
    await say("!reply way-7 below a notice", inThread(root, words.event_id));
    await say("way-8 emote", asReply(root), { msgtype: "m.emote" });
    await say("> <@a:b> A quote\n> of old\n\nway-9 below a quote", asReply(root), {
      format: "org.matrix.custom.html",
      formatted_body: "<mx-reply><blockquote>A quote</blockquote></mx-reply>way-9 <b>below</b> a quote",
    });
    const url = await agent.upload(Buffer.from("bytes"), "image/png", "p.png");
    const info = { mimetype: "image/png", size: 5 };
    await say("way-10 caption", asReply(root), { msgtype: "m.image", filename: "p.png", url, info });
    await agent.send(room, { body: "way-11 sticker", url, info, "m.relates_to": asReply(root) }, "m.sticker");
    await say(`way-12 ${"long ".repeat(12_000)}`, inThread(root, root));

    const mails = (await sent(before + 12, 30_000)).slice(before);
    expect(mails.map(({ raw }) => /way-\d+/.exec(raw)?.[0])).toEqual(
      Array.from({ length: 12 }, (_, index) => `way-${index + 1}`),
    );
    const [old, caption, sticker, long] = [mails[8], mails[9], mails[10], mails[11]];
    expect(old?.raw).toContain("<b>below</b>");
    expect(old?.raw).not.toContain("A quote");
    for (const picture of [caption, sticker]) expect(picture?.raw).toContain(Buffer.from("bytes").toString("base64"));
    expect(long?.size).toBeGreaterThan(60_000);
    for (const { raw } of mails) expect(raw).not.toMatch(/!reply/i);
  });

  test("what is not said to the citizen stays, and what could not be sent is objected to", async () => {
    const { agent, room, sink, mail, arrival } = house();
    const { root, file } = await begin(house(), "cleo@example.org");
    const before = sink.mails.length;
    const send = (content: Record<string, unknown>, relation: unknown, type?: string) =>
      agent.send(room, { msgtype: "m.text", body: "stays", ...content, "m.relates_to": relation }, type);

    const note = await send({}, fallback(root, file));
    await send({ body: "stays: to a colleague" }, inThread(root, note));
    await send({ body: "!note stays" }, asReply(root));
    await send({ body: "!note stays", filename: "p.png", msgtype: "m.image", url: "mxc://a/b" }, asReply(root));
    await send({ msgtype: "m.notice", body: "stays: an agent's own bot" }, asReply(root));
    await send({ body: "!reply stays: outside" }, undefined);
    await send({ body: "stays: to nothing we know" }, asReply("$unknown"));
    await agent.react(room, root, "👍");
    await agent.send(room, { body: "stays", "m.relates_to": asReply(root) }, "org.example.poll");

    const objections = new Map([
      [await send({ body: "!forward stays" }, asReply(root)), "!forward is not a command"],
      [
        await send({ algorithm: "m.megolm.v1.aes-sha2", ciphertext: "x" }, asReply(root), "m.room.encrypted"),
        "encrypted",
      ],
      [await send({ msgtype: "m.location", body: " " }, asReply(root)), "nothing in this message"],
      [await send({ body: "!reply  " }, fallback(root)), "nothing in this message"],
      [
        await send({ msgtype: "m.file", body: "x", file: { url: "mxc://a/b" } }, asReply(root)),
        "nothing in this message",
      ],
    ]);
    for (const [event, words] of objections) {
      const said = await notice(house(), event);
      expect(said.content.body).toContain(words);
      expect(relationOf(said)).toMatchObject({ event_id: root, "m.in_reply_to": { event_id: event } });
      expect(said.content["m.mentions"]).toEqual({ user_ids: [agent.userId] });
      expect(await reactions(house(), event)).toEqual([]);
    }
    // A citizen who writes like a command, or like us, is shown and not obeyed.
    await mail({ from: "cleo@example.org", inReplyTo: "<cleo@example.org>", text: "!reply stays, to myself" });
    await arrival("!reply stays, to myself");
    await seal(house(), root);
    const left = sink.mails.slice(before);
    expect(left).toHaveLength(1);
    expect(left[0]?.raw).not.toContain("stays");
  });

  test("an answer that is faster than our own book-keeping is not lost", async () => {
    const { agent, room, sink, mail } = house();
    const before = sink.mails.length;
    // A bot of the agency's that answers each citizen at once.
    const answers = Array.from({ length: 3 }, async (_, index) => {
      const isMine = ({ sender, content }: MatrixEvent) =>
        sender.startsWith("@_guichet_email_") && String(content.body).includes(`quick-${index}.`);
      const { event_id } = await agent.waitForEvent(room, isMine, 30_000);
      await agent.reply(room, event_id, `fast-${index}.`, event_id);
    });
    const attachments = [{ filename: "large.bin", content: Buffer.alloc(1_000_000) }];
    await Promise.all(
      answers.map((_, index) => mail({ from: `q${index}@example.org`, text: `quick-${index}.`, attachments })),
    );
    await Promise.all(answers);
    const left = (await house().sent(before + 3, 30_000)).slice(before).map(({ raw }) => /fast-\d/.exec(raw)?.[0]);
    expect(left.toSorted()).toEqual(Array.from({ length: 3 }, (_, index) => `fast-${index}`));
  });
}

/** A conversation with a file in it. */
async function begin({ mail, arrival }: House, from: string): Promise<{ root: string; file: string }> {
  const word = from.split("@")[0];
  await mail({
    from,
    subject: word,
    messageId: `<${from}>`,
    text: `Question of ${word}.`,
    attachments: [{ filename: `${word}.txt`, content: "text" }],
  });
  const root = (await arrival(`Question of ${word}.`)).event_id;
  return { root, file: (await arrival(`${word}.txt`)).event_id };
}
