import { createTransport } from "nodemailer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Dovecot, startDovecot, users } from "../support/dovecot.ts";
import { type House, openHouse } from "../support/house.ts";
import { isReaction } from "../support/is-reaction.ts";
import { readMailbox, waitForMail } from "../support/mailbox.ts";
import { missing } from "../support/needs.ts";
import { freePort } from "../support/ports.ts";
import { type Postfix, startPostfix } from "../support/postfix.ts";

const [mairie, anna] = users;

/** Ways from the town's mail server into guichet, each with an address of its own. */
const WAYS = { lmtp: "lmtp@town.example", smtp: "smtp@town.example", imap: mairie.user };
type Way = keyof typeof WAYS;
const ways = ["lmtp", "smtp", "imap"] as const;

describe.each(["postgres", "redis"] as const)("between real mail servers, queue in %s", (queue) => {
  const lacks = missing(
    "root",
    "postfix",
    "dovecot",
    "synapse",
    ...(queue === "redis" ? ["redis-server" as const] : []),
  );
  const closing = new AsyncDisposableStack();
  let dovecot: Dovecot;
  let postfix: Postfix;
  let house: House;
  beforeAll(async () => {
    if (lacks) return;
    dovecot = await startDovecot();
    closing.defer(() => dovecot.remove());
    const ports = { lmtp: await freePort(), smtp: await freePort() };
    const { tls, saslPort, lmtpPort } = dovecot;
    postfix = await startPostfix({
      transport: "error:no such address",
      routes: {
        [WAYS.lmtp]: `lmtp:inet:127.0.0.1:${ports.lmtp}`,
        [WAYS.smtp]: `smtp:[127.0.0.1]:${ports.smtp}`,
        [WAYS.imap]: `lmtp:inet:127.0.0.1:${lmtpPort}`,
        "example.org": `lmtp:inet:127.0.0.1:${lmtpPort}`,
      },
      relayPort: await freePort(),
      saslPort,
      tls,
    });
    closing.defer(() => postfix.remove());
    house = await openHouse({ queue, config: { channels: openChannels(ports) } });
    closing.defer(() => house.close());
  });
  afterAll(() => closing.disposeAsync());

  function openChannels(ports: { lmtp: number; smtp: number }) {
    const { tls, imapsPort } = dovecot;
    const login = { user: mairie.user, password: mairie.password, ca: tls.cert };
    const common = {
      use: "email",
      agency: "town-hall",
      smtp: { host: "127.0.0.1", port: postfix.submissionPort, ...login },
    };
    const channels: Record<Way, object> = {
      lmtp: { ...common, address: WAYS.lmtp, listen: { protocol: "lmtp", port: ports.lmtp, tls: { ...tls } } },
      smtp: { ...common, address: WAYS.smtp, listen: { protocol: "smtp", port: ports.smtp, tls: { ...tls } } },
      imap: { ...common, address: WAYS.imap, imap: { host: "127.0.0.1", port: imapsPort, ...login } },
    };
    return channels;
  }

  async function write(mail: { to: string; subject: string; text: string; messageId?: string }) {
    const client = createTransport({ host: "127.0.0.1", port: postfix.smtpPort, ignoreTLS: true });
    await client.sendMail({ from: `Anna <${anna.user}>`, ...mail });
    client.close();
  }

  const mailbox = () => ({ port: dovecot.imapsPort, user: anna.user, password: anna.password });

  test.skipIf(lacks).each(ways)(
    `a mail by %s, its answer in the citizen's mailbox, and hers to that${lacks ? ` (${lacks})` : ""}`,
    { timeout: 60_000 },
    async (way) => {
      await write({
        to: WAYS[way],
        subject: `Question ${way}`,
        text: `Bonjour ${way}`,
        messageId: `<${way}@example.org>`,
      });
      const root = await house.arrival(`Bonjour ${way}`);
      expect(root.content.body).toContain(`Question ${way}`);
      expect((await house.agent.members(house.room)).get(root.sender)).toBe("Anna");

      const answer = await house.agent.reply(house.room, root.event_id, `Reponse ${way}`, root.event_id);
      const mail = await waitForMail(mailbox(), `Reponse ${way}`);
      expect(mail).toMatchObject({ subject: `Re: Question ${way}`, inReplyTo: `<${way}@example.org>` });
      expect(mail.from?.value).toEqual([{ name: "Town Hall", address: WAYS[way] }]);
      expect(String(mail.headers.get("received"))).toContain("ESMTPSA");
      await house.agent.waitForEvent(house.room, (event) => isReaction(event, answer, "✅"));

      // By the signed address alone: neither its subject nor a citation leads it back.
      const [replyTo] = mail.replyTo?.value ?? [];
      expect(replyTo?.address).toMatch(new RegExp(`^${way === "imap" ? "mairie" : way}\\+.+@town\\.example$`));
      await write({ to: replyTo?.address ?? "", subject: "Else", text: `Merci ${way}` });
      expect((await house.arrival(`Merci ${way}`)).content["m.relates_to"]).toMatchObject({
        rel_type: "m.thread",
        event_id: root.event_id,
      });
    },
  );

  test.skipIf(lacks)("what came while guichet was dead is there soon after, once", { timeout: 60_000 }, async () => {
    await house.guichet.end("SIGKILL");
    for (const way of ways) await write({ to: WAYS[way], subject: "Late", text: `Pendant ${way}` });
    const began = Date.now();
    await house.guichet.start();
    const up = Date.now();
    for (const way of ways) {
      const { event_id } = await house.arrival(`Pendant ${way}`, 30_000);
      console.log(`${queue}, ${way}: up in ${up - began} ms, in the room ${Date.now() - up} ms later`);
      await house.agent.reply(house.room, event_id, `Tard ${way}`, event_id);
    }
    for (const way of ways) await waitForMail(mailbox(), `Tard ${way}`);
    const timeline = await house.agent.messages(house.room);
    for (const way of ways)
      expect(timeline.filter(({ content }) => String(content.body).includes(`Pendant ${way}`))).toHaveLength(1);
    const sent = await readMailbox(mailbox());
    expect(new Set(sent.map(({ messageId }) => messageId)).size).toBe(2 * ways.length);
    expect(sent).toHaveLength(2 * ways.length);
  });
});
