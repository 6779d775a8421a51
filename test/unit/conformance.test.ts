import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { runCheck, whySkipped } from "../../src/conformance/check.ts";
import { allChecks } from "../../src/conformance/checks/all.ts";
import { ContractBroken, conformsToContract, HarnessFault, type Outside } from "../../src/conformance/index.ts";
import * as sentences from "../../src/conformance/sentences.ts";
import { flaws, leftovers } from "../support/bridge-flaws.ts";
import { memoryBridge } from "../support/memory-bridge.ts";
import { memoryHarness } from "../support/memory-wire.ts";
import { readLines } from "../support/project-files.ts";

const RUN_BROKEN_BRIDGE = new URL("../support/processes/run-broken-bridge.ts", import.meta.url);

// One that conforms is given time; one that does not is to be found soon.
conformsToContract(memoryBridge, { ...memoryHarness, patienceMs: 5_000 });

const checkOf = (sentence: string) => {
  const found = allChecks.find((check) => check.sentence === sentence);
  if (found === undefined) throw new Error(`no check of: ${sentence}`);
  return found;
};

describe("a bridge that breaks the contract is found", () => {
  afterEach(() => {
    for (const clear of leftovers.splice(0)) clear();
  });

  test.each(flaws.map((flaw) => [flaw.title, flaw.sentence, flaw.definition] as const))(
    "%s: %s",
    async (_title, sentence, definition) => {
      const fault = await runCheck(checkOf(sentence), definition, memoryHarness).catch((error: unknown) => error);
      expect(fault).toBeInstanceOf(ContractBroken);
      expect(String(fault)).toContain(`The contract says: ${sentence}\nFound: `);
      if (process.env.GUICHET_SHOW_FLAWS === "1") console.log(String(fault));
    },
  );
});

describe("the kit itself", () => {
  test("each sentence has one check, and each check a bridge that fails it", () => {
    const all = Object.values(sentences).toSorted();
    expect(allChecks.map(({ sentence }) => sentence).toSorted()).toEqual(all);
    expect([...new Set(flaws.map(({ sentence }) => sentence))].toSorted()).toEqual(all);
  });

  test("each sentence stands in docs/bridge-contract.md", () => {
    const listed = readLines("docs/bridge-contract.md").filter((line) => line.startsWith("- "));
    expect(listed.map((line) => line.slice(2)).toSorted()).toEqual(Object.values(sentences).toSorted());
  });

  test("a failure prints the sentence; a skipped test has the reason in its name", { timeout: 60_000 }, () => {
    const { stdout, status } = spawnSync(process.execPath, [fileURLToPath(RUN_BROKEN_BRIDGE)], {
      encoding: "utf8",
      // As when it is started by hand: the outer runner is not to be heard of.
      env: { PATH: process.env.PATH, NO_COLOR: "1" },
    });
    expect(stdout).toContain(`The contract says: ${sentences.NOT_ACKNOWLEDGED}\nFound: it was acknowledged`);
    expect(stdout).toContain(`${sentences.HEALTH_TURNS} (no outage: the wire never breaks)`);
    expect(stdout).toMatch(/Tests +1 failed \| \d+ passed \| 3 skipped/);
    expect(status).toBe(1);
  });

  test("what a channel lacks is skipped with the reason", () => {
    const check = checkOf(sentences.SILENT_IS_UNKNOWN);
    expect(whySkipped(check, memoryHarness)).toBeUndefined();
    const lacks = { silent: "the network answers at once" };
    expect(whySkipped(check, { ...memoryHarness, lacks })).toBe("no silent: the network answers at once");
  });

  test("a part that is lacking without a word is the harness's fault, not the bridge's", async () => {
    const harness = {
      ...memoryHarness,
      open: async (outside: Outside) => {
        const { behave: _behave, ...remote } = await memoryHarness.open(outside);
        return remote;
      },
    };
    const run = runCheck(checkOf(sentences.BUSY_IS_RETRY), memoryBridge, harness);
    await expect(run).rejects.toThrow(HarnessFault);
    await expect(run).rejects.toThrow(/give it, or name "busy" in `lacks`/);
  });

  test("a part that is skipped though the bridge declares it", async () => {
    const harness = { ...memoryHarness, lacks: { "leaving files": "too much work" } };
    const run = runCheck(checkOf(sentences.SEND_AS_DECLARED), memoryBridge, harness);
    await expect(run).rejects.toThrow(/the harness says that it lacks "leaving files"/);
  });
});
