import { conformsToContract } from "../../../src/conformance/index.ts";
import * as sentences from "../../../src/conformance/sentences.ts";
import { flaws } from "../bridge-flaws.ts";
import { memoryHarness } from "../memory-wire.ts";

const flaw = flaws.find(({ sentence }) => sentence === sentences.NOT_ACKNOWLEDGED);
if (flaw === undefined) throw new Error("no bridge breaks this sentence");
conformsToContract(flaw.definition, {
  ...memoryHarness,
  patienceMs: 5_000,
  lacks: { outage: "the wire never breaks" },
});
