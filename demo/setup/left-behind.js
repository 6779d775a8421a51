import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/**
 * Processes that outlived a run: those with the run's folder in their environment, their command line or as their
 * working directory (daemons clean the first, and change their names). Linux only; elsewhere none are seen.
 */
export function findLeftBehind(folder) {
  let pids;
  try {
    pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  } catch {
    return [];
  }
  return pids.flatMap((pid) => {
    const command = read(() => readFileSync(`/proc/${pid}/cmdline`, "utf8"))
      .replaceAll("\0", " ")
      .trim();
    const traces = [
      command,
      read(() => readlinkSync(`/proc/${pid}/cwd`)),
      read(() => readFileSync(`/proc/${pid}/environ`, "utf8")),
    ];
    return command !== "" && traces.some((trace) => trace.includes(folder)) ? [{ pid: Number(pid), command }] : [];
  });
}

/** Kills them. @returns their command lines. */
export function endLeftBehind(folder) {
  return findLeftBehind(folder).map(({ pid, command }) => {
    read(() => process.kill(pid, "SIGKILL"));
    return command;
  });
}

/** A process may end, or belong to somebody else, while we look. */
function read(look) {
  try {
    return look();
  } catch {
    return "";
  }
}
