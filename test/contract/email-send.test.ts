import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { simpleParser } from "mailparser";
import { afterEach, describe, expect, test } from "vitest";
import email from "../../bridges/email/index.ts";
import { type Bridge, DeliveryError, type OutboundMessage } from "../../src/adapter/index.ts";
import { createMemoryHost } from "../../src/conformance/memory-host.ts";
import { until } from "../support/patience.ts";
import { startSmtpSink } from "../support/smtp-sink.ts";

const running: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of running.splice(0).reverse()) await stop();
});

async function startSending(options: Parameters<typeof startSmtpSink>[0] = {}, smtp: Record<string, unknown> = {}) {
  const sink = await startSmtpSink(options);
  const bridge = await startBridge({ port: sink.port, tls: "none", ...smtp });
  running.push(() => sink.stop());
  return { sink, ...bridge };
}

async function startBridge(smtp: Record<string, unknown>) {
  const host = createMemoryHost();
  const config = email.config.parse({
    address: "mairie@town.example",
    // Never connected: a channel needs a way in, and a closed port is healed in the background.
    imap: { host: "127.0.0.1", port: 9, user: "u", password: "p", tls: "none" },
    smtp: { host: "127.0.0.1", max_bytes: 60 * 1024 * 1024, ...smtp },
  });
  const bridge = email.create(config, host);
  await bridge.start(new AbortController().signal);
  running.push(() => bridge.stop(AbortSignal.timeout(500)));
  return { bridge, host };
}

const answer: OutboundMessage = {
  deliveryId: "d-1",
  attempt: 1,
  fromName: "Mairie de Town",
  to: { address: "anna@example.org", name: "Anna Müller" },
  subject: "RE: Réparation",
  text: "Bonjour,\nc'est fait.\n.",
  html: "<p>Bonjour,<br/><b>c'est fait</b>.</p>",
  attachments: [],
  thread: { token: "tok-1", inReplyTo: "m2@example.org", references: ["m1@example.org", "m2@example.org"] },
  writtenAt: new Date("2026-03-01T10:00:00Z"),
};

const never = new AbortController().signal;

async function send(bridge: Bridge, message: OutboundMessage, signal: AbortSignal = never) {
  if (bridge.send === undefined) throw new Error("cannot send");
  return bridge.send(message, signal);
}

async function failure(bridge: Bridge, message: OutboundMessage = answer, signal: AbortSignal = never) {
  try {
    await send(bridge, message, signal);
  } catch (fault) {
    if (fault instanceof DeliveryError) return fault;
    throw fault;
  }
  throw new Error("was delivered");
}

