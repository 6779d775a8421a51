import { describe } from "vitest";
import sms from "../../bridges/sms/index.ts";
import { conformsToContract } from "../../src/conformance/index.ts";
import { missing } from "../support/needs.ts";
import { smscHarness } from "../support/smsc-harness.ts";
import { useSmsc } from "../support/smsc-suite.ts";

const absent = missing("jsmpp-smsc");
describe.skipIf(absent)(`an SMSC on jSMPP${absent === undefined ? "" : ` (${absent})`}`, () => {
  const suite = useSmsc();
  conformsToContract(
    sms,
    smscHarness(() => suite.smsc),
  );
});
