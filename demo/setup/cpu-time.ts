import { readFileSync } from "node:fs";

/** USER_HZ, the unit of CPU times in /proc: 100 on every Linux that Node runs on. */
const TICK_MS = 10;

/** CPU time of one process so far, user and system, in milliseconds. */
export function readCpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // proc(5): utime and stime are the 14th and 15th field, after the command, which may itself hold spaces and brackets.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
