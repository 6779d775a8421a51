// `npm run bench`: sets up what is missing, then measures under Node 24. Runs on Node 20 with nothing installed.
// `npm run bench -- corpora` measures reading on the corpora instead, `npm run bench -- backlog` a full mailbox,
// `npm run bench -- walls` what a bad bridge or a flooded agency does to the others, `npm run bench -- forms` a flood of forms,
// `npm run bench -- members` what a message costs against the number of citizens that an agency ever had.
import { execNode24 } from "../demo/setup/node-24.js";
import { ensureNodeModules } from "../demo/setup/node-modules.js";
import { sayFault } from "../demo/setup/say.js";
import { ensureSynapse } from "../demo/setup/synapse.js";

try {
  const words = process.argv.slice(2);
  await ensureNodeModules();
  if (words[0] === "corpora") process.exitCode = await execNode24("bench/corpora/main.ts", words.slice(1));
  else {
    await ensureSynapse();
    const named = ["backlog", "forms", "members", "walls"].find((name) => name === words[0]);
    process.exitCode = named
      ? await execNode24(`bench/${named}.ts`, words.slice(1))
      : await execNode24("bench/main.ts", words);
  }
} catch (error) {
  sayFault(error);
  process.exitCode = 1;
}
