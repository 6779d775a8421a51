// `npm run bench`: sets up what is missing, then measures under Node 24. Runs on Node 20 with nothing installed.
import { execNode24 } from "../demo/setup/node-24.js";
import { ensureNodeModules } from "../demo/setup/node-modules.js";
import { sayFault } from "../demo/setup/say.js";
import { ensureSynapse } from "../demo/setup/synapse.js";

try {
  await ensureNodeModules();
  await ensureSynapse();
  process.exitCode = await execNode24("bench/main.ts", process.argv.slice(2));
} catch (error) {
  sayFault(error);
  process.exitCode = 1;
}
