import { generateKeyPairSync, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { dkimVerify } from "mailauth";
import { afterEach, describe, expect, test } from "vitest";
import email from "../../bridges/email/index.ts";
import type { OutboundMessage } from "../../src/adapter/index.ts";
import { createMemoryHost } from "../../src/conformance/memory-host.ts";
import { folderWith } from "../support/config-folder.ts";
import { fakeDns } from "../support/fake-dns.ts";
import { type SmtpSink, startSmtpSink } from "../support/smtp-sink.ts";

const running: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const stop of running.splice(0).reverse()) await stop();
});

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = (key: typeof rsa.privateKey) => key.export({ type: "pkcs8", format: "pem" }).toString();
const published = rsa.publicKey.export({ type: "spki", format: "der" }).toString("base64");
const dns = fakeDns({ "TXT guichet2026._domainkey.town.example": [`v=DKIM1; k=rsa; p=${published}`] });

/** A channel whose settings name the key file `key.pem`. */
async function open(files: Readonly<Record<string, string>>) {
  const folder = folderWith(files);
  running.push(() => folder[Symbol.dispose]());
  const sink = await startSmtpSink();
  running.push(() => sink.stop());
  const bridge = email.create(
    email.config.parse({
      address: "mairie@town.example",
      imap: { host: "127.0.0.1", port: 9, user: "u", password: "p", tls: "none" },
      smtp: {
        host: "127.0.0.1",
        port: sink.port,
        tls: "none",
        dkim: { selector: "guichet2026", key: folder.path("key.pem") },
      },
    }),
    createMemoryHost(),
  );
  const start = async () => {
    running.push(() => bridge.stop(AbortSignal.timeout(500)));
    await bridge.start(new AbortController().signal);
  };
  return { bridge, sink, start };
}

const answer: OutboundMessage = {
  deliveryId: "d-1",
  attempt: 1,
  fromName: "Mairie de Été",
  to: { address: "anna@example.org", name: "Anna Müller" },
  cc: [{ address: "bob@example.org" }],
  subject: "Réparation",
  text: "Bonjour,\nc'est fait.\n.",
  attachments: [],
  thread: { token: "tok-1", references: [] },
  writtenAt: new Date("2026-03-01T10:00:00Z"),
};

async function verify({ mails }: SmtpSink) {
  const { raw = "" } = mails.at(-1) ?? {};
  const { results } = await dkimVerify(raw, {
    resolver: async (name) => (await dns.txt(name)).map((record) => [record]),
  });
  return { raw, results };
}

describe("a DKIM signature", () => {
  test.each([
    ["small", 0],
    ["of 3 MB, which waits on disk", 3_000_000],
  ])("of a mail %s is valid, and covers what a forger would change", async (_name, bytes) => {
    const { bridge, sink, start } = await open({ "key.pem": pem(rsa.privateKey) });
    await start();
    sink.keepBytes = Number.POSITIVE_INFINITY;
    const file = { name: "a.bin", type: "application/zip", open: async () => Readable.from([randomBytes(bytes)]) };
    const message = { ...answer, attachments: bytes === 0 ? [] : [file] };
    await bridge.send?.(message, new AbortController().signal);
    const { raw, results } = await verify(sink);
    expect(raw.length).toBeGreaterThan(bytes);
    expect(results).toMatchObject([
      { signingDomain: "town.example", selector: "guichet2026", status: { result: "pass", aligned: "town.example" } },
    ]);
    const signed = /\bh=([^;]+)/.exec(raw)?.[1]?.replace(/\s/g, "").toLowerCase().split(":");
    expect(signed).toEqual(expect.arrayContaining(["from", "to", "cc", "subject", "reply-to", "message-id", "date"]));
  });

  test("fails once a word is changed", async () => {
    const { bridge, sink, start } = await open({ "key.pem": pem(rsa.privateKey) });
    await start();
    await bridge.send?.(answer, new AbortController().signal);
    const [mail] = sink.mails;
    if (mail) sink.mails.push({ ...mail, raw: mail.raw.replace("fait", "fini") });
    expect((await verify(sink)).results).toMatchObject([{ status: { result: "neutral" } }]);
  });
});

describe("a key that cannot sign is named at the start", () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  test.each([
    ["missing", {}, /key\.pem of smtp\.dkim\.key cannot be read/],
    ["no key", { "key.pem": "hello" }, /key\.pem of smtp\.dkim\.key holds no private key/],
    ["of another kind", { "key.pem": pem(privateKey) }, /is of the kind ec: answers are signed with RSA/],
  ])("%s", async (_name, files, words) => {
    const { start } = await open(files);
    await expect(start()).rejects.toThrow(words);
  });
});