describe("an answer leaves", () => {
  test("with all that a thread and a reply need", async () => {
    const { sink, bridge } = await startSending();
    const file = {
      name: "été.pdf",
      type: "application/pdf",
      size: 4,
      open: async () => Readable.from([Buffer.from("%PDF")]),
    };
    expect(await send(bridge, { ...answer, attachments: [file] })).toEqual({ remoteId: "d-1@town.example" });
    expect(sink.mails).toHaveLength(1);
    expect(sink.mails[0]).toMatchObject({ from: "mairie@town.example", to: ["anna@example.org"] });
    const raw = sink.mails[0]?.raw ?? "";
    const mail = await simpleParser(raw, { keepCidLinks: true });
    expect(mail.messageId).toBe("<d-1@town.example>");
    expect(mail.from?.value).toEqual([{ address: "mairie@town.example", name: "Mairie de Town" }]);
    expect(mail.to).toMatchObject({ value: [{ address: "anna@example.org", name: "Anna Müller" }] });
    expect(mail.replyTo?.value).toEqual([{ address: "mairie+tok-1@town.example", name: "Mairie de Town" }]);
    expect(mail.subject).toBe("Re: Réparation");
    expect(mail.inReplyTo).toBe("<m2@example.org>");
    expect(mail.references).toEqual(["<m1@example.org>", "<m2@example.org>"]);
    expect(mail.date).toEqual(answer.writtenAt);
    expect(mail.text?.trim()).toBe("Bonjour,\nc'est fait.\n.");
    expect(mail.html).toContain("<b>c'est fait</b>");
    expect(mail.html).toMatch(/^<!doctype html>/);
    expect(mail.attachments).toMatchObject([{ filename: "été.pdf", contentType: "application/pdf" }]);
    expect(mail.attachments[0]?.content.toString()).toBe("%PDF");
    expect(raw).not.toMatch(/^(auto-submitted|x-mailer)/im);
  });

  test("the same words again are the same mail; nothing is injected into headers", async () => {
    const { sink, bridge } = await startSending();
    const evil = "x\r\nBcc: victim@example.org\r\n\r\nbody";
    const message = {
      ...answer,
      fromName: evil,
      subject: evil,
      to: { address: "anna@example.org", name: evil },
      thread: { ...answer.thread, inReplyTo: evil },
    };
    await send(bridge, message);
    await send(bridge, { ...message, attempt: 2 });
    const heads = sink.mails.map(({ raw }) => raw.split("\r\n\r\n")[0] ?? "");
    expect(heads[0]?.match(/^message-id:.*$/im)?.[0]).toBe(heads[1]?.match(/^message-id:.*$/im)?.[0]);
    expect(heads[0]).not.toMatch(/^bcc:/im);
    expect(sink.mails[0]?.to).toEqual(["anna@example.org"]);
  });

  test("without HTML, subject, or room for the token", async () => {
    const { sink, bridge } = await startSending();
    const { subject: _subject, html: _html, ...plain } = answer;
    await send(bridge, { ...plain, thread: { token: "t".repeat(60), references: [] } });
    const mail = await simpleParser(sink.mails[0]?.raw ?? "");
    expect(mail).toMatchObject({ subject: "Re: Mairie de Town", text: expect.stringContaining(answer.text) });
    // Plain words come in the same look as formatted ones.
    expect(mail.html).toMatch(/^<!doctype html>.*<p>/s);
    expect(mail.replyTo).toBeUndefined();
    expect(mail.references).toBeUndefined();
  });

  test("to several people, who see each other; those who are refused are named", async () => {
    const { sink, bridge } = await startSending();
    const cc = [{ address: "bob@example.org", name: "Bob, B." }, { address: "carl@example.org" }];
    sink.faults = { recipients: { "bob@example.org": [550, "5.1.1 No such user"] } };
    expect(await send(bridge, { ...answer, cc })).toEqual({
      remoteId: "d-1@town.example",
      refused: [
        { address: "bob@example.org", code: "SMTP_550", remoteAnswer: expect.stringContaining("5.1.1 No such user") },
      ],
    });
    expect(sink.mails[0]?.to).toEqual(["anna@example.org", "carl@example.org"]);
    const mail = await simpleParser(sink.mails[0]?.raw ?? "");
    expect(mail.cc).toMatchObject({ value: [{ address: "bob@example.org", name: "Bob, B." }, { name: "" }] });
    sink.faults = { rcptTo: [550, "5.1.1 No such user"] };
    expect(await failure(bridge, { ...answer, cc })).toMatchObject({ consequence: "rejected", code: "SMTP_550" });
  });

  test("first, by an agent: the subject as it was written", async () => {
    const { sink, bridge } = await startSending();
    const thread = { token: "tok-1", references: [], isOpening: true };
    await send(bridge, { ...answer, subject: "Building permit", thread });
    const { subject: _subject, ...bare } = answer;
    await send(bridge, { ...bare, thread });
    const subjects = await Promise.all(sink.mails.map(async ({ raw }) => (await simpleParser(raw)).subject));
    expect(subjects).toEqual(["Building permit", "Mairie de Town"]);
  });

  test("many answers share a few connections", async () => {
    const { sink, bridge } = await startSending();
    await Promise.all(Array.from({ length: 40 }, (_, n) => send(bridge, { ...answer, deliveryId: `d-${n}` })));
    expect(sink.mails).toHaveLength(40);
    expect(sink.connections).toBeLessThanOrEqual(5);
  });

  test("a file of 125 MB in little memory", { timeout: 60_000 }, async () => {
    const { sink, bridge } = await startSending();
    const piece = randomBytes(64 * 1024);
    const file = {
      name: "a.zip",
      type: "application/zip",
      open: async () =>
        Readable.from(
          (async function* () {
            for (let n = 0; n < 2000; n++) yield piece;
          })(),
        ),
    };
    const base = process.memoryUsage().rss;
    let peak = base;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss);
    }, 5);
    await send(bridge, { ...answer, attachments: [file] });
    clearInterval(watch);
    console.log(`125 MB answer: RSS grew by ${Math.round((peak - base) / 1024 / 1024)} MB`);
    expect(sink.mails[0]?.size).toBeGreaterThan(170 * 1024 * 1024);
    expect(peak - base).toBeLessThan(140 * 1024 * 1024);
  });
});

