import { defineConfig } from "vitest/config";

export default defineConfig({
  // As guichet does for the bridges that it loads.
  resolve: {
    alias: Object.fromEntries(
      ["adapter", "conformance"].map((door) => [
        `guichet/${door}`,
        new URL(`src/${door}/index.ts`, import.meta.url).pathname,
      ]),
    ),
  },
  test: {
    include: ["test/{unit,contract,flow,gates}/**/*.test.ts", "examples/*/*.test.ts"],
    pool: "forks",
    // Files start servers of their own (Synapse, PostgreSQL, mail servers): two at a time keep two cores busy.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 120_000,
    teardownTimeout: 20_000,
  },
});
