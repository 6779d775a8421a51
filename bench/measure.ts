import { readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { readCpuMs } from "../demo/setup/cpu-time.ts";

/**
 * CPU time so far of all processes that work in a folder, as those of a PostgreSQL do, in milliseconds. What has ended
 * meanwhile counts no more: a difference of two such times is a little too small then.
 */
export function cpuMsIn(folder: string): number {
  const ofOne = (pid: string) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === folder ? readCpuMs(Number(pid)) : 0;
    } catch {
      return 0;
    }
  };
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .reduce((sum, pid) => sum + ofOne(pid), 0);
}

/** Largest resident memory of a process so far, in megabytes. */
export function peakRssMb(pid: number): number {
  const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Math.round(Number(line) / 1024);
}

/** Resident memory of a process now, in megabytes. */
export function rssMb(pid: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Math.round(Number(line) / 1024);
}

/** Makes `peakRssMb` of this process begin anew (proc(5), clear_refs). @returns what is resident now, in megabytes. */
export function resetPeak(): number {
  writeFileSync("/proc/self/clear_refs", "5");
  return peakRssMb(process.pid);
}

/** The value below which that share of the values lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

export const median = (values: readonly number[]) => percentile(values, 0.5);

export const percentiles = (values: readonly number[]): string =>
  [0.5, 0.95, 0.99].map((share) => Math.round(percentile(values, share))).join(" / ");

/** Runs `count` tasks with at most `width` at once. */
export async function inFlight(count: number, width: number, task: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (let index = next++; index < count; index = next++) await task(index);
    }),
  );
}