describe("an answer does not leave", () => {
  test.each([
    ["rejected", "SMTP_550", { rcptTo: [550, "5.1.1 No such user"] }],
    ["rejected", "SMTP_553", { mailFrom: [553, "5.7.1 Sender address rejected"] }],
    ["rejected", "SMTP_554", { data: [554, "5.7.1 Spam"] }],
    ["rejected", "SMTP_552", { data: [552, "5.3.4 Too big"] }],
    ["retry", "SMTP_450", { rcptTo: [450, "4.2.0 Greylisted"] }],
    ["retry", "SMTP_451", { data: [451, "4.3.0 Try again"] }],
    ["retry", "SMTP_421", { mailFrom: [421, "4.3.2 Shutting down"] }],
    ["retry", "SMTP_AUTH", { mailFrom: [530, "5.7.0 Authentication required"] }],
  ] as const)("%s %s", async (consequence, code, faults) => {
    const { sink, bridge } = await startSending();
    sink.faults = faults;
    const fault = await failure(bridge);
    expect(fault).toMatchObject({ consequence, code });
    expect(fault.remoteAnswer).toContain(Object.values(faults)[0]?.[1].slice(6));
    sink.faults = {};
    await send(bridge, answer);
    expect(sink.mails).toHaveLength(1);
  });

  test("hung up after the whole mail: may have arrived, and is not sent again by itself", async () => {
    const { sink, bridge } = await startSending();
    await send(bridge, { ...answer, deliveryId: "d-0" });
    sink.faults = { dropAfterData: true };
    expect(await failure(bridge)).toMatchObject({ consequence: "unknown", code: "SMTP_UNKNOWN" });
    sink.faults = {};
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(sink.mails).toHaveLength(1);
    expect(sink.connections).toBe(1);
  });

  test("hung up within the mail: not delivered", async () => {
    const { sink, bridge } = await startSending();
    sink.faults = { dropWithinData: 200_000 };
    const pieces = Array.from({ length: 600 }, () => Buffer.alloc(65_536));
    const file = { name: "a", type: "image/png", open: async () => Readable.from(pieces) };
    const fault = await failure(bridge, { ...answer, attachments: [file] });
    expect(fault).toMatchObject({ consequence: "retry", code: "SMTP_CONNECT" });
  });

  test("given up after the whole mail: may have arrived", async () => {
    const { sink, bridge } = await startSending();
    sink.faults = { stall: true };
    expect(await failure(bridge, answer, AbortSignal.timeout(700))).toMatchObject({ consequence: "unknown" });
    expect(await failure(bridge, answer, AbortSignal.abort())).toMatchObject({
      consequence: "retry",
      code: "SMTP_ABORTED",
    });
    expect(sink.mails).toHaveLength(0);
  });

  test("a file that breaks off: no mail, not even a part of one, and the next one goes", async () => {
    const { sink, bridge } = await startSending();
    const breaking = (pieces: number) => ({
      name: "a.zip",
      type: "application/zip",
      open: async () =>
        Readable.from(
          (async function* () {
            for (let n = 0; n < pieces; n++) yield randomBytes(100_000);
            throw new Error("media server is down");
          })(),
        ),
    });
    for (const pieces of [0, 20]) {
      const fault = await failure(bridge, { ...answer, attachments: [breaking(pieces)] });
      expect(fault).toMatchObject({ consequence: "retry", code: "ATTACHMENT_UNREADABLE" });
    }
    const unopened = { ...breaking(0), open: () => Promise.reject(new Error("404")) };
    const fault = await failure(bridge, { ...answer, attachments: [unopened] });
    expect(fault).toMatchObject({ consequence: "retry", code: "ATTACHMENT_UNREADABLE" });
    expect(bridge.health().reason).not.toMatch(/^SMTP/);
    await send(bridge, answer);
    expect(sink.mails).toHaveLength(1);
  });

  test("files are destroyed when the recipient is refused", async () => {
    const { sink, bridge } = await startSending();
    sink.faults = { rcptTo: [550, "5.1.1 No such user"] };
    const opened: Readable[] = [];
    const file = {
      name: "a",
      type: "image/png",
      open: async () => {
        const stream = Readable.from([randomBytes(3_000_000)]);
        opened.push(stream);
        return stream;
      },
    };
    await failure(bridge, { ...answer, attachments: [file, file] });
    await until(() => opened.every(({ destroyed }) => destroyed));
    expect(opened.length).toBeLessThanOrEqual(1);
  });

  test("a mail above the server's SIZE", async () => {
    const { sink, bridge } = await startSending({ size: 10_000 });
    const fault = await failure(bridge, { ...answer, text: "x".repeat(30_000) });
    expect(fault).toMatchObject({ consequence: "rejected", code: "SMTP_552" });
    expect(sink.mails).toHaveLength(0);
  });

  test("a wrong password: tried again, and operators see it until it works", async () => {
    let password = "other";
    const { sink, bridge } = await startSending(
      {
        authOptional: false,
        onAuth: (auth, _session, done) =>
          auth.password === password ? done(null, { user: "u" }) : done(new Error("Invalid username or password")),
      },
      { user: "mairie", password: "right" },
    );
    expect(await failure(bridge)).toMatchObject({ consequence: "retry", code: "SMTP_AUTH" });
    await until(() => bridge.health().state === "degraded");
    password = "right";
    await send(bridge, answer);
    expect(sink.mails).toHaveLength(1);
  });

  test("nobody listens, no such host, no TLS where it is asked for", async () => {
    const { bridge } = await startBridge({ port: 9, tls: "none" });
    expect(await failure(bridge)).toMatchObject({ consequence: "retry", code: "SMTP_CONNECT" });
    const nowhere = await startBridge({ host: "nowhere.invalid", tls: "none" });
    expect(await failure(nowhere.bridge)).toMatchObject({ consequence: "retry", code: "SMTP_CONNECT" });
    const { bridge: demanding, sink } = await startSending({}, { tls: "starttls" });
    expect(await failure(demanding)).toMatchObject({ consequence: "retry", code: "SMTP_TLS" });
    expect(sink.mails).toHaveLength(0);
  });

  test("a server that restarted between two mails", async () => {
    const { sink, bridge } = await startSending();
    await send(bridge, answer);
    const { port } = sink;
    await sink.stop();
    expect(await failure(bridge)).toMatchObject({ consequence: "retry" });
    expect(port).toBe(sink.port);
  });
});

test("what a sink keeps is what was sent", async () => {
  const { sink, bridge } = await startSending();
  await send(bridge, answer);
  const [mail] = sink.mails;
  expect(
    createHash("sha256")
      .update(mail?.raw ?? "")
      .digest("hex"),
  ).toBe(mail?.sha256);
});
