// What vitest's JSON report says, for `npm test`.
import { readFileSync } from "node:fs";

/** What these count must not happen once in a hundred runs: a failure is never a matter of a busy machine. */
const NEVER_AGAIN = [
  "flow/kill.test.ts",
  "flow/chaos.test.ts",
  "contract/queue.test.ts",
  "contract/queue-faults.test.ts",
];

/** @returns the files of a report, or undefined when there is none. */
export function readFiles(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).testResults;
  } catch {
    return undefined;
  }
}

/** Files with a failure that may be due to what ran beside them. */
export const findDoubtful = (files) =>
  files.filter(({ name, status }) => status === "failed" && !NEVER_AGAIN.some((end) => name.endsWith(end)));

/** Files of the first run, with those of the second one in their places. */
export const replaceFiles = (files, again) => {
  const byName = new Map(again.map((file) => [file.name, file]));
  return files.map((file) => byName.get(file.name) ?? file);
};

/** Names of what failed in a file. */
export const listFailed = ({ name, assertionResults }) => {
  const failed = assertionResults.filter(({ status }) => status === "failed").map(({ fullName }) => fullName);
  return failed.length > 0 ? failed : [name];
};

/** Counts tests, and names those that were skipped. A file that could not be loaded has none, and counts as one that failed. */
export function countTests(files) {
  const count = { passed: 0, failed: 0, skipped: 0, skippedNames: new Set() };
  for (const file of files) {
    for (const { status, ancestorTitles, title } of file.assertionResults) {
      if (status === "passed") count.passed += 1;
      else if (status === "failed") count.failed += 1;
      else {
        count.skipped += 1;
        count.skippedNames.add(ancestorTitles.join(" > ") || title);
      }
    }
    if (file.status === "failed" && !file.assertionResults.some(({ status }) => status === "failed")) count.failed += 1;
  }
  return count;
}
