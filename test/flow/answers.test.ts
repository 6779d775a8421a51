import { simpleParser } from "mailparser";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type House, openHouse } from "../support/house.ts";
import { missing } from "../support/needs.ts";
import { notice, outcome, reactions, relationOf } from "./desk/room.ts";

const lacking = missing("synapse");
const TOKEN = /^mairie\+([0-9a-z]+-[a-z2-7]{16})@town\.example$/;

describe.skipIf(lacking)(`answers ${lacking ?? ""}`, { timeout: 90_000 }, () => {
  let opened: House | undefined;
  const house = () => {
    if (!opened) throw new Error("the house is not open");
    return opened;
  };
  /** The next mail that leaves after `before` have. */
  const leaves = async (before: number) => {
    const mail = (await house().sent(before + 1, 30_000))[before];
    return { ...(await simpleParser(mail?.raw ?? "")), to: mail?.to };
  };
  beforeAll(async () => {
    opened = await openHouse({
      agency: { undo_seconds: 3 },
      channel: { layout: { signature: { en: "Town Hall\nMarket Square 1" }, quote: "answered" } },
    });
  });
  afterAll(() => opened?.close());

  test("whom else a message names is shown, and !cc reaches all of them, with signature and quote", async () => {
    const { agent, room, sink, mail, arrival } = house();
    await mail({
      from: "Ann <ann@example.org>",
      to: ["mairie@town.example", "Bob <bob@example.org>"],
      cc: ["carl@example.org", "ann@example.org"],
      replyTo: "Ann's office <office@example.org>",
      subject: "Tree",
      text: "A tree fell.",
      html: "<p>A <b>tree</b> fell.</p>",
    });
    const root = await arrival("A tree fell.");
    expect(root.content.body).toContain(
      "\n\nCc: Bob <bob@example.org>, carl@example.org\nReply-To: Ann's office <office@",
    );
    expect(root.content.formatted_body).toContain("Cc: Bob &lt;bob@example.org&gt;");

    const before = sink.mails.length;
    await agent.reply(room, root.event_id, "We come to Ann alone.", root.event_id);
    const alone = await leaves(before);
    expect(alone.to).toEqual(["ann@example.org"]);
    expect(alone.cc).toBeUndefined();
    const event = await agent.reply(room, root.event_id, "!cc We come today.", root.event_id);
    const sent = await leaves(before + 1);
    expect(sent.to).toEqual(["ann@example.org", "office@example.org", "bob@example.org", "carl@example.org"]);
    expect(sent.cc).toMatchObject({
      value: [{ name: "Ann's office" }, { name: "Bob" }, { address: "carl@example.org" }],
    });
    expect(sent.subject).toBe("Re: Tree");
    expect(sent.text).toMatch(
      /^We come today\.\n\n-- \nTown Hall\nMarket Square 1\n\nOn .{10,40}, Ann <ann@example\.org> wrote:\n> A tree fell\.\s*$/,
    );
    expect(sent.html).toMatch(/We come today\..*Town Hall<br>.*wrote:<\/p><blockquote type="cite"[^>]*><p>A <b>tree/s);
    await outcome(house(), event, "✅");
  });

  test("an edit decides anew who gets it, and nobody to copy is said", async () => {
    const { agent, room, sink, mail, arrival } = house();
    await mail({ from: "dora@example.org", to: ["mairie@town.example", "eve@example.org"], text: "Two of us." });
    const { event_id: root } = await arrival("Two of us.");
    const before = sink.mails.length;
    const all = await agent.sendInThread(room, root, "!cc For both.");
    await agent.edit(room, all, "!reply For one.");
    expect(await leaves(before)).toMatchObject({ to: ["dora@example.org"] });
    const one = await agent.sendInThread(room, root, "!reply For one.");
    await agent.edit(room, one, "!cc For both.");
    expect(await leaves(before + 1)).toMatchObject({ to: ["dora@example.org", "eve@example.org"] });
    const undone = await agent.sendInThread(room, root, "!cc For nobody.");
    await agent.redact(room, undone);

    await mail({ from: "fay@example.org", text: "Only me." });
    const { event_id: alone } = await arrival("Only me.");
    const vain = await agent.sendInThread(room, alone, "!cc To whom?");
    expect((await notice(house(), vain)).content.body).toContain("nobody else was addressed");
    expect(sink.mails.length).toBe(before + 2);
  });

  test("one of several who is refused is named, and the citizen's refusal is a failure", async () => {
    const { agent, room, sink, mail, arrival } = house();
    await mail({ from: "gus@example.org", to: ["mairie@town.example", "hal@example.org"], text: "Refuse one." });
    const { event_id: root } = await arrival("Refuse one.");
    sink.faults = { recipients: { "hal@example.org": [550, "5.1.1 No such user"] } };
    const partly = await agent.sendInThread(room, root, "!cc First.");
    const said = await notice(house(), partly);
    expect(said.content.body).toMatch(/^Not delivered to hal@example\.org \(SMTP_550: .*No such user\)\. The other/);
    expect(await reactions(house(), partly)).toEqual(["✅"]);
    sink.faults = { recipients: { "gus@example.org": [550, "5.1.1 No such user"] } };
    const failed = await agent.sendInThread(room, root, "!cc Second.");
    expect((await notice(house(), failed)).content.body).toContain("Not delivered to gus@example.org");
    await outcome(house(), failed, "❌");
    sink.faults = {};
  });

  test("!mail begins a conversation, and the answer comes back into its thread", async () => {
    const { agent, room, sink, mail, arrival } = house();
    const before = sink.mails.length;
    const content = {
      msgtype: "m.text",
      body: "!mail Ina@Example.org Building  permit\nYour permit is **ready**.",
      format: "org.matrix.custom.html",
      formatted_body:
        '!mail <a href="mailto:Ina@Example.org">Ina@Example.org</a> Building permit<br>Your permit is <b>ready</b>.',
    };
    const command = await agent.send(room, content);
    await agent.edit(room, command, {
      ...content,
      body: content.body.replace("ready", "ready now"),
      formatted_body: content.formatted_body.replace("ready", "ready now"),
    });
    const sent = await leaves(before);
    expect(sent).toMatchObject({ to: ["ina@example.org"], subject: "Building permit" });
    expect(sent.inReplyTo).toBeUndefined();
    expect(sent.text).toMatch(/^Your permit is ready now\.\n\n-- \nTown Hall/);
    expect(sent.html).toContain("Your permit is <b>ready now</b>.");
    await outcome(house(), command, "✅");

    const reply = sent.replyTo?.value[0]?.address ?? "";
    expect(reply).toMatch(TOKEN);
    await mail({ from: "Ina <ina@example.org>", to: reply, subject: "Re: Building permit", text: "Thank you." });
    const answer = await arrival("Thank you.");
    expect(relationOf(answer)).toMatchObject({ rel_type: "m.thread", event_id: command });
    await agent.reply(room, answer.event_id, "You are welcome.", command);
    const second = await leaves(before + 1);
    expect(second.subject).toBe("Re: Building permit");
    expect(second.text).toMatch(/^You are welcome\.[\s\S]*Ina <ina@example\.org> wrote:\n> Thank you\.\s*$/);
  });

  test("what !mail lacks is said, and !help lists the commands", async () => {
    const { agent, room, sink } = house();
    const before = sink.mails.length;
    for (const body of ["!mail", "!mail ina Permit\nText", "!mail mairie@town.example To us\nText"]) {
      const event = await agent.sendText(room, body);
      expect((await notice(house(), event)).content.body).toContain("!mail anna@example.org Subject\n");
    }
    const without = await agent.sendText(room, "!write joe@example.org Later");
    const said = await notice(house(), without);
    expect(said.content.body).toContain("Write !reply and the text in this thread");
    expect(relationOf(said)).toMatchObject({ rel_type: "m.thread", event_id: without });
    await agent.sendInThread(room, without, "!reply Here it is.", said.event_id);
    expect(await leaves(before)).toMatchObject({ to: ["joe@example.org"], subject: "Later" });

    const wrong = await agent.sendText(room, "!mail lea@exmaple.org Permit\nYour permit is ready.");
    await agent.edit(room, wrong, "!mail lea@example.org Permit\nYour permit is ready.");
    expect((await notice(house(), wrong)).content.body).toContain("has to name lea@exmaple.org as before");
    const bad = await agent.sendText(room, "!mail lea Permit\nYour permit is ready.");
    await notice(house(), bad);
    const mended = await agent.edit(room, bad, "!mail lea@example.org Permit\nYour permit is ready.");
    expect((await notice(house(), mended)).content.body).toContain("an edit sends nothing by itself");

    const misplaced = await agent.sendInThread(room, without, "!mail kim@example.org Permit\nText");
    expect((await notice(house(), misplaced)).content.body).toContain("outside of threads");
    const help = (await notice(house(), await agent.sendText(room, "!help"))).content.body;
    for (const command of ["!reply", "!cc", "!note", "!mail anna@example.org", "!help"])
      expect(help).toContain(command);
    expect(sink.mails.length).toBe(before + 1);
  });
});
