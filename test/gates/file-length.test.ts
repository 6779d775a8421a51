import { expect, test } from "vitest";
import { listProjectFiles, readLines } from "../support/project-files.ts";

const LIMIT = 300;

test(`no source file is longer than ${LIMIT} lines`, () => {
  const sources = listProjectFiles().filter((path) =>
    /^(src|bridges|examples|demo|bench|chaos)\/.*\.(ts|tsx|js)$/.test(path),
  );
  expect(sources.length).toBeGreaterThan(0);
  expect(sources.filter((path) => readLines(path).length - 1 > LIMIT)).toEqual([]);
});
