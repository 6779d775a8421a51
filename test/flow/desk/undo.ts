import { expect, test } from "vitest";
import type { House } from "../../support/house.ts";
import { MatrixClient, type MatrixEvent } from "../../support/matrix-client.ts";
import { notice, outcome, reactions, relationOf, seal } from "./room.ts";

/** Second thoughts: an agency where everything in a thread leaves, six seconds after it was written. */
export function undoCases(house: () => House): void {
  test("inside the undo window an edit changes what leaves, and a redaction or a note holds it back", async () => {
    const { agent, sink } = house();
    const { room, root } = await begin(house(), "dora@example.org");
    const before = sink.mails.length;
    const say = (body: string) => agent.sendInThread(room, root, body);

    const stranger = new MatrixClient(house().synapse.url, await house().synapse.register("stranger"));
    await stranger.join(room);
    const plain = await say("all-1 plain");
    await stranger.edit(room, plain, "stays: another's words");
    await say("!note stays");
    const edited = await say("stays: first words");
    const waiting = await outcome(house(), edited, "⏳", room);
    expect(await reactions(house(), edited, room)).toEqual(["⏳"]);
    await agent.edit(room, edited, "all-2 second words");
    const redacted = await say("stays: redacted");
    await agent.redact(room, redacted);
    const toNote = await say("stays: becomes a note");
    await agent.edit(room, toNote, "!note stays");
    const toNothing = await say("stays: becomes empty");
    await agent.edit(room, toNothing, " ");
    const toCommand = await say("stays: becomes a wrong command");
    await agent.edit(room, toCommand, "!forward stays");
    await stranger.close();
    expect((await notice(house(), toNothing, room)).content.body).toContain("nothing in this message");
    expect((await notice(house(), toCommand, room)).content.body).toContain("!forward is not a command");

    await seal(house(), root, room);
    const left = sink.mails.slice(before).map(({ raw }) => raw);
    expect(left).toHaveLength(3);
    expect(left[0]).toContain("all-1 plain");
    expect(left[1]).toContain("all-2 second words");
    expect(left.join()).not.toContain("stays");
    const sent = await outcome(house(), edited, "✅", room);
    for (const held of [redacted, toNote, toNothing, toCommand])
      await expect.poll(() => reactions(house(), held, room)).toEqual([]);
    await expect.poll(() => reactions(house(), edited, room)).toEqual(["✅"]);
    // A new reaction comes before the old one goes: there is never none.
    const order = (await agent.messages(room)).flatMap(({ event_id, content }) => content.redacts ?? event_id);
    expect(order.indexOf(sent.event_id)).toBeLessThan(order.lastIndexOf(waiting.event_id));
  });

  test("after it a change is too late, which is said, and a note does not become an answer by an edit", async () => {
    const { agent, sink, room } = house();
    await house().mail({ from: "emil@example.org", subject: "Emil", text: "Emil asks." });
    const root = (await house().arrival("Emil asks.")).event_id;
    const edited = await agent.reply(room, root, "late-1", root);
    const redacted = await agent.reply(room, root, "late-2", root);
    const note = await agent.sendInThread(room, root, "late note");
    await outcome(house(), edited, "✅");
    await outcome(house(), redacted, "✅");
    const before = sink.mails.length;
    await agent.edit(room, edited, "late-1, better");
    await agent.redact(room, redacted);
    await agent.edit(room, note, "!reply late-3");
    for (const event of [edited, redacted])
      expect((await notice(house(), event)).content.body).toContain("already left");
    expect((await notice(house(), note)).content.body).toContain("an edit sends nothing");
    await seal(house(), root);
    expect(sink.mails).toHaveLength(before + 1);
    // What a moderator takes out of a citizen's words, or of agents' talk, means nothing to anybody else.
    const ofCitizen = await agent.redact(room, root);
    await agent.redact(room, note);
    expect(ofCitizen).toMatch(/^\$/);
    await seal(house(), root);
    expect((await agent.messages(room)).filter((event) => touches(event, ofCitizen))).toEqual([]);
  });
}

const touches = (event: MatrixEvent, other: string) => Object(relationOf(event)).event_id === other;

async function begin({ agent, mail, arrival }: House, from: string): Promise<{ room: string; root: string }> {
  const room = await agent.join("#care:agents.test");
  await mail({ from, to: "care@town.example", subject: "Care", text: `${from} needs care.` });
  return { room, root: (await arrival(`${from} needs care.`, 15_000, room)).event_id };
}
