// `npm run chaos`: sets up what is missing, then breaks guichet under load and takes stock. Runs on Node 20 with nothing installed.
import { execNode24 } from "../demo/setup/node-24.js";
import { ensureNodeModules } from "../demo/setup/node-modules.js";
import { sayFault } from "../demo/setup/say.js";
import { ensureSynapse } from "../demo/setup/synapse.js";

try {
  await ensureNodeModules();
  await ensureSynapse();
  process.exitCode = await execNode24("chaos/main.ts", process.argv.slice(2));
} catch (error) {
  sayFault(error);
  process.exitCode = 1;
}
