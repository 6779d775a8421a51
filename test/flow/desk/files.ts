import { createHash, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { House } from "../../support/house.ts";
import { outcome } from "./room.ts";

const MEGABYTE = 1024 * 1024;
const LARGE = 50 * MEGABYTE;
/** What guichet may grow by while a large file crosses: far less than the file. */
const MAY_GROW_BYTES = 450 * MEGABYTE;

/** Files, both ways, past the memory. */
export function filesCases(house: () => House): void {
  test("50 MB go up and down without ever being whole in memory", async () => {
    const { agent, room, mail, arrival, sink, guichet } = house();
    const bytes = randomBytes(LARGE);
    const before = resetPeak(guichet.pid);
    await mail({ from: "mia@example.org", text: "mia-1", attachments: [{ filename: "mia.bin", content: bytes }] });
    const root = await arrival("mia-1", 60_000);
    resetPeak(guichet.pid);
    const file = await arrival("mia.bin", 60_000);
    const grownUp = peak(guichet.pid) - before;
    const { content } = await agent.download(String(file.content.url));
    expect(sha256(content)).toBe(sha256(bytes));
    expect(grownUp).toBeLessThan(MAY_GROW_BYTES);

    const url = await agent.upload(bytes, "application/octet-stream", "back.bin");
    const count = sink.mails.length;
    const between = resetPeak(guichet.pid);
    const answer = await agent.reply(
      room,
      root.event_id,
      { msgtype: "m.file", body: "back.bin", url, info: { size: LARGE } },
      root.event_id,
    );
    await outcome(house(), answer, "✅");
    expect(sink.mails[count]?.size).toBeGreaterThan(LARGE * 1.33);
    expect(peak(guichet.pid) - between).toBeLessThan(MAY_GROW_BYTES);
  }, 120_000);
}

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const mb = (bytes: number) => `${Math.round(bytes / MEGABYTE)} MB`;

/** Highest resident memory of a process since the last reset (proc(5): VmHWM, clear_refs). */
function peak(pid: number): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}

/** @returns the resident memory now. */
function resetPeak(pid: number): number {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
  return peak(pid);
}
