import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findLeftBehind } from "./setup/left-behind.js";
import { SetUpError, say } from "./setup/say.js";

/** Says whose folder it is: only a folder that holds it is ever emptied. Holds the id of the process that uses it. */
const MARK = "demo.pid";
const OURS = /synapse\.app\.homeserver|postgres|bin\.js run|demo\/main\.ts/;

/**
 * Makes the folder ours, and empty: every demo begins anew, whatever became of the last one.
 * @throws SetUpError when it is in use, not ours or not writable.
 */
export async function claimFolder(folder) {
  const mark = join(folder, MARK);
  if (!existsSync(mark) && existsSync(folder) && readdirSync(folder).length > 0)
    throw new SetUpError(`${folder} holds something other than a demo: give another --folder, or empty it.`);
  if (existsSync(mark)) {
    const user = Number(readFileSync(mark, "utf8"));
    if (isDemo(user))
      throw new SetUpError(`A demo runs in ${folder} already (process ${user}): stop it, or give another --folder.`);
    const ended = await endLeftOvers(folder);
    if (ended > 0) say(`Ended ${ended} processes that a killed demo had left behind.`);
  }
  try {
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true });
    writeFileSync(mark, `${process.pid}\n`, { flag: "wx" });
  } catch (error) {
    throw sayDiskFault(error, folder) ?? error;
  }
}

/** @returns what to do about a disk that does not take what we write; undefined for another fault. */
export function sayDiskFault(error, folder) {
  const { code } = error;
  if (code === "ENOSPC" || code === "EDQUOT")
    return new SetUpError("The disk is full: free about 300 MB, or give a --folder on another disk, and run again.");
  if (["EACCES", "EPERM", "EROFS"].includes(code))
    return new SetUpError(
      `You may not write in ${folder} (${code}): remove it as its owner, or give another --folder.`,
    );
  return undefined;
}

/** Kills what a demo left running in its folder: its data is not needed again. @returns how many processes. */
export async function endLeftOvers(folder) {
  const ended = new Set();
  for (const until = Date.now() + 5_000; Date.now() < until; await new Promise((done) => setTimeout(done, 50))) {
    const left = findLeftBehind(`${folder}/`).filter(({ command }) => OURS.test(command));
    if (left.length === 0) break;
    for (const { pid } of left) {
      ended.add(pid);
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended, or it is another user's: then the folder cannot be emptied, which is said.
      }
    }
  }
  return ended.size;
}

function isDemo(pid) {
  if (!(pid > 0) || pid === process.pid) return false;
  try {
    // A process of that number may be another one by now.
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("run.js");
  } catch {
    return !existsSync("/proc/self") && isAlive(pid);
  }
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === "EPERM";
  }
}
