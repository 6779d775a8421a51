import { createSecretKey } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { pino } from "pino";
import { makeFormToken } from "../bridges/webform/guard/form-token.ts";
import { readCpuMs } from "../demo/setup/cpu-time.ts";
import { type Database, openDatabase } from "../src/store/database.ts";
import { startEmbedded } from "../src/store/embedded.ts";
import { ask } from "../test/support/form-visitor.ts";
import { ADDRESS, type House, openHouse } from "../test/support/house.ts";
import { missing } from "../test/support/needs.ts";
import { freePort } from "../test/support/ports.ts";
import { peakRssMb, percentiles } from "./measure.ts";
import { print } from "./rig.ts";

/**
 * `npm run bench -- forms [a second] [seconds]`: citizens send one form, as many a second as are asked for. Says how each
 * was answered, whether each that saw its receipt is in the store, what memory that takes, and how long a mail of another
 * channel takes to be answered with 250 meanwhile.
 */
const RATE = Number(process.argv[2] ?? 1_000);
const SECONDS = Number(process.argv[3] ?? 30);
const MAIL_EVERY_MS = 200;
const CONNECTIONS = 256;
const FORM = "town-form";

interface Load {
  readonly url: string;
  readonly key: Buffer;
}

const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

/** @returns the status, or 0 when the connection broke. */
function send({ url, key }: Load, number: number): Promise<number> {
  const token = makeFormToken(createSecretKey(key), "form", new Date(Date.now() - 60_000)).text;
  const fields = {
    token,
    name: `Citizen ${number}`,
    email: `c${number}@example.org`,
    message: `Question ${number}`,
    consent: "1",
  };
  const body = new URLSearchParams(fields).toString();
  // Each citizen has an address of their own, as a trusted proxy says.
  const peer = `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
  const headers = { "content-type": "application/x-www-form-urlencoded", "x-forwarded-for": peer };
  return new Promise((resolve) => {
    const sent = request(url, { method: "POST", agent, headers }, (answer) => {
      answer.resume();
      answer.once("end", () => resolve(answer.statusCode ?? 0));
      answer.once("error", () => resolve(0));
    });
    sent.once("error", () => resolve(0));
    sent.end(body);
  });
}

async function sendAll(load: Load): Promise<{ statuses: Map<number, number>; latencies: number[] }> {
  const statuses = new Map<number, number>();
  const latencies: number[] = [];
  const began = performance.now();
  const running: Promise<void>[] = [];
  for (let number = 0; number < RATE * SECONDS; number += 1) {
    const due = began + (number * 1000) / RATE;
    if (due > performance.now() + 2) await sleep(due - performance.now());
    const at = performance.now();
    running.push(
      send(load, number).then((status) => {
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        latencies.push(performance.now() - at);
      }),
    );
  }
  await Promise.all(running);
  print(`${RATE * SECONDS} forms were offered and answered in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  return { statuses, latencies };
}

/** Mails at a steady pace, until `ended`. @returns what each took to be answered with 250, in milliseconds. */
async function sendMails(house: House, ended: AbortSignal): Promise<number[]> {
  const latencies: number[] = [];
  for (let number = 0; !ended.aborted; number += 1) {
    const at = performance.now();
    await house.mail({ from: `m${number}@example.net`, to: ADDRESS, subject: `Mail ${number}`, text: "A question." });
    latencies.push(performance.now() - at);
    await sleep(MAIL_EVERY_MS, undefined, { signal: ended }).catch(() => undefined);
  }
  return latencies;
}

async function countStored({ relaxed }: Database): Promise<number> {
  const { rows } = await sql<{ stored: string }>`select count(*) as stored from inbox where channel = ${FORM}`.execute(
    relaxed,
  );
  return Number(rows[0]?.stored);
}

const lacks = missing("synapse");
if (lacks) throw new Error(`bench forms ${lacks}: \`npm test\` installs it`);
await using closing = new AsyncDisposableStack();
const folder = mkdtempSync(join(tmpdir(), "guichet-forms-"));
closing.defer(() => rmSync(folder, { recursive: true, force: true }));
const log = pino({ level: "warn" }, pino.destination(2));
const embedded = await startEmbedded({ folder, log });
closing.defer(() => embedded.stop());
const port = await freePort();
const most = 10 * RATE * SECONDS;
const limits = { per_agency: most, per_agency_unproven: most };
const house = await openHouse({
  config: {
    database: { url: embedded.url },
    public: { url: `http://127.0.0.1:${port}`, port, trusted_proxies: ["127.0.0.1"] },
  },
  channels: { [FORM]: { use: "webform", agency: "town-hall", limits } },
});
closing.defer(() => house.close());
const database = await openDatabase({ url: embedded.url }, log);
closing.defer(() => database.close());
const url = `http://127.0.0.1:${port}/${FORM}`;
await ask(url);
const note = await database.relaxed
  .selectFrom("note")
  .select("value")
  .where("channel", "=", FORM)
  .where("key", "=", "key")
  .executeTakeFirstOrThrow();
const load = { url, key: Buffer.from(note.value, "base64url") };

const quiet = await sendMails(house, AbortSignal.timeout(10_000));
const before = peakRssMb(house.guichet.pid);
const cpu = readCpuMs(house.guichet.pid);
const ended = new AbortController();
const mails = sendMails(house, ended.signal);
const { statuses, latencies } = await sendAll(load);
ended.abort();
const busy = await mails;
const each = (readCpuMs(house.guichet.pid) - cpu) / (RATE * SECONDS);
const stored = await countStored(database);
const receipts = statuses.get(303) ?? 0;
print(
  `answered: ${[...statuses].map(([status, count]) => `${status}: ${count}`).join(", ")}; p50 / p95 / p99 ${percentiles(latencies)} ms`,
);
print(
  `forms in the store: ${stored} for ${receipts} receipts; CPU of guichet ${each.toFixed(1)} ms a form, posting included`,
);
print(`mail answered with 250: ${percentiles(quiet)} ms alone, ${percentiles(busy)} ms beside the forms`);
print(`guichet's peak RSS: ${before} MB before, ${peakRssMb(house.guichet.pid)} MB after`);
const known = new Set([303, 429, 503]);
const isRight = stored >= receipts && [...statuses.keys()].every((status) => known.has(status));
process.exitCode = isRight ? 0 : 1;
