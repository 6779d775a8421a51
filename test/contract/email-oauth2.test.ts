import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import email from "../../bridges/email/index.ts";
import { createTokenSource, type OAuth2Error } from "../../bridges/email/oauth2.ts";
import type { Bridge } from "../../src/adapter/index.ts";
import { createMemoryHost, type MemoryHost } from "../../src/conformance/memory-host.ts";
import { type Dovecot, startDovecot, users } from "../support/dovecot.ts";
import { missing } from "../support/needs.ts";
import { until } from "../support/patience.ts";
import { freePort } from "../support/ports.ts";
import { startPostfix } from "../support/postfix.ts";
import { startSmtpSink } from "../support/smtp-sink.ts";
import { startTokenServer, type TokenServer } from "../support/token-server.ts";

const [{ user }] = users;
let server: TokenServer;
let folder: string;
beforeAll(async () => {
  server = await startTokenServer(user);
  folder = await mkdtemp(join(tmpdir(), "guichet-token-"));
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  server.asked.length = 0;
  server.rotates = false;
  server.expiresIn = 3600;
  server.stillborn = 0;
});

const refreshing = () => ({ refresh_token: server.refreshToken, client_id: "guichet", token_url: server.tokenUrl });

describe("a token source", () => {
  const memory = () => {
    const kept = new Map<string, string>();
    return {
      kept,
      get: async (key: string) => kept.get(key),
      set: async (key: string, value: string) => {
        kept.set(key, value);
      },
    };
  };
  const codeOf = async (settings: Parameters<typeof createTokenSource>[0]) => {
    const fault: OAuth2Error = await createTokenSource(settings, memory(), () => new Date())
      .get(false)
      .then(
        () => {
          throw new Error("there is a token");
        },
        (error) => error,
      );
    expect(JSON.stringify([fault.message, fault.code])).not.toContain("secret");
    return fault.code;
  };

  test("a token is kept until it ends or is refused, and asked for once at a time", async () => {
    let now = Date.now();
    const tokens = createTokenSource(
      { ...refreshing(), client_secret: "s3", scope: "mail" },
      memory(),
      () => new Date(now),
    );
    const [first, same] = await Promise.all([tokens.get(false), tokens.get(false)]);
    expect(same).toEqual(first);
    expect(Object.fromEntries(server.asked[0] ?? [])).toMatchObject({
      client_secret: "s3",
      scope: "mail",
      client_id: "guichet",
    });
    now += 3_500_000;
    expect((await tokens.get(false)).token).toBe(first.token);
    now += 100_000;
    const second = await tokens.get(false);
    expect(second.token).not.toBe(first.token);
    expect((await tokens.get(true)).token).not.toBe(second.token);
    expect(server.asked).toHaveLength(3);
  });

  test("a changed refresh token outlives a restart", async () => {
    server.rotates = true;
    const [settings, notes] = [refreshing(), memory()];
    for (let start = 0; start < 3; start++)
      expect((await createTokenSource(settings, notes, () => new Date()).get(false)).token).toMatch(/^\S+$/);
    expect(notes.kept.size).toBe(1);
    expect([...notes.kept.keys()][0]).not.toContain(settings.refresh_token);
  });

  test("files and commands", async () => {
    const file = join(folder, "token");
    await writeFile(file, "abc.def\n");
    const now = () => new Date();
    expect((await createTokenSource({ token_file: file }, memory(), now).get(false)).token).toBe("abc.def");
    expect(
      (await createTokenSource({ token_command: ["printf", "x%s\\n", "yz"] }, memory(), now).get(false)).token,
    ).toBe("xyz");
  });

  test.each([
    [{ token_file: "/nowhere/at/all" }, "OAUTH2_FILE"],
    [{ token_command: ["false"] }, "OAUTH2_COMMAND"],
    [{ token_command: ["no-such-program-here"] }, "OAUTH2_COMMAND"],
    [{ token_command: ["printf", "a secret\\r\\nof two lines"] }, "OAUTH2_COMMAND"],
    [{ refresh_token: "secret", client_id: "c", token_url: "http://127.0.0.1:9/" }, "OAUTH2_UNREACHABLE"],
  ])("%j: %s", async (settings, code) => expect(await codeOf(settings)).toBe(code));

  test("a refused refresh token", async () => {
    expect(await codeOf({ ...refreshing(), refresh_token: "secret" })).toBe("OAUTH2_REFUSED");
  });
});

