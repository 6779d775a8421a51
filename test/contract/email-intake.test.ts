import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { createTransport } from "nodemailer";
import { afterEach, describe, expect, test } from "vitest";
import email from "../../bridges/email/index.ts";
import type { Bridge } from "../../src/adapter/index.ts";
import { createMemoryHost, type MemoryHost } from "../../src/conformance/memory-host.ts";
import { until } from "../support/patience.ts";

const running: { bridge: Bridge; host: MemoryHost }[] = [];
afterEach(async () => {
  for (const { bridge, host } of running.splice(0)) {
    await bridge.stop(AbortSignal.timeout(2000));
    await bridge.stop(AbortSignal.timeout(2000));
    expect(bridge.health().state).toBe("stopped");
    host.end();
  }
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

async function startIntake(listen: { protocol?: "smtp" | "lmtp"; max_bytes?: number } = {}) {
  const port = await freePort();
  const host = createMemoryHost();
  const config = email.config.parse({ address: "mairie@town.example", listen: { ...listen, port } });
  const bridge = email.create(config, host);
  running.push({ bridge, host });
  expect(bridge.health().state).toBe("starting");
  await bridge.start(new AbortController().signal);
  expect(bridge.health().state).toBe("up");
  return { bridge, host, port };
}

/** A client that sends lines as they are and reads whole replies. */
async function dial(port: number) {
  const socket: Socket = connect(port, "127.0.0.1");
  let heard = "";
  socket.setEncoding("utf8");
  socket.on("error", () => {});
  socket.on("data", (chunk: string) => {
    heard += chunk;
  });
  let closed = false;
  socket.on("close", () => {
    closed = true;
  });
  const reply = async () => {
    const whole = /^(?:\d{3}-.*\r\n)*\d{3} .*\r\n/;
    await until(() => whole.test(heard) || closed, 10_000);
    const found = whole.exec(heard)?.[0] ?? "";
    heard = heard.slice(found.length);
    return found.trim();
  };
  const say = async (line: string) => {
    socket.write(`${line}\r\n`);
    return await reply();
  };
  expect(await reply()).toMatch(/^220 /);
  return { say, reply, socket, isClosed: () => closed };
}

const mail = (id: string, words = "Bonjour") =>
  `From: Anna <anna@example.org>\r\nTo: mairie@town.example\r\nSubject: s${id}\r\nMessage-ID: <${id}@example.org>\r\n\r\n${words}\r\n.`;

const returned = `From: MAILER-DAEMON@mx.example
Message-ID: <r@mx.example>
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

Your message did not arrive.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; anna@example.org
Action: failed
Status: 5.2.2
--b
Content-Type: text/rfc822-headers

Message-ID: <1-abc-7@town.example>
--b--`.replaceAll("\n", "\r\n");

async function hand(client: Awaited<ReturnType<typeof dial>>, recipients: readonly string[], content: string) {
  expect(await client.say("MAIL FROM:<anna@example.org>")).toMatch(/^250 /);
  for (const recipient of recipients) expect(await client.say(`RCPT TO:<${recipient}>`)).toMatch(/^250 /);
  expect(await client.say("DATA")).toMatch(/^354 /);
  return client.say(content);
}

describe("intake by SMTP", () => {
  test("a mail client's mail arrives whole", async () => {
    const { host, port } = await startIntake();
    const client = createTransport({ host: "127.0.0.1", port, secure: false });
    await client.sendMail({
      from: "Anna Müller <Anna@Example.org>",
      to: "mairie+tok-1@town.example",
      subject: "Réparation",
      text: "Bonjour\n.\nil y a un trou",
      html: "<p>Bonjour</p>",
      attachments: [{ filename: "été.txt", content: "x".repeat(400_000) }],
    });
    client.close();
    expect(host.taken).toMatchObject([
      {
        from: { address: "anna@example.org", name: "Anna Müller" },
        to: "mairie+tok-1@town.example",
        subject: "Réparation",
        text: "Bonjour\n.\nil y a un trou",
        html: "<p>Bonjour</p>",
        thread: { token: "tok-1", references: [] },
        automatic: false,
        files: [{ name: "été.txt", type: "text/plain", inline: false }],
      },
    ]);
    expect(host.taken[0]?.files[0]?.content.length).toBe(400_000);
    expect(host.taken[0]?.dedupeKey).toMatch(/^smtp:[0-9a-f]{64}$/);
  });

  test("many mails on one connection, and what is announced", async () => {
    const { host, port } = await startIntake({ max_bytes: 100_000 });
    const client = await dial(port);
    const hello = await client.say("EHLO mx.example.org");
    expect(hello).toContain("SIZE 100000");
    expect(hello).toContain("PIPELINING");
    expect(hello).not.toMatch(/AUTH|STARTTLS/);
    for (let n = 0; n < 30; n++) expect(await hand(client, ["mairie@town.example"], mail(`m${n}`))).toMatch(/^250 /);
    expect(await client.say("RSET")).toMatch(/^250 /);
    expect(await client.say("QUIT")).toMatch(/^221 /);
    expect(host.taken.map(({ subject }) => subject)).toEqual(Array.from({ length: 30 }, (_, n) => `sm${n}`));
  });

  test("one accept for each address of ours; the same bytes again are a duplicate", async () => {
    const { host, port } = await startIntake();
    const client = await dial(port);
    await client.say("EHLO x");
    const both = ["mairie+a@town.example", "MAIRIE+b@Town.Example"];
    expect(await hand(client, both, mail("m1"))).toMatch(/^250 /);
    expect(await hand(client, both, mail("m1"))).toMatch(/^250 /);
    expect(host.taken.map(({ thread }) => thread.token)).toEqual(["a", "b"]);
    client.socket.destroy();
  });

  test("without a Message-ID equal bytes are two mails", async () => {
    const { host, port } = await startIntake();
    const client = await dial(port);
    await client.say("EHLO x");
    const words = "Subject: s\r\n\r\nwords\r\n.";
    await hand(client, ["mairie@town.example"], words);
    await hand(client, ["mairie@town.example"], words);
    expect(host.taken).toHaveLength(2);
    client.socket.destroy();
  });

  test("returned mail is news of an answer; 451 while that cannot be stored, and unknown news are a message", async () => {
    const { host, port } = await startIntake();
    const client = await dial(port);
    await client.say("EHLO mx.example");
    const offer = async () => {
      await client.say("MAIL FROM:<>");
      await client.say("RCPT TO:<mairie+tok-1@town.example>");
      await client.say("DATA");
      return client.say(`${returned}\r\n.`);
    };
    host.knows = () => {
      throw new Error("no database");
    };
    expect(await offer()).toMatch(/^451 4\./);
    host.knows = () => "applied";
    expect(await offer()).toMatch(/^250 /);
    expect(host.taken).toEqual([]);
    expect(host.receipts.at(-1)).toMatchObject({ about: { deliveryIds: ["1-abc-7"] }, code: "MAILBOX_FULL" });
    host.knows = () => "unknown";
    expect(await offer()).toMatch(/^250 /);
    expect(host.taken).toMatchObject([{ automatic: true, thread: { token: "tok-1", about: ["1-abc-7"] } }]);
    client.socket.destroy();
  });

  test("550 for others' addresses, and the mail goes to ours", async () => {
    const { host, port } = await startIntake();
    const client = await dial(port);
    await client.say("EHLO x");
    await client.say("MAIL FROM:<>");
    expect(await client.say("RCPT TO:<other@town.example>")).toMatch(/^550 5\.1\.1 /);
    expect(await client.say("RCPT TO:<mairie@else.example>")).toMatch(/^550 5\.1\.1 /);
    expect(await client.say("DATA")).toMatch(/^503 /);
    expect(await client.say("RCPT TO:<mairie@town.example>")).toMatch(/^250 /);
    await client.say("DATA");
    expect(await client.say(mail("m1"))).toMatch(/^250 /);
    expect(host.taken).toMatchObject([{ automatic: true, from: { address: "anna@example.org" } }]);
    client.socket.destroy();
  });

  test("451 while the inbox cannot store, 250 when it can again", async () => {
    const { host, port } = await startIntake();
    const client = await dial(port);
    await client.say("EHLO x");
    host.answer = () => {
      throw new Error("no database");
    };
    expect(await hand(client, ["mairie@town.example"], mail("m1"))).toMatch(/^451 4\./);
    host.answer = () => undefined;
    expect(await hand(client, ["mairie@town.example"], mail("m1"))).toMatch(/^250 /);
    host.answer = () => "refused";
    expect(await hand(client, ["mairie@town.example"], mail("m2"))).toMatch(/^554 5\./);
    expect(host.taken).toHaveLength(1);
    client.socket.destroy();
  });

  test("one of two not stored: the sender tries again, the stored one is not stored twice", async () => {
    const { host, port } = await startIntake();
    const client = await dial(port);
    await client.say("EHLO x");
    let isDown = true;
    host.answer = ({ thread }) => {
      if (isDown && thread.token === "b") throw new Error("no database");
      return undefined;
    };
    const both = ["mairie+a@town.example", "mairie+b@town.example"];
    expect(await hand(client, both, mail("m1"))).toMatch(/^451 /);
    isDown = false;
    expect(await hand(client, both, mail("m1"))).toMatch(/^250 /);
    expect(host.taken.map(({ thread }) => thread.token)).toEqual(["a", "b"]);
    client.socket.destroy();
  });

  test("552 over the limit, announced or not, and the connection goes on", async () => {
    const { host, port } = await startIntake({ max_bytes: 70_000 });
    const client = await dial(port);
    await client.say("EHLO x");
    expect(await client.say("MAIL FROM:<a@x.example> SIZE=70001")).toMatch(/^552 5\.3\.4 /);
    const large = mail("m1", `${"x".repeat(70)}\r\n`.repeat(20_000));
    expect(await hand(client, ["mairie@town.example"], large)).toMatch(/^552 5\.3\.4 /);
    expect(await hand(client, ["mairie@town.example"], mail("m2"))).toMatch(/^250 /);
    expect(host.taken.map(({ subject }) => subject)).toEqual(["sm2"]);
    client.socket.destroy();
  });

  test("250 comes only after the inbox has answered", async () => {
    const { host, port } = await startIntake();
    const client = await dial(port);
    await client.say("EHLO x");
    let isDurable = false;
    host.answer = async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      isDurable = true;
      return undefined;
    };
    expect(await hand(client, ["mairie@town.example"], mail("m1"))).toMatch(/^250 /);
    expect(isDurable).toBe(true);
    client.socket.destroy();
  });

  test("a client that hangs up within a mail leaves nothing", async () => {
    const { host, port } = await startIntake();
    const client = await dial(port);
    await client.say("EHLO x");
    await client.say("MAIL FROM:<a@x.example>");
    await client.say("RCPT TO:<mairie@town.example>");
    await client.say("DATA");
    client.socket.write(mail("m1").slice(0, -3));
    await new Promise((resolve) => setTimeout(resolve, 50));
    client.socket.destroy();
    const next = await dial(port);
    await next.say("EHLO x");
    expect(await hand(next, ["mairie@town.example"], mail("m2"))).toMatch(/^250 /);
    expect(host.taken.map(({ subject }) => subject)).toEqual(["sm2"]);
    next.socket.destroy();
  });

  test("stopping lets a running mail end, and frees the port", async () => {
    const { bridge, host, port } = await startIntake();
    const idle = await dial(port);
    const client = await dial(port);
    await client.say("EHLO x");
    let isRunning = false;
    host.answer = async () => {
      isRunning = true;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return undefined;
    };
    const handed = hand(client, ["mairie@town.example"], mail("m1"));
    await until(() => isRunning);
    const started = performance.now();
    const stopped = bridge.stop(AbortSignal.timeout(5000));
    expect(await handed).toMatch(/^250 /);
    await stopped;
    expect(performance.now() - started).toBeLessThan(2000);
    await until(idle.isClosed);
    expect(host.taken).toHaveLength(1);
    const socket = connect(port, "127.0.0.1");
    const [fault] = await once(socket, "error");
    expect(fault).toMatchObject({ code: "ECONNREFUSED" });
  });

  test("a taken port is said at the start", async () => {
    const { port } = await startIntake();
    const config = email.config.parse({ address: "mairie@town.example", listen: { port } });
    await expect(email.create(config, createMemoryHost()).start(new AbortController().signal)).rejects.toMatchObject({
      code: "EADDRINUSE",
    });
  });

  test("without smtp there is nothing to send with", async () => {
    const { bridge } = await startIntake();
    expect(bridge.send).toBeUndefined();
    expect(bridge.capabilities).toMatchObject({ send: false, html: true, subject: true, attachmentBytes: 0 });
  });
});

describe("intake by LMTP", () => {
  test("each recipient has an answer of its own", async () => {
    const { host, port } = await startIntake({ protocol: "lmtp" });
    const client = await dial(port);
    expect(await client.say("LHLO mx")).toMatch(/^250/);
    host.answer = ({ thread }) => {
      if (thread.token === "down") throw new Error("no database");
      return thread.token === "no" ? "refused" : undefined;
    };
    const addresses = [
      "mairie@town.example",
      "mairie+down@town.example",
      "mairie+no@town.example",
      "mairie+a@town.example",
    ];
    expect(await hand(client, addresses, mail("m1"))).toMatch(/^250 /);
    expect(await client.reply()).toMatch(/^451 /);
    expect(await client.reply()).toMatch(/^554 /);
    expect(await client.reply()).toMatch(/^250 /);
    expect(host.taken.map(({ thread }) => thread.token)).toEqual([undefined, "a"]);
    expect(await hand(client, ["mairie@town.example"], mail("m2"))).toMatch(/^250 /);
    client.socket.destroy();
  });
});
