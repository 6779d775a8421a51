import { spawnSync } from "node:child_process";
import { delimiter, dirname } from "node:path";
import { runForeground } from "./children.js";
import { node24, projectFolder } from "./paths.js";

const ownMajor = Number(process.versions.node.split(".")[0]);

/** True when a Node that runs TypeScript is at hand: npm's package `node`, or the one we run on. */
export function runsNode24() {
  return spawnSync(node24, ["--version"], { stdio: "ignore" }).status === 0 || ownMajor >= 24;
}

/**
 * Runs a script under Node 24 to its end, passing signals on.
 * @returns its exit code, or 128 + the number of the signal that ended us.
 */
export function execNode24(script, args = [], { env = {}, ...options } = {}) {
  const found = spawnSync(node24, ["--version"], { stdio: "ignore" }).status === 0;
  return runForeground(found ? node24 : process.execPath, [script, ...args], {
    cwd: projectFolder,
    env: { ...process.env, PATH: `${dirname(node24)}${delimiter}${process.env.PATH}`, ...env },
    ...options,
  });
}
