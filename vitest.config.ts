import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/{unit,contract,flow,gates}/**/*.test.ts"],
    pool: "forks",
    // Files start servers of their own (Synapse, PostgreSQL, mail servers): two at a time keep two cores busy.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 120_000,
    teardownTimeout: 20_000,
  },
});
