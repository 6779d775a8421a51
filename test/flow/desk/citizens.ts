import { expect, test } from "vitest";
import type { House } from "../../support/house.ts";
import { makeBotLeave, notice, outcome, relationOf } from "./room.ts";

/** The users that stand for citizens, through names, kicks, bans and closed doors. */
export function citizensCases(house: () => House): void {
  test("a citizen is one user whose id tells nothing, under the newest name", async () => {
    const { agent, room, mail, arrival, synapse } = house();
    await mail({ from: { name: "Flora Bell", address: "flora@example.org" }, text: "flora-1" });
    const { sender } = await arrival("flora-1");
    expect(sender).toMatch(/^@_guichet_email_[a-z2-7]{24}:agents\.test$/);
    expect((await agent.members(room)).get(sender)).toBe("Flora Bell");
    await mail({ from: { name: "Flora Ring", address: "FLORA@example.org" }, text: "flora-2" });
    expect((await arrival("flora-2")).sender).toBe(sender);
    expect((await agent.members(room)).get(sender)).toBe("Flora Ring");
    // Without a name the known one stays.
    await mail({ from: "flora@example.org", text: "flora-3" });
    await arrival("flora-3");
    expect((await agent.members(room)).get(sender)).toBe("Flora Ring");
    // Nobody can take a citizen's name on the homeserver, and asking for a user makes none.
    await expect(synapse.register("_guichet_email_new")).rejects.toThrow();
    await expect(agent.call("GET", "/v3/profile/@_guichet_email_new:agents.test")).rejects.toMatchObject({
      status: 404,
    });
  });

  test("one who was kicked comes back with the next message; one who is banned does not, and agents are told", async () => {
    const { agent, room, mail, arrival } = house();
    await mail({ from: "gus@example.org", messageId: "<gus@example.org>", text: "gus-1" });
    const first = await arrival("gus-1");
    const act = (verb: string) =>
      agent.call("POST", `/v3/rooms/${encodeURIComponent(room)}/${verb}`, { user_id: first.sender });
    await act("kick");
    await mail({ from: "gus@example.org", inReplyTo: "<gus@example.org>", text: "gus-2" });
    expect(relationOf(await arrival("gus-2"))).toMatchObject({ event_id: first.event_id });

    await act("ban");
    await mail({ from: "gus@example.org", inReplyTo: "<gus@example.org>", text: "gus-3" });
    await mail({ from: "hal@example.org", text: "hal-1" });
    const told = await agent.waitForEvent(
      room,
      ({ sender, content }) => sender.startsWith("@_guichet_bot") && String(content.body).includes("banned"),
      30_000,
    );
    expect(told.content.msgtype).toBe("m.notice");
    expect(told.content.body).not.toContain("gus");
    await arrival("hal-1");
    await act("unban");
    // Those behind a message that was set aside go on.
    await mail({ from: "gus@example.org", inReplyTo: "<gus@example.org>", text: "gus-4" });
    await arrival("gus-4");
    expect((await agent.messages(room)).some(({ content }) => content.body === "gus-3")).toBe(false);
  });

  test("a room that becomes private lets citizens in by the bot's invitation", async () => {
    const { agent, mail, arrival } = house();
    const room = await agent.join("#care:agents.test");
    const path = `/v3/rooms/${encodeURIComponent(room)}/state/m.room.join_rules/`;
    await agent.call("PUT", path, { join_rule: "invite" });
    await mail({ from: "ida@example.org", to: "care@town.example", text: "ida-1" });
    expect((await arrival("ida-1", 15_000, room)).sender).toMatch(/^@_guichet_email_/);
    await agent.call("PUT", path, { join_rule: "public" });
  });

  test("a bot that left comes back to say how an answer ended", async () => {
    const { agent, room, mail, arrival, sink } = house();
    await mail({ from: "jon@example.org", text: "jon-1" });
    const root = (await arrival("jon-1")).event_id;
    await makeBotLeave(house());
    const before = sink.mails.length;
    const answer = await agent.reply(room, root, "to jon", root);
    await house().sent(before + 1, 30_000);
    await outcome(house(), answer, "✅");
    const wrong = await agent.reply(room, root, "!wrong", root);
    await notice(house(), wrong);
  });

  test("words of any shape reach the room", async () => {
    const { mail, arrival } = house();
    await mail({ from: "kim@example.org", subject: "\u202eKim", text: "kim-1 \u202e \ud83d\ude00 @room" });
    expect((await arrival("kim-1")).content).not.toHaveProperty("m.mentions");
    await mail({
      from: "kim@example.org",
      messageId: `<${"x".repeat(900)}@example.org>`,
      text: "kim-2",
      attachments: [
        { filename: `${"n".repeat(400)}.é\u202e.txt`, content: "a", contentType: "text/plain" },
        { filename: "kim-odd.bin", content: "b", headers: { "content-type": 'application/ö; x="y"' } },
        { filename: "kim-empty.txt", content: "" },
      ],
    });
    await arrival("kim-2");
    await arrival("kim-empty.txt");
    expect((await arrival("kim-odd.bin")).content).toMatchObject({ msgtype: "m.file" });
    // More than an event holds: cut between characters, and whole in a file.
    const text = `kim-3 ${"👩‍👩‍👧 é ".repeat(9_000)}`;
    await mail({ from: "kim@example.org", text, html: `<p>${text}</p>` });
    const { event_id, content } = await arrival("kim-3");
    expect(String(content.body).isWellFormed()).toBe(true);
    expect(content.body).toContain("[…]");
    const whole = await arrival("message.txt");
    expect(relationOf(whole)).toMatchObject({ event_id });
    const kept = await house().agent.download(String(whole.content.url));
    expect(kept.content.toString().trim()).toBe(text.trim());
  });
}