const absent = missing("root", "postfix", "dovecot");

describe.skipIf(absent !== undefined)(`login by token${absent === undefined ? "" : ` (${absent})`}`, () => {
  let dovecot: Dovecot;
  beforeAll(async () => {
    dovecot = await startDovecot({ introspection: server.introspectionUrl });
  }, 30_000);
  afterAll(() => dovecot.remove());

  const running: { bridge: Bridge; host: MemoryHost }[] = [];
  afterEach(async () => {
    for (const { bridge, host } of running.splice(0)) {
      await bridge.stop(AbortSignal.timeout(2000));
      host.end();
    }
    await dovecot.doveadm("expunge", "-u", user, "mailbox", "INBOX", "all");
  });

  async function start(oauth2: Record<string, unknown>, smtp?: Record<string, unknown>) {
    const host = createMemoryHost();
    const imap = { host: "127.0.0.1", port: dovecot.imapsPort, user, oauth2, ca: dovecot.tls.cert };
    const bridge = email.create(email.config.parse({ address: user, imap, smtp }), host);
    running.push({ bridge, host });
    await bridge.start(new AbortController().signal);
    return { host, bridge };
  }
  const mail = (subject: string) => `From: anna@example.org\nTo: ${user}\nSubject: ${subject}\n\nBonjour\n`;

  test("a mailbox: a token that the server takes back is renewed", { timeout: 30_000 }, async () => {
    const { host, bridge } = await start(refreshing());
    await dovecot.deliver(user, mail("s1"));
    await until(() => host.taken.length === 1);
    expect(server.asked).toHaveLength(1);
    server.good.clear();
    await dovecot.doveadm("kick", user);
    await until(() => server.asked.length === 2, 25_000);
    await dovecot.deliver(user, mail("s2"));
    await until(() => host.taken.length === 2, 25_000);
    expect(server.asked).toHaveLength(2);
    await until(() => bridge.health().state === "up");
  });

  test("a mailbox: no token, then a bad one, then a good one; each is named", { timeout: 40_000 }, async () => {
    const file = join(folder, "imap-token");
    const { host, bridge } = await start({ token_file: file });
    await until(() => bridge.health().reason === "OAUTH2_FILE");
    await writeFile(file, "bad");
    await until(() => bridge.health().reason === "IMAP_AUTH", 20_000);
    await writeFile(file, server.issue());
    await dovecot.deliver(user, mail("s1"));
    await until(() => host.taken.length === 1, 20_000);
    await until(() => bridge.health().state === "up");
  });

  test("an answer leaves through Postfix by token, renewed when it is refused", { timeout: 30_000 }, async () => {
    const sink = await startSmtpSink();
    const postfix = await startPostfix({
      transport: `lmtp:inet:127.0.0.1:${await freePort()}`,
      relayPort: sink.port,
      saslPort: dovecot.saslPort,
      tls: dovecot.tls,
    });
    try {
      const smtp = { host: "127.0.0.1", port: postfix.submissionPort, user, ca: dovecot.tls.cert };
      const file = join(folder, "idle-token");
      await writeFile(file, server.issue());
      server.stillborn = 1;
      const { bridge } = await start({ token_file: file }, { ...smtp, oauth2: refreshing() });
      const send = (deliveryId: string) =>
        bridge.send?.(
          {
            deliveryId,
            attempt: 1,
            fromName: "Mairie",
            to: { address: "anna@example.org" },
            subject: "Re: s",
            text: "Bonjour",
            attachments: [],
            thread: { token: "tok-1", references: [] },
            writtenAt: new Date(),
          },
          AbortSignal.timeout(20_000),
        );
      await send("d-1");
      await until(() => sink.mails.length === 1);
      expect(server.asked).toHaveLength(2);
      expect(bridge.health().state).toBe("up");
    } finally {
      await postfix.remove();
      await sink.stop();
    }
  });
});
