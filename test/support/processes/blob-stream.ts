// Streams a file of some size into the store and out again, and tells by how much memory grew meanwhile.
import { createCipheriv, createHash } from "node:crypto";
import { Readable } from "node:stream";
import { pino } from "pino";
import { readBlob, writeBlob } from "../../../src/store/blob.ts";
import { openDatabase } from "../../../src/store/database.ts";

const MEGABYTE = 1024 * 1024;
const [url = "", megabytes] = process.argv.slice(2);
const database = await openDatabase({ url }, pino({ level: "silent" }));

/** Bytes that don't repeat, in pieces as streams have them; equal at each call. */
function* produce(size: number): Generator<Buffer> {
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16), Buffer.alloc(16));
  const zeros = Buffer.alloc(64 * 1024 - 7);
  for (let left = size; left > 0; left -= zeros.length)
    yield cipher.update(zeros.subarray(0, Math.min(left, zeros.length)));
}

async function goThrough(size: number): Promise<boolean> {
  const id = await database.durable.transaction().execute((trx) => writeBlob(trx, Readable.from(produce(size))));
  const [sent, got] = [createHash("sha256"), createHash("sha256")];
  for (const piece of produce(size)) sent.update(piece);
  for await (const piece of readBlob(database.relaxed, id)) got.update(piece);
  return sent.digest("hex") === got.digest("hex");
}

// What code and connections take once is no growth.
await goThrough(20 * MEGABYTE);
const before = process.memoryUsage().rss;
let most = before;
const sampling = setInterval(() => {
  most = Math.max(most, process.memoryUsage().rss);
}, 5);
const equal = await goThrough(Number(megabytes) * MEGABYTE);
clearInterval(sampling);
console.log(`done ${JSON.stringify({ equal, grownMegabytes: Math.round((most - before) / MEGABYTE) })}`);
await database.close();
