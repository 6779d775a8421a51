import { startVitest } from "vitest/node";

// Runs the kit on a bridge that breaks one sentence, as its author would see it.
const runner = await startVitest("test", [], {
  config: false,
  watch: false,
  include: ["test/support/processes/broken-bridge.ts"],
  reporters: ["verbose"],
});
await runner.close();
