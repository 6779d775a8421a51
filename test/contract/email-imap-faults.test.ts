import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import email from "../../bridges/email/index.ts";
import { createMemoryHost, type MemoryHost } from "../../src/conformance/memory-host.ts";
import { type Dovecot, startDovecot, users } from "../support/dovecot.ts";
import { type FaultyWire, openFaultyWire, type WireFault } from "../support/faulty-wire.ts";
import { missing } from "../support/needs.ts";
import { becomesTrue } from "../support/patience.ts";
import { seededRandom } from "../support/seeded-random.ts";

const absent = missing("dovecot");
const [{ user, password }] = users;
const SEED = Number(process.env.GUICHET_CHAOS_SEED ?? Math.floor(Math.random() * 1_000_000));
const MAILS = 120;

describe.skipIf(absent !== undefined)(`an IMAP server in trouble${absent === undefined ? "" : ` (${absent})`}`, () => {
  const random = seededRandom(SEED);
  const closing: (() => Promise<unknown>)[] = [];
  let dovecot: Dovecot;
  beforeAll(async () => {
    console.log(`GUICHET_CHAOS_SEED=${SEED}`);
    dovecot = await startDovecot();
  }, 30_000);
  afterAll(() => dovecot.remove());
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    await dovecot.doveadm("expunge", "-u", user, "mailbox", "INBOX", "all");
  });

  async function startReading(port: number): Promise<MemoryHost> {
    const host = createMemoryHost();
    const imap = { host: "127.0.0.1", port, tls: "none", user, password, patience_seconds: 1 };
    const bridge = email.create(email.config.parse({ address: user, imap }), host);
    await bridge.start(new AbortController().signal);
    closing.push(async () => {
      await bridge.stop(AbortSignal.timeout(2_000));
      host.end();
    });
    return host;
  }

  /** Sizes of all kinds: faults hit in the middle of mails, too. */
  const fill = () =>
    dovecot.append(
      Array.from({ length: MAILS }, (_, number) => {
        const body = `${number} ${"x".repeat(70)}\r\n`.repeat(random.between(1, number % 10 === 0 ? 3_000 : 300));
        const head = `From: Anna <anna@example.org>\r\nTo: ${user}\r\nSubject: n${number}\r\nMessage-ID: <${number}@example.org>`;
        return `${head}\r\n\r\n${body}`;
      }),
    );

  const faults: Record<string, () => WireFault> = {
    "cuts its connections": () => ({ does: "cut", afterBytes: random.between(100, 900_000) }),
    "leaves its connections half open": () => ({ does: "stall", afterBytes: random.between(2_000, 1_200_000) }),
    "is slow": () => ({ does: "slow", pieceBytes: 8_000, pauseMs: 5 }),
    "is slow, cuts some and leaves others half open": () =>
      random.pick<WireFault>([
        { does: "slow", pieceBytes: 4_000, pauseMs: 2 },
        { does: "cut", afterBytes: random.between(100, 900_000) },
        { does: "stall", afterBytes: random.between(100, 1_200_000) },
        { does: "nothing" },
      ]),
  };
  test.each(Object.keys(faults))("%s: nothing is lost, doubled or out of order", { timeout: 90_000 }, async (name) => {
    await fill();
    const wire: FaultyWire = await openFaultyWire(dovecot.imapPort, () => faults[name]?.() ?? { does: "nothing" });
    closing.push(() => wire.close());
    const began = Date.now();
    const host = await startReading(wire.port);
    await becomesTrue(() => host.taken.length >= MAILS, 80_000);
    await sleep(300);
    console.log(`${name}: ${wire.connections} connections, ${Date.now() - began} ms`);
    expect(host.taken.map(({ subject }) => subject)).toEqual(Array.from({ length: MAILS }, (_, at) => `n${at}`));
    expect(host.taken.map(({ text }) => text.split(" ")[0])).toEqual(Array.from({ length: MAILS }, (_, at) => `${at}`));
  });

  test("is killed again and again: nothing is lost, doubled or out of order", { timeout: 120_000 }, async () => {
    await fill();
    const host = await startReading(dovecot.imapPort);
    for (let kill = 0; kill < 6; kill += 1) {
      await sleep(random.between(100, 700));
      await dovecot.kill();
      await sleep(random.between(0, 500));
      await dovecot.start();
    }
    await becomesTrue(() => host.taken.length >= MAILS, 90_000);
    await sleep(300);
    expect(host.taken.map(({ subject }) => subject)).toEqual(Array.from({ length: MAILS }, (_, at) => `n${at}`));
  });
});
