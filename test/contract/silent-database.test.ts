import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Database, openDatabase } from "../../src/store/database.ts";
import { type EmbeddedPostgres, startEmbedded } from "../../src/store/embedded.ts";
import { type FaultyWire, openFaultyWire, type WireFault } from "../support/faulty-wire.ts";

const log = pino({ level: "silent" });
const ANSWER_MS = 1_000;

let folder: string;
let embedded: EmbeddedPostgres;
let wire: FaultyWire;
let database: Database;
let fault: WireFault = { does: "nothing" };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "guichet-silent-"));
  embedded = await startEmbedded({ folder, log });
  const url = new URL(embedded.url);
  // By TCP, as to a database on another machine.
  url.searchParams.delete("host");
  wire = await openFaultyWire(Number(url.port), () => fault);
  url.host = `127.0.0.1:${wire.port}`;
  database = await openDatabase({ url: url.href, answerMs: ANSWER_MS }, log);
});
afterAll(async () => {
  await database?.close();
  await wire?.close();
  await embedded?.stop();
  await rm(folder, { recursive: true, force: true });
});

test("a connection that went silent costs one statement its time, and nobody else gets it", async () => {
  const ask = () => sql<{ one: number }>`select 1 as one`.execute(database.relaxed).then(({ rows }) => rows[0]?.one);
  // Login takes less than this, and so do some statements.
  fault = { does: "stall", afterBytes: 1_500 };
  let failed = 0;
  for (let asked = 0; failed === 0 && asked < 200; asked += 1) await ask().catch(() => (failed += 1));
  expect(failed).toBe(1);
  fault = { does: "nothing" };
  const began = Date.now();
  expect(await ask()).toBe(1);
  expect(Date.now() - began).toBeLessThan(ANSWER_MS);
});
