import { createTransport, type SendMailOptions } from "nodemailer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Dovecot, startDovecot, users } from "../support/dovecot.ts";
import { ADDRESS, type House, openHouse } from "../support/house.ts";
import { isReaction } from "../support/is-reaction.ts";
import { waitForMail } from "../support/mailbox.ts";
import { missing } from "../support/needs.ts";
import { freePort } from "../support/ports.ts";
import { type Postfix, startPostfix } from "../support/postfix.ts";

const [mairie, anna] = users;
const lacks = missing("root", "postfix", "dovecot", "synapse");

describe.skipIf(lacks)(
  `what comes back from real mail servers${lacks ? ` (${lacks})` : ""}`,
  { timeout: 60_000 },
  () => {
    const closing = new AsyncDisposableStack();
    let dovecot: Dovecot;
    let postfix: Postfix;
    let house: House;
    beforeAll(async () => {
      const submissionPort = await freePort();
      dovecot = await startDovecot({ submissionPort });
      closing.defer(() => dovecot.remove());
      const { tls, saslPort, lmtpPort } = dovecot;
      const lmtp = `lmtp:inet:127.0.0.1:${lmtpPort}`;
      postfix = await startPostfix({
        transport: lmtp,
        // Dovecot knows Anna alone there, and says so to Postfix when it has taken the mail on.
        routes: { "example.org": lmtp },
        relayPort: await freePort(),
        saslPort,
        tls,
        smtpPort: submissionPort,
      });
      closing.defer(() => postfix.remove());
      house = await openHouse({
        agency: { acknowledge: true, languages: ["en", "fr"] },
        channel: {
          smtp: { host: "127.0.0.1", port: postfix.smtpPort, tls: "none" },
          imap: {
            host: "127.0.0.1",
            port: dovecot.imapsPort,
            user: mairie.user,
            password: mairie.password,
            ca: tls.cert,
          },
        },
        others: { parks: { acknowledge: { en: "{agency}: {number}" } } },
      });
      closing.defer(() => house.close());
    });
    afterAll(() => closing.disposeAsync());

    async function write(mail: SendMailOptions) {
      const client = createTransport({ host: "127.0.0.1", port: postfix.smtpPort, ignoreTLS: true });
      await client.sendMail({ to: ADDRESS, ...mail });
      client.close();
    }
    const mailbox = () => ({ port: dovecot.imapsPort, user: anna.user, password: anna.password });
    const shown = (text: string, limitMs = 20_000, room = house.room) =>
      house.agent.waitForEvent(room, ({ content }) => String(content.body).includes(text), limitMs);
    const timeline = (room = house.room) => house.agent.messages(room);

    test("a message is acknowledged once, in all of the agency's languages, and no reaction tells of it", async () => {
      await write({ from: `Anna <${anna.user}>`, subject: "Question", text: "Bonjour", messageId: "<q@example.org>" });
      const mail = await waitForMail(mailbox(), "has received your message");
      expect(mail.text).toMatch(/Town Hall has received your message\. Its number is \d+\..*a bien reçu/s);
      expect(mail).toMatchObject({ subject: "Re: Question", inReplyTo: "<q@example.org>" });
      expect(mail.headers.get("auto-submitted")).toBe("auto-replied");
      expect(mail.headers.get("x-auto-response-suppress")).toBe("All");
      const root = await shown("Bonjour");

      await write({ from: `Anna <${anna.user}>`, subject: "Another", text: "Encore" });
      const second = await shown("Encore");
      await house.agent.reply(house.room, second.event_id, "Once", second.event_id);
      await waitForMail(mailbox(), "Once");
      const all = await dovecot.doveadm("search", "-u", anna.user, "header", "Auto-Submitted", "auto-replied");
      expect(all.trim().split("\n")).toHaveLength(1);
      expect(await house.agent.relations(house.room, root.event_id, "m.annotation")).toEqual([]);
    });

    test("mail that Postfix returns shows on the agent's own message, and nobody else speaks", async () => {
      await write({ from: "Gone <gone@example.org>", subject: "Gone", text: "I will be gone" });
      const root = await shown("I will be gone");
      const unacknowledged = await shown("acknowledgement did not reach the citizen");
      expect(unacknowledged.content).toMatchObject({
        body: expect.stringContaining("this address does not exist"),
        "m.mentions": {},
        "m.relates_to": { event_id: root.event_id },
      });
      const answer = await house.agent.reply(house.room, root.event_id, "Are you there?", root.event_id);
      await house.agent.waitForEvent(house.room, (event) => isReaction(event, answer, "❌"), 30_000);
      const notice = await shown("your answer had left, and came back");
      expect(notice.content.body).toContain("this address does not exist");
      expect(notice.content["m.relates_to"]).toMatchObject({ "m.in_reply_to": { event_id: answer } });
      expect((await timeline()).filter(({ content }) => String(content.body).includes("Undelivered"))).toEqual([]);
    });

    test("a bounce of something unknown is shown, with its sense in words", async () => {
      const client = createTransport({ host: "127.0.0.1", port: house.smtpPort, ignoreTLS: true });
      await client.sendMail({ envelope: { from: "", to: [ADDRESS] }, raw: STRANGE });
      client.close();
      const { content } = await shown("does not know which");
      expect(content.body).toMatch(/^⚠️ A mail server reports a message that did not arrive \(the mailbox is full\)/);
    });

    test("an answering machine's mail is shown in its thread, and is not answered by another", async () => {
      const root = await shown("Bonjour");
      await dovecot.answerWhileAway(anna.user, "I am on the moon.");
      await house.agent.reply(house.room, root.event_id, "Come tomorrow", root.event_id);
      const { content } = await shown("I am on the moon.", 30_000);
      expect(content.body).toMatch(/^⚠️ Automatic reply:/);
      expect(content["m.relates_to"]).toMatchObject({ rel_type: "m.thread", event_id: root.event_id });
    });

    describe("machines that write without end", () => {
      let parks: string;
      const asParks = (mail: SendMailOptions) => house.mail({ to: "parks@town.example", ...mail });
      beforeAll(async () => {
        parks = await house.agent.join("#parks:agents.test");
      });

      test("two channels of ours that write to each other are not acknowledged", async () => {
        const before = house.sink.mails.length;
        await asParks({ from: ADDRESS, subject: "Hello", text: "from the hall" });
        await house.mail({ from: "parks@town.example", subject: "Hello", text: "from the parks" });
        await shown("from the hall", 20_000, parks);
        await shown("from the parks");
        await asParks({ from: "carl@example.org", subject: "Trees", text: "a citizen" });
        const mails = await house.sent(before + 1);
        expect(mails.slice(before).map(({ to }) => to)).toEqual([["carl@example.org"]]);
        expect(mails[before]?.raw).toMatch(/parks: \d+/);
      });

      test("a machine that says not that it is one gets one acknowledgement, however often it answers", async () => {
        const before = house.sink.mails.length;
        for (let n = 0; n < 5; n++) await asParks({ from: "robot@x.example", subject: `S${n}`, text: `Beep ${n}` });
        await shown("Beep 4", 20_000, parks);
        const [first] = (await house.sent(before + 1)).slice(before);
        const to = /^Reply-To:.*<(.+)>/im.exec(first?.raw ?? "")?.[1] ?? "";
        const envelope = { from: "robot@x.example", to: [to] };
        await asParks({ from: "robot@x.example", envelope, subject: "Re: S0", text: "Beep again" });
        await shown("Beep again", 20_000, parks);
        await asParks({ from: "dora@x.example", subject: "Trees", text: "behind it" });
        const mails = await house.sent(before + 2);
        expect(mails.slice(before).map((mail) => mail.to[0])).toEqual(["robot@x.example", "dora@x.example"]);
      });

      test("a flood is set aside, and the room told once", async () => {
        const headers = { "Auto-Submitted": "auto-generated" };
        const machine = { from: "meter@x.example", subject: "Reading", headers };
        for (let n = 1; n <= 124; n++) await asParks({ ...machine, text: `Reading ${n} of the meter` });
        const notice = await shown("come too fast", 30_000, parks);
        await asParks({ from: "emil@x.example", subject: "Trees", text: "behind the flood" });
        await shown("behind the flood", 20_000, parks);
        const all = await timeline(parks);
        expect(all.filter(({ content }) => String(content.body).includes("of the meter"))).toHaveLength(120);
        expect(all.filter(({ content }) => content.body === notice.content.body)).toHaveLength(1);
      });
    });
  },
);

const STRANGE = `From: MAILER-DAEMON@mx.example
To: ${ADDRESS}
Subject: Undelivered Mail Returned to Sender
Message-ID: <strange@mx.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

Your message could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; paul@mx.example
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp; 552 5.2.2 Mailbox full
--b--
`.replace(/\n/g, "\r\n");
