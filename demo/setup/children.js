import { spawn, spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname } from "node:path";
import { SetUpError } from "./say.js";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];
const running = new Set();
/** A repeat within this time is the same key press: the terminal signals the whole group, and npm passes it on once more. */
const SAME_PRESS_MS = 300;
let endingBy;
let endingSince = 0;

/** Where there is setpriv (util-linux), the kernel ends a child with us even when we are killed outright. */
const BIND =
  spawnSync("setpriv", ["--pdeathsig", "KILL", "true"]).status === 0 ? ["setpriv", "--pdeathsig", "KILL"] : [];

/**
 * Signals reach children only through us: each is the leader of its own session, so a Ctrl-C of the terminal is
 * passed on once, and whatever a child leaves behind in its group can be ended with it.
 */
function spawnOwned(command, args, { outlives = false, ...options }, graceMs) {
  const [first, ...rest] = [...(outlives ? [] : BIND), command, ...args];
  const child = spawn(first, rest, { ...options, detached: true });
  const entry = { child, graceMs };
  if (running.size === 0) watchEndings(true);
  running.add(entry);
  return new Promise((resolve, reject) => {
    const settle = () => {
      clearTimeout(entry.timer);
      running.delete(entry);
      if (running.size === 0) watchEndings(false);
    };
    child.once("error", (error) => {
      settle();
      reject(error);
    });
    child.once("exit", (code, signal) => {
      killGroup(child.pid, "SIGKILL");
      settle();
      resolve({ code: code ?? 128 + (constants.signals[signal] ?? 0), signal });
    });
  });
}

function watchEndings(on) {
  for (const signal of SIGNALS) on ? process.on(signal, endAll) : process.off(signal, endAll);
  on ? process.on("exit", killAll) : process.off("exit", killAll);
}

/** When we end first, because another installer failed. */
function killAll() {
  for (const { child } of running) killGroup(child.pid, "SIGKILL");
}

/** First signal: children may end in their own way. Second, or too slow: they are killed. */
function endAll(signal) {
  const again = endingBy !== undefined;
  if (again && performance.now() - endingSince < SAME_PRESS_MS) return;
  if (!again) endingSince = performance.now();
  endingBy ??= signal;
  for (const entry of running) {
    if (again) killGroup(entry.child.pid, "SIGKILL");
    else {
      entry.child.kill(signal);
      entry.timer = setTimeout(() => killGroup(entry.child.pid, "SIGKILL"), entry.graceMs);
    }
  }
}

function killGroup(leader, signal) {
  if (leader === undefined) return;
  try {
    process.kill(-leader, signal);
  } catch {
    // The group has ended.
  }
}

/** The exit code of a command that a signal ended: 130 for Ctrl-C. */
export const endedBySignal = () => (endingBy === undefined ? undefined : 128 + constants.signals[endingBy]);

/** Runs a command to its end with the terminal's output; a signal to us is passed on to it. */
export async function runForeground(command, args, { graceMs = 20_000, ...options } = {}) {
  const { code } = await spawnOwned(command, args, { stdio: ["ignore", "inherit", "inherit"], ...options }, graceMs);
  return endedBySignal() ?? code;
}

/**
 * Runs an installer quietly: its output goes to a file, of which a failure shows the end.
 * `outlives`: ends its own work when we are killed.
 * @throws SetUpError with `onFailure`, the sentence that says what to do.
 */
export async function runQuietly(command, args, { log, onFailure, graceMs = 3_000, ...options }) {
  mkdirSync(dirname(log), { recursive: true });
  const out = openSync(log, "w");
  try {
    const { code } = await spawnOwned(command, args, { stdio: ["ignore", out, out], ...options }, graceMs);
    if (endedBySignal() !== undefined) throw new SetUpError("Stopped; the next run takes it up again.");
    if (code !== 0) throw new SetUpError(`${onFailure}\n${lastLines(log)}\n  (all of it: ${log})`);
  } catch (error) {
    if (error?.code === "ENOENT") throw new SetUpError(`${onFailure} (${command} was not found)`);
    throw error;
  } finally {
    closeSync(out);
  }
}

const lastLines = (file) =>
  readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .slice(-6)
    .map((line) => `  | ${line}`)
    .join("\n");
