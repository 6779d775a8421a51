import { expect, test } from "vitest";
import { runChaos } from "../../chaos/run-chaos.ts";
import { hasFailed, writeTable } from "../../chaos/table.ts";
import { missing } from "../support/needs.ts";

/** `npm run chaos` is the long run; this one sees that promise and harness still stand. */
const SEED = Number(process.env.GUICHET_CHAOS_SEED ?? Math.floor(Math.random() * 1_000_000));
const lacks = missing("synapse");

test.skipIf(lacks)(
  `a few faults of every kind: nothing lost, doubled or out of order${lacks ? ` (${lacks})` : ""}`,
  { timeout: 300_000 },
  async () => {
    const only = ["guichet-killed", "synapse-killed", "database-killed", "mail-server-killed", "homeserver-wire-cut"];
    const options = {
      seed: SEED,
      faults: 5,
      queue: "postgres",
      only,
      without: undefined,
      say: () => undefined,
    } as const;
    const report = await runChaos(options);
    console.log(`GUICHET_CHAOS_SEED=${SEED}\n${writeTable(report)}`);
    expect(report.stock.findings.filter(({ verdict }) => verdict !== "unknown")).toEqual([]);
    expect(hasFailed(report)).toBe(false);
  },
);
