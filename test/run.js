// `npm test`: sets up what a fresh machine lacks, runs vitest under Node 24, counts. Runs on Node 20 with nothing installed.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endedBySignal } from "../demo/setup/children.js";
import { ensureDebianPackages } from "../demo/setup/debian-packages.js";
import { endLeftBehind, findLeftBehind } from "../demo/setup/left-behind.js";
import { execNode24 } from "../demo/setup/node-24.js";
import { ensureNodeModules } from "../demo/setup/node-modules.js";
import { say, sayFault } from "../demo/setup/say.js";
import { ensureSynapse } from "../demo/setup/synapse.js";
import { countTests, findDoubtful, listFailed, readFiles, replaceFiles } from "./report.js";

/** Servers take a moment to follow the test process that they were bound to. */
const GRACE_MS = 3_000;
/** More files than these do not fail by chance. */
const MOST_AGAIN = 6;

async function setUp() {
  await Promise.all([ensureNodeModules(), ensureDebianPackages().then(ensureSynapse)]);
}

async function runTests(args) {
  const folder = mkdtempSync(join(tmpdir(), "guichet-test-"));
  // Servers that drop root's rights have to pass through it.
  chmodSync(folder, 0o711);
  const run = async (name, these) => {
    const report = join(folder, name);
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const code = await execNode24("node_modules/vitest/vitest.mjs", ["run", ...reporters, ...these], {
      env: { TMPDIR: folder },
    });
    return { code, files: endedBySignal() === undefined ? readFiles(report) : undefined };
  };
  try {
    const first = await run("report.json", args);
    const left = await leftBehind(folder);
    if (first.files === undefined) return { code: first.code || 1, passed: 0, failed: 1, skipped: 0 };
    const { code, files } = await runAgain(first, run);
    const count = countTests(files);
    for (const name of count.skippedNames) say(`skipped: ${name}`);
    if (left.length > 0) {
      say(`Failed: the tests left processes behind, which were ended:\n${left.map((line) => `  ${line}`).join("\n")}`);
      count.failed += 1;
    }
    // Vitest also fails for errors outside of any test.
    if (code !== 0 && count.failed === 0) count.failed = 1;
    return { code: count.failed > 0 ? code || 1 : 0, ...count };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Real servers on a machine with much else to do miss a test's deadline now and then: a few files that failed run once more,
 * with nothing beside them. Says which did, and what failed the first time.
 */
async function runAgain(first, run) {
  const doubtful = findDoubtful(first.files);
  if (doubtful.length === 0 || doubtful.length > MOST_AGAIN) return first;
  for (const name of doubtful.flatMap(listFailed))
    say(`failed, and is tried once more with nothing beside it: ${name}`);
  const again = await run("again.json", ["--maxWorkers=1", ...doubtful.map(({ name }) => name)]);
  if (again.files === undefined) return first;
  const files = replaceFiles(first.files, again.files);
  return { code: files.some(({ status }) => status === "failed") ? first.code : again.code, files };
}

async function leftBehind(folder) {
  for (const end = Date.now() + GRACE_MS; findLeftBehind(folder).length > 0 && Date.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return endLeftBehind(folder);
}

try {
  await setUp();
  const { code, passed, failed, skipped } = await runTests(process.argv.slice(2));
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = code;
} catch (error) {
  sayFault(error);
  console.log("0 passed, 1 failed, 0 skipped");
  process.exitCode = endedBySignal() ?? 1;
}
