import type { BridgeDefinition } from "../adapter/index.ts";
import { ContractBroken, HarnessFault } from "./contract-broken.ts";
import type { Harness, Part } from "./harness.ts";
import { openStage, type Stage } from "./stage.ts";

/** One sentence of the contract, and how to see whether a bridge keeps it. */
export interface Check {
  readonly sentence: string;
  /** Parts without which there is nothing to see. */
  readonly needs: readonly Part[];
  /** Rejects when the bridge does otherwise; its message says what it did. */
  see(stage: Stage): Promise<void>;
}

/** Why a check says nothing about this kind of channel; undefined when it does. */
export function whySkipped(check: Check, { lacks = {} }: Harness): string | undefined {
  const missing = check.needs.find((part) => lacks[part] !== undefined);
  return missing === undefined ? undefined : `no ${missing}: ${lacks[missing]}`;
}

/** @throws ContractBroken when the bridge does otherwise; HarnessFault when the harness cannot show it. */
export async function runCheck(check: Check, definition: BridgeDefinition, harness: Harness): Promise<void> {
  await using stage = await openStage(definition, harness);
  try {
    await check.see(stage);
  } catch (fault) {
    if (fault instanceof HarnessFault) throw fault;
    const found = fault instanceof Error ? fault.message : String(fault);
    throw new ContractBroken(check.sentence, found, { cause: fault });
  }
}
