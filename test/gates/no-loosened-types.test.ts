import { expect, test } from "vitest";
import { findLines, listProjectFiles } from "../support/project-files.ts";

const LOOSENED = [
  // Biome finds the others; this one also finds those that a biome-ignore excuses.
  /(:|\bas|<|, ) ?any(\[\])* *([;,)=>\]|&]|$)/,
  /\bas unknown as\b/,
  /\bas never\b/,
  /@ts-(ignore|nocheck|expect-error)\b/,
  // An exception to a lint rule says why, after the colon.
  /biome-ignore(?!(-all|-start|-end)? [\w/]+: \S)/,
];
const sources = () =>
  listProjectFiles().filter(
    (path) =>
      /^(src|bridges|examples|demo|bench|chaos|test)\/.*\.(ts|tsx|js)$/.test(path) && !path.startsWith("test/gates/"),
  );

test.each(LOOSENED)("no source holds %s", (pattern) => {
  // Prose may say "any" after a comma.
  const found = findLines(sources(), pattern).filter(
    ({ text }) => !/^(\/\/|\/?\*)/.test(text) || /@ts-|biome-/.test(text),
  );
  expect(found).toEqual([]);
});

test("the patterns find what they are for", () => {
  const samples = [
    "const a: any = 1",
    "b as any",
    "new Map<string, any>()",
    "c as unknown as D",
    "// @ts-ignore",
    "// biome-ignore lint/x/y",
  ];
  for (const sample of samples)
    expect([sample, LOOSENED.some((pattern) => pattern.test(sample))]).toEqual([sample, true]);
  const fine = ["retries: anyOf", "// biome-ignore lint/x/y: the server counts so", "many = 2", "act as any user"];
  for (const sample of fine)
    expect([sample, LOOSENED.some((pattern) => pattern.test(sample))]).toEqual([sample, false]);
});
