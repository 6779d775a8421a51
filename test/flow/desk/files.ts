import { createHash, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { House } from "../../support/house.ts";
import { outcome } from "./room.ts";

const MEGABYTE = 1024 * 1024;
const LARGE = 50 * MEGABYTE;
/**
 * What may float in memory while a file crosses, until it is collected. Measured: 20 to 106 MB a step, which does not add up:
 * four such mails in a row end where two did. A file that is held whole costs several times its size.
 */
const MAY_GROW_BYTES = 140 * MEGABYTE;

/** Files, both ways, past the memory. */
export function filesCases(house: () => House): void {
  test("50 MB go up and down in a bounded memory", async () => {
    const { agent, room, mail, arrival, sink, guichet } = house();
    const bytes = randomBytes(LARGE);
    const growth = watchMemory(guichet.pid);
    await mail({ from: "mia@example.org", text: "mia-1", attachments: [{ filename: "mia.bin", content: bytes }] });
    expect(growth()).toBeLessThan(MAY_GROW_BYTES);
    const root = await arrival("mia-1", 60_000);
    const file = await arrival("mia.bin", 60_000);
    expect(growth()).toBeLessThan(MAY_GROW_BYTES);
    const { content } = await agent.download(String(file.content.url));
    expect(sha256(content)).toBe(sha256(bytes));

    const url = await agent.upload(bytes, "application/octet-stream", "back.bin");
    const count = sink.mails.length;
    growth();
    const words = { msgtype: "m.file", body: "back.bin", url, info: { size: LARGE } };
    const answer = await agent.reply(room, root.event_id, words, root.event_id);
    await outcome(house(), answer, "✅");
    expect(sink.mails[count]?.size).toBeGreaterThan(LARGE * 1.33);
    expect(growth()).toBeLessThan(MAY_GROW_BYTES);
  }, 120_000);
}

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

/**
 * @returns a function that tells by how many bytes a process's resident memory has grown at its peak since the last call
 * (proc(5): VmHWM, clear_refs).
 */
function watchMemory(pid: number): () => number {
  const peak = () => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
  const reset = () => {
    writeFileSync(`/proc/${pid}/clear_refs`, "5");
    return peak();
  };
  let before = reset();
  return () => {
    const grown = peak() - before;
    before = reset();
    return grown;
  };
}
