import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { FAULTS } from "../../../chaos/plan.ts";
import { SABOTAGES } from "../../../chaos/preload/sabotages.ts";

test.each(Object.entries(SABOTAGES))(
  "%s still finds what it takes away, and faults that show it",
  (_name, sabotage) => {
    for (const { module, text } of sabotage.changes)
      expect(readFileSync(new URL(`../../../${module}`, import.meta.url), "utf8")).toContain(text);
    for (const wanted of sabotage.faults) expect(FAULTS.map(({ name }) => name)).toContain(wanted);
  },
);
