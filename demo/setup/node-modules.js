import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runQuietly } from "./children.js";
import { runsNode24 } from "./node-24.js";
import { localFolder, projectFolder } from "./paths.js";
import { SetUpError, sayWhileRunning } from "./say.js";

const installed = join(projectFolder, "node_modules", ".package-lock.json");
const wanted = join(projectFolder, "package-lock.json");

/** Installs what package-lock.json names into node_modules; does nothing, and needs no network, when it is there. */
export async function ensureNodeModules() {
  if (isUpToDate() && runsNode24()) return;
  await sayWhileRunning(
    "Installing the npm packages of package-lock.json into node_modules (about half a minute)",
    install,
  );
}

async function install() {
  // npm hands its own path to its scripts; it may not be in PATH under that name.
  const npm = process.env.npm_execpath;
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=warn"];
  await runQuietly(npm ? process.execPath : "npm", npm ? [npm, ...args] : args, {
    cwd: projectFolder,
    log: join(localFolder, "npm-ci.log"),
    onFailure:
      "`npm ci` failed. It needs the npm registry that your npm is set up for; check the network and run again.",
  });
  if (!runsNode24()) {
    throw new SetUpError(
      "npm installed no working Node 24 (the package `node`). Allow install scripts (`npm config set ignore-scripts false`) or run with Node 24 or newer.",
    );
  }
}

/** npm writes its record of node_modules last, so an interrupted install has none. Dates say nothing after a checkout. */
function isUpToDate() {
  if (!existsSync(installed)) return false;
  const have = JSON.parse(readFileSync(installed, "utf8")).packages;
  const want = JSON.parse(readFileSync(wanted, "utf8")).packages;
  const differs = (a, b) => a?.version !== b?.version || a?.integrity !== b?.integrity;
  for (const [path, entry] of Object.entries(want)) {
    if (path === "") continue;
    // Packages for other platforms are optional, and absent.
    if (have[path] === undefined ? !entry.optional && !entry.devOptional && !entry.peer : differs(have[path], entry))
      return false;
  }
  return Object.keys(have).every((path) => want[path] !== undefined);
}
