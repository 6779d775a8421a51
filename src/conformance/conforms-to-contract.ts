import { describe, test } from "vitest";
import type { BridgeDefinition } from "../adapter/index.ts";
import { runCheck, whySkipped } from "./check.ts";
import { allChecks } from "./checks/all.ts";
import type { Harness } from "./harness.ts";

/**
 * Registers one vitest test for each sentence of the contract, in a block of their own. To be called at the top of a
 * test file or within a `describe`. A failure prints the sentence and what the bridge did instead; what the channel does
 * not have is skipped, with the reason in the test's name.
 */
export function conformsToContract<Config>(definition: BridgeDefinition<Config>, harness: Harness): void {
  const timeout = LIMIT_MS + (harness.patienceMs ?? 0) * MOST_WAITS;
  describe(`the ${definition.type} bridge keeps the contract`, () => {
    for (const check of allChecks) {
      const reason = whySkipped(check, harness);
      if (reason === undefined) test(check.sentence, { timeout }, () => runCheck(check, definition, harness));
      else test.skip(`${check.sentence} (${reason})`, () => {});
    }
  });
}

/** A check waits by the harness's patience and says what did not come; this is for what hangs all the same. */
const LIMIT_MS = 60_000;
const MOST_WAITS = 12;
