// `npm test`: sets up what a fresh machine lacks, runs vitest under Node 24, counts. Runs on Node 20 with nothing installed.
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endedBySignal } from "../demo/setup/children.js";
import { ensureDebianPackages } from "../demo/setup/debian-packages.js";
import { endLeftBehind, findLeftBehind } from "../demo/setup/left-behind.js";
import { execNode24 } from "../demo/setup/node-24.js";
import { ensureNodeModules } from "../demo/setup/node-modules.js";
import { say, sayFault } from "../demo/setup/say.js";
import { ensureSynapse } from "../demo/setup/synapse.js";

/** Servers take a moment to follow the test process that they were bound to. */
const GRACE_MS = 3_000;

async function setUp() {
  await Promise.all([ensureNodeModules(), ensureDebianPackages().then(ensureSynapse)]);
}

async function runTests(args) {
  const folder = mkdtempSync(join(tmpdir(), "guichet-test-"));
  // Servers that drop root's rights have to pass through it.
  chmodSync(folder, 0o711);
  const report = join(folder, "report.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  try {
    const code = await execNode24("node_modules/vitest/vitest.mjs", ["run", ...reporters, ...args], {
      env: { TMPDIR: folder },
    });
    const count = endedBySignal() === undefined ? readCount(report) : undefined;
    const left = await leftBehind(folder);
    if (count === undefined) return { code: code || 1, passed: 0, failed: 1, skipped: 0 };
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

async function leftBehind(folder) {
  for (const end = Date.now() + GRACE_MS; findLeftBehind(folder).length > 0 && Date.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return endLeftBehind(folder);
}

/** A file that could not be loaded has no tests, and counts as one that failed. */
function readCount(report) {
  let results;
  try {
    results = JSON.parse(readFileSync(report, "utf8")).testResults;
  } catch {
    return undefined;
  }
  const count = { passed: 0, failed: 0, skipped: 0 };
  const skipped = new Set();
  for (const file of results) {
    for (const { status, ancestorTitles, title } of file.assertionResults) {
      if (status === "passed") count.passed += 1;
      else if (status === "failed") count.failed += 1;
      else {
        count.skipped += 1;
        skipped.add(ancestorTitles.join(" > ") || title);
      }
    }
    if (file.status === "failed" && !file.assertionResults.some(({ status }) => status === "failed")) count.failed += 1;
  }
  for (const name of skipped) say(`skipped: ${name}`);
  return count;
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
