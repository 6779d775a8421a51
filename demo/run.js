// `npm run demo`: sets up what a fresh machine lacks, then runs the demo under Node 24. Runs on Node 20 with nothing installed.
import { claimFolder, endLeftOvers, sayDiskFault } from "./folder.js";
import { readOptions, USAGE, writeOptions } from "./options.js";
import { endedBySignal } from "./setup/children.js";
import { execNode24 } from "./setup/node-24.js";
import { ensureNodeModules } from "./setup/node-modules.js";
import { SetUpError, sayFault } from "./setup/say.js";
import { ensureSynapse } from "./setup/synapse.js";

const ORPHAN_CHECK_MS = 500;

async function runDemo(options) {
  await ensureNodeModules();
  await ensureSynapse();
  await claimFolder(options.folder);
  const code = await execNode24("demo/main.ts", writeOptions(options));
  // Whoever presses Ctrl-C a third time shall not cut the cleaning short.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => undefined);
  await endLeftOvers(options.folder);
  return endedBySignal() !== undefined && !options.once ? 0 : code;
}

/** A program that kills npm means us too. Without npm, a parent that ends may have put us into the background. */
function endWithNpm() {
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event !== "demo") return;
  setInterval(() => process.ppid !== parent && process.kill(process.pid, "SIGTERM"), ORPHAN_CHECK_MS).unref();
}

let options;
try {
  options = readOptions(process.argv.slice(2));
} catch (error) {
  sayFault(error);
  process.exit(2);
}
if (options.help) {
  process.stdout.write(USAGE);
} else {
  endWithNpm();
  try {
    process.exitCode = await runDemo(options);
  } catch (error) {
    sayFault(error instanceof SetUpError ? error : (sayDiskFault(error, options.folder) ?? error));
    process.exitCode = endedBySignal() ?? 1;
  }
}
