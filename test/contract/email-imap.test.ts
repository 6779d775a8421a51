import { connect, createServer } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import email from "../../bridges/email/index.ts";
import type { Bridge } from "../../src/adapter/index.ts";
import { createMemoryHost, type MemoryHost } from "../../src/conformance/memory-host.ts";
import { type Dovecot, startDovecot, users } from "../support/dovecot.ts";
import { missing } from "../support/needs.ts";
import { until } from "../support/patience.ts";
import { freePort } from "../support/ports.ts";

const absent = missing("dovecot");
const [{ user, password }] = users;

describe.skipIf(absent !== undefined)(`a mailbox on Dovecot${absent === undefined ? "" : ` (${absent})`}`, () => {
  let dovecot: Dovecot;
  beforeAll(async () => {
    dovecot = await startDovecot();
  }, 30_000);
  afterAll(() => dovecot.remove());

  const running: { bridge: Bridge; host: MemoryHost }[] = [];
  const stopAll = async () => {
    for (const { bridge, host } of running.splice(0)) {
      await bridge.stop(AbortSignal.timeout(2000));
      expect(bridge.health().state).toBe("stopped");
      host.end();
    }
  };
  afterEach(async () => {
    await stopAll();
    await dovecot.doveadm("expunge", "-u", user, "mailbox", "INBOX", "all");
  });

  async function startReading(notes?: Map<string, string>, settings: Record<string, unknown> = {}) {
    const host = createMemoryHost(notes);
    const imap = { host: "127.0.0.1", port: dovecot.imapsPort, user, password, ca: dovecot.tls.cert, ...settings };
    const bridge = email.create(email.config.parse({ address: user, imap }), host);
    running.push({ bridge, host });
    await bridge.start(new AbortController().signal);
    return { host, bridge };
  }

  const mail = (subject: string, head = "") =>
    `From: Anna <anna@example.org>\nTo: ${user}\nSubject: ${subject}\nMessage-ID: <${subject}@example.org>\n${head}\nBonjour\n`;
  const subjects = (host: MemoryHost) => host.taken.map(({ subject }) => subject);
  const flags = async () => (await dovecot.doveadm("fetch", "-u", user, "flags", "mailbox", "INBOX", "all")).trim();

  test("mail of before and mail of now, in order, the mailbox left as it was", async () => {
    for (const subject of ["s1", "s2", "s3"]) await dovecot.deliver(user, mail(subject));
    await dovecot.doveadm("flags", "add", "-u", user, "\\Deleted", "mailbox", "INBOX", "subject", "s2");
    const before = await flags();
    const { host, bridge } = await startReading();
    await until(() => host.taken.length === 2);
    expect(subjects(host)).toEqual(["s1", "s3"]);
    expect(bridge.health().state).toBe("up");
    expect(await flags()).toBe(before);
    expect(host.taken[0]?.dedupeKey).toMatch(/^imap:INBOX:[0-9a-f]{64}$/);
    expect(Date.now() - (host.taken[0]?.receivedAt.getTime() ?? 0)).toBeLessThan(60_000);

    await new Promise((resolve) => setTimeout(resolve, 300));
    const delivered = performance.now();
    await dovecot.deliver(user, mail("s4"));
    await until(() => host.taken.length === 3);
    const waited = performance.now() - delivered;
    console.log(`IDLE: a mail was taken ${Math.round(waited)} ms after its delivery began`);
    expect(waited).toBeLessThan(2000);
    expect(await flags()).not.toContain("Seen");
  });

  test("the token comes from the address that the mail server delivered to", async () => {
    const { host } = await startReading();
    await dovecot.deliver("mairie+tok-7@town.example", mail("s1"));
    await until(() => host.taken.length === 1);
    expect(host.taken[0]?.thread.token).toBe("tok-7");
  });

  test("a restart goes on after the last mail", async () => {
    const notes = new Map<string, string>();
    await dovecot.deliver(user, mail("s1"));
    const { host } = await startReading(notes);
    await until(() => host.taken.length === 1 && notes.size === 1);
    await stopAll();
    await dovecot.deliver(user, mail("s2"));
    const { host: next } = await startReading(notes);
    await until(() => next.taken.length === 1);
    expect(subjects(next)).toEqual(["s2"]);
  });

  test("a restart before the cursor was written offers the same arrival again", async () => {
    await dovecot.deliver(user, mail("s1"));
    const first = await startReading();
    await until(() => first.host.taken.length === 1);
    await stopAll();
    const second = await startReading();
    await until(() => second.host.taken.length === 1);
    expect(second.host.taken[0]?.dedupeKey).toBe(first.host.taken[0]?.dedupeKey);
  });

  test("while the inbox cannot store, mails wait in their order", async () => {
    const { host, bridge } = await startReading();
    let failures = 0;
    host.answer = ({ subject }) => {
      if (subject !== "s1" || ++failures > 2) return undefined;
      throw new Error("no database");
    };
    await dovecot.deliver(user, mail("s1"));
    await dovecot.deliver(user, mail("s2"));
    await until(() => bridge.health().reason === "EMAIL_NOT_STORED");
    expect(bridge.health().state).toBe("degraded");
    await until(() => host.taken.length === 2);
    expect(subjects(host)).toEqual(["s1", "s2"]);
    await until(() => bridge.health().state === "up");
  });

  test("refused mails are passed over", async () => {
    const { host } = await startReading();
    host.answer = ({ subject }) => (subject === "s1" ? "refused" : undefined);
    for (const subject of ["s1", "s2"]) await dovecot.deliver(user, mail(subject));
    await until(() => host.taken.length === 1);
    expect(subjects(host)).toEqual(["s2"]);
  });

  test("a large file and a mail that no parser takes do not stop the mailbox", async () => {
    const { host } = await startReading();
    const file = Buffer.alloc(3_000_000, 7).toString("base64").replace(/.{76}/g, "$&\n");
    const parts = Array.from({ length: 1200 }, () => "--m\nContent-Type: text/plain\n\nx\n").join("");
    await dovecot.deliver(
      user,
      mail("large", `Content-Type: application/zip; name=a.zip\nContent-Transfer-Encoding: base64\n\n${file}`),
    );
    await dovecot.deliver(user, mail("odd", `Content-Type: multipart/mixed; boundary=m\n\n${parts}--m--`));
    await dovecot.deliver(user, mail("s3"));
    await until(() => host.taken.length === 3);
    expect(subjects(host)).toEqual(["large", "odd", "s3"]);
    expect(host.taken.map(({ files }) => files.map(({ name }) => name))).toEqual([["a.zip"], ["message.eml"], []]);
    expect(host.taken[0]?.files[0]?.content.subarray(0, 3_000_000)).toEqual(Buffer.alloc(3_000_000, 7));
  });

  test("a mail that the server cannot give is announced, and does not stop the mailbox", {
    timeout: 60_000,
  }, async () => {
    for (const subject of ["s1", "s2", "s3"]) await dovecot.deliver(user, mail(subject));
    const uids = (await dovecot.doveadm("search", "-u", user, "mailbox", "INBOX", "all")).trim().split("\n");
    const broken = uids[1]?.split(" ")[1];
    const asked: string[] = [];
    // Dovecot gives all that it has: in its place a refusal for this one mail, all else goes through to it.
    const port = await freePort();
    const proxy = createServer((client) => {
      const server = connect(dovecot.imapPort, "127.0.0.1");
      for (const socket of [client, server]) socket.on("error", () => {});
      client.on("close", () => server.destroy());
      server.on("close", () => client.destroy());
      server.pipe(client);
      client.on("data", (chunk: Buffer) => {
        const [, tag, uid] = /^(\S+) UID FETCH (\d+) .*BODY/i.exec(chunk.toString()) ?? [];
        if (uid === undefined || uid !== broken) return server.write(chunk);
        asked.push(uid);
        return client.write(`${tag} NO [SERVERBUG] Internal error\r\n`);
      });
    }).listen(port, "127.0.0.1");
    const { host, bridge } = await startReading(undefined, { port, tls: "none" });
    await until(() => host.taken.length === 3, 50_000);
    expect(host.taken.map(({ from }) => from.address)).toEqual([
      "anna@example.org",
      "unknown@invalid",
      "anna@example.org",
    ]);
    expect(host.taken[1]?.text).toContain(`UID ${broken}`);
    expect(asked).toHaveLength(5);
    await until(() => bridge.health().state === "up");
    await stopAll();
    proxy.close();
  });

  test("a new UIDVALIDITY: the mailbox is read anew, nothing is lost, and what is known is recognised", async () => {
    const notes = new Map<string, string>();
    for (const subject of ["s1", "s2"]) await dovecot.deliver(user, mail(subject));
    const { host } = await startReading(notes);
    await until(() => host.taken.length === 2);
    await stopAll();
    const cursor = () => JSON.parse(notes.get("imap:INBOX") ?? "{}");
    const old = cursor().uidValidity;
    await dovecot.doveadm("mailbox", "update", "-u", user, "--uid-validity", String(Number(old) + 7), "INBOX");
    await dovecot.deliver(user, mail("s3"));
    const keys = host.taken.map(({ dedupeKey }) => dedupeKey);
    const { host: next } = await startReading(notes);
    await until(() => next.taken.length === 3);
    expect(cursor().uidValidity).toBe(String(Number(old) + 7));
    expect(next.taken.slice(0, 2).map(({ dedupeKey }) => dedupeKey)).toEqual(keys);
  });

  test("mails without a Message-ID are told apart by their number", async () => {
    for (let n = 0; n < 2; n++) await dovecot.deliver(user, "From: Anna <anna@example.org>\n\nThe same\n");
    const { host } = await startReading();
    await until(() => host.taken.length === 2);
  });

  test("mails are moved to a folder of the operator's choice, also those of an interrupted run", async () => {
    const notes = new Map<string, string>();
    const inbox = () => dovecot.doveadm("search", "-u", user, "mailbox", "INBOX", "all");
    await dovecot.deliver(user, mail("s1"));
    const before = await startReading(notes);
    await until(() => before.host.taken.length === 1 && notes.size === 1);
    await stopAll();
    await dovecot.deliver(user, mail("s2"));
    const { host, bridge } = await startReading(notes, { move_to: "Taken" });
    await until(() => host.taken.length === 1);
    await dovecot.deliver(user, mail("s3"));
    await until(() => host.taken.length === 2);
    await vi.waitFor(async () => expect((await inbox()).trim()).toBe(""), 5_000);
    const moved = await dovecot.doveadm("fetch", "-u", user, "hdr.subject", "mailbox", "Taken", "all");
    expect([...moved.matchAll(/s\d/g)].map(([subject]) => subject).sort()).toEqual(["s1", "s2", "s3"]);
    expect(bridge.health().state).toBe("up");
    await dovecot.doveadm("mailbox", "delete", "-u", user, "Taken");
  });

  test("several folders are read, each with its own place", async () => {
    await dovecot.doveadm("mailbox", "create", "-u", user, "Permits");
    const notes = new Map<string, string>();
    await dovecot.deliver(user, mail("s1"));
    await dovecot.doveadm("move", "-u", user, "Permits", "mailbox", "INBOX", "all");
    await dovecot.deliver(user, mail("s2"));
    const { host, bridge } = await startReading(notes, { mailboxes: ["INBOX", "Permits"] });
    await until(() => host.taken.length === 2 && notes.size === 2);
    expect(subjects(host).sort()).toEqual(["s1", "s2"]);
    expect(bridge.health().state).toBe("up");
    await stopAll();
    await dovecot.doveadm("mailbox", "delete", "-u", user, "Permits");
  });

  test("a folder that is not there degrades the channel, and the other one is read", async () => {
    await dovecot.deliver(user, mail("s1"));
    const { host, bridge } = await startReading(undefined, { mailboxes: ["INBOX", "Nowhere"] });
    await until(() => host.taken.length === 1 && bridge.health().state === "degraded");
  });

  test("a server that restarts is found again", { timeout: 30_000 }, async () => {
    const { host, bridge } = await startReading();
    await dovecot.deliver(user, mail("s1"));
    await until(() => host.taken.length === 1);
    await dovecot.stop();
    await until(() => bridge.health().state === "degraded");
    expect(bridge.health().reason).toBe("IMAP_CONNECTION");
    await dovecot.start();
    await dovecot.deliver(user, mail("s2"));
    await until(() => host.taken.length === 2, 20_000);
    expect(subjects(host)).toEqual(["s1", "s2"]);
    await until(() => bridge.health().state === "up");
  });

  test("STARTTLS, and a certificate that nobody vouches for", async () => {
    await dovecot.deliver(user, mail("s1"));
    const upgraded = await startReading(undefined, { port: dovecot.imapPort, tls: "starttls" });
    await until(() => upgraded.host.taken.length === 1);
    const distrusting = await startReading(undefined, { ca: undefined });
    await until(() => distrusting.bridge.health().reason === "IMAP_CONNECTION");
    expect(distrusting.host.taken).toHaveLength(0);
  });

  test("a wrong password is named", async () => {
    const { bridge } = await startReading(undefined, { password: "wrong" });
    await until(() => bridge.health().reason === "IMAP_AUTH", 15_000);
  }, 20_000);

  test("a backlog of 300 mails is read in order, once", { timeout: 60_000 }, async () => {
    await dovecot.append(Array.from({ length: 300 }, (_, n) => mail(`n${n}`).replace(/\n/g, "\r\n")));
    const started = performance.now();
    const { host } = await startReading();
    await until(() => host.taken.length >= 300, 40_000);
    console.log(`300 mails by IMAP: ${Math.round(performance.now() - started)} ms`);
    expect(subjects(host)).toEqual(Array.from({ length: 300 }, (_, n) => `n${n}`));
  });
});
