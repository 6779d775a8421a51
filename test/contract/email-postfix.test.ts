import { simpleParser } from "mailparser";
import { createTransport } from "nodemailer";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import email from "../../bridges/email/index.ts";
import { type Bridge, DeliveryError } from "../../src/adapter/index.ts";
import { createMemoryHost, type MemoryHost } from "../../src/conformance/memory-host.ts";
import { type Dovecot, startDovecot, users } from "../support/dovecot.ts";
import { missing } from "../support/needs.ts";
import { until } from "../support/patience.ts";
import { freePort } from "../support/ports.ts";
import { type Postfix, startPostfix } from "../support/postfix.ts";
import { type SmtpSink, startSmtpSink } from "../support/smtp-sink.ts";

const absent = missing("root", "postfix", "dovecot");
const [{ user, password }] = users;

describe.skipIf(absent !== undefined)(`through Postfix${absent === undefined ? "" : ` (${absent})`}`, () => {
  let dovecot: Dovecot;
  let sink: SmtpSink;
  beforeAll(async () => {
    dovecot = await startDovecot();
    sink = await startSmtpSink();
  }, 30_000);
  afterAll(async () => {
    await sink.stop();
    await dovecot.remove();
  });

  const running: { bridge: Bridge; host: MemoryHost; postfix: Postfix }[] = [];
  afterEach(async () => {
    sink.mails.length = 0;
    sink.faults = {};
    for (const { bridge, host, postfix } of running.splice(0)) {
      await postfix.remove();
      await bridge.stop(AbortSignal.timeout(2000));
      host.end();
    }
  });

  async function startBoth(protocol: "smtp" | "lmtp") {
    const port = await freePort();
    const transport = protocol === "lmtp" ? `lmtp:inet:127.0.0.1:${port}` : `smtp:[127.0.0.1]:${port}`;
    const { tls, saslPort } = dovecot;
    const postfix = await startPostfix({ transport, relayPort: sink.port, saslPort, tls });
    const host = createMemoryHost();
    const config = email.config.parse({
      address: "mairie@town.example",
      listen: { protocol, port, max_bytes: 5_000_000, tls },
      smtp: { host: "127.0.0.1", port: postfix.submissionPort, user, password, ca: tls.cert },
    });
    const bridge = email.create(config, host);
    await bridge.start(new AbortController().signal);
    running.push({ bridge, host, postfix });
    const client = createTransport({ host: "127.0.0.1", port: postfix.smtpPort, ignoreTLS: true });
    const { send } = bridge;
    if (send === undefined) throw new Error("cannot send");
    return { host, send, client, bridge, postfix };
  }

  test.each(["lmtp", "smtp"] as const)("mail comes in by %s, to several addresses of ours", async (protocol) => {
    const { host, client, postfix } = await startBoth(protocol);
    for (let n = 0; n < 5; n++)
      await client.sendMail({
        from: "Anna <anna@example.org>",
        to: ["mairie@town.example", "mairie+tok-1@town.example"],
        subject: `s${n}`,
        text: "Bonjour",
      });
    await until(() => host.taken.length === 10, 15_000);
    expect(host.taken.filter(({ thread }) => thread.token === "tok-1")).toHaveLength(5);
    expect(host.taken[0]).toMatchObject({ from: { address: "anna@example.org", name: "Anna" }, automatic: false });
    expect(await postfix.log()).toContain("TLS connection established to 127.0.0.1");
    client.close();
  });

  test("Postfix keeps what we cannot store, and brings it again", { timeout: 30_000 }, async () => {
    const { host, client, postfix } = await startBoth("lmtp");
    let failures = 0;
    host.answer = () => {
      if (++failures > 1) return undefined;
      throw new Error("no database");
    };
    await client.sendMail({ from: "anna@example.org", to: "mairie@town.example", subject: "s", text: "x" });
    await until(() => failures === 1);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await postfix.flush();
    await until(() => host.taken.length === 1, 20_000);
    expect(await postfix.log()).toContain("status=deferred");
    expect(await postfix.log()).toContain("451 4.");
    client.close();
  });

  test("mail to an address that is not ours goes back to its sender", async () => {
    const { host, client, postfix } = await startBoth("lmtp");
    await client.sendMail({ from: "anna@example.org", to: "other@town.example", subject: "s", text: "x" });
    await until(() => sink.mails.length === 1, 15_000);
    expect(sink.mails[0]).toMatchObject({ from: "", to: ["anna@example.org"] });
    expect(sink.mails[0]?.raw).toContain("550 5.1.1");
    expect(await postfix.log()).toContain("status=bounced");
    expect(host.taken).toHaveLength(0);
    client.close();
  });

  const answer = {
    deliveryId: "d-1",
    attempt: 1,
    fromName: "Mairie",
    to: { address: "anna@example.org" },
    subject: "Trou",
    text: "C'est fait.",
    attachments: [],
    thread: { token: "tok-1", references: [] },
    writtenAt: new Date(),
  };

  test("an answer leaves by submission, with STARTTLS and a login", async () => {
    const { send, bridge } = await startBoth("lmtp");
    expect(await send(answer, new AbortController().signal)).toEqual({ remoteId: "d-1@town.example" });
    await until(() => sink.mails.length === 1);
    expect(sink.mails[0]).toMatchObject({ from: "mairie@town.example", to: ["anna@example.org"] });
    const mail = await simpleParser(sink.mails[0]?.raw ?? "");
    expect(mail.messageId).toBe("<d-1@town.example>");
    expect(bridge.health().state).toBe("up");
  });

  test("and the citizen's answer to it comes back to its conversation", async () => {
    const { send, host, client } = await startBoth("smtp");
    await send(answer, new AbortController().signal);
    await until(() => sink.mails.length === 1);
    const mail = await simpleParser(sink.mails[0]?.raw ?? "");
    const [replyTo] = mail.replyTo?.value ?? [];
    const id = mail.messageId ?? "";
    await client.sendMail({
      from: "anna@example.org",
      to: replyTo?.address ?? "",
      inReplyTo: id,
      references: id,
      text: "Merci",
    });
    await until(() => host.taken.length === 1, 15_000);
    expect(host.taken[0]?.thread).toEqual({ token: "tok-1", references: ["d-1@town.example"] });
    client.close();
  });

  test("a recipient that Postfix refuses at once is refused for good", async () => {
    const { send } = await startBoth("lmtp");
    const fault = await send({ ...answer, to: { address: "x@[300.1.1.1]" } }, new AbortController().signal).catch(
      (error: unknown) => error,
    );
    expect(fault).toBeInstanceOf(DeliveryError);
    expect(fault).toMatchObject({ consequence: "rejected" });
  });
});
