import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { type BridgeDefinition, CONTRACT_GENERATION } from "../adapter/index.ts";
import { GuichetError } from "../domain/guichet-error.ts";
import { CHANNEL_KEYS } from "./schema.ts";
import { shapeOf } from "./shape.ts";

/** Finds the bridge that an operator's `use` means; undefined when there is none of that name. */
export type FindBridge = (use: string) => Promise<BridgeDefinition | undefined>;

const BRIDGES = new URL("../../bridges/", import.meta.url);
const WORD = /^[a-z][a-z0-9-]*$/;

/** The bridges that come with guichet. @throws GuichetError BRIDGE_UNFIT for one that breaks the contract. */
export const findBundledBridge: FindBridge = async (use) => {
  if (!WORD.test(use)) return undefined;
  const entry = entryOf(use);
  if (entry === undefined) return undefined;
  const loaded: unknown = await import(entry.href);
  const definition = typeof loaded === "object" && loaded !== null && "default" in loaded ? loaded.default : undefined;
  return fitBridge(use, definition);
};

/** Names of the bridges that come with guichet. */
export function listBundledBridges(): string[] {
  if (!existsSync(BRIDGES)) return [];
  return readdirSync(fileURLToPath(BRIDGES))
    .filter((name) => WORD.test(name) && entryOf(name) !== undefined)
    .sort();
}

/** Checks what a bridge's module exports as `default`. @throws GuichetError BRIDGE_UNFIT */
export function fitBridge(use: string, definition: unknown): BridgeDefinition {
  const refuse = (reason: string) => new GuichetError("BRIDGE_UNFIT", `The bridge ${use} cannot be used: ${reason}.`);
  if (!hasMembers(definition))
    throw refuse("its default export is not an object with type, contract, config and create");
  if (definition.contract !== CONTRACT_GENERATION) {
    throw refuse(
      `it was written for generation ${String(definition.contract)} of the contract, and this guichet speaks ${CONTRACT_GENERATION}`,
    );
  }
  if (!isDefinition(definition)) throw refuse("type must be a lower-case word, config a zod schema, create a function");
  const taken = CHANNEL_KEYS.filter((key) => key in (shapeOf(definition.config).properties ?? {}));
  if (taken.length > 0) throw refuse(`its settings use a key that is guichet's own (${taken.join(", ")})`);
  return definition;
}

interface Members {
  readonly type: unknown;
  readonly contract: unknown;
  readonly config: unknown;
  readonly create: unknown;
}

const hasMembers = (value: unknown): value is Members =>
  typeof value === "object" &&
  value !== null &&
  ["type", "contract", "config", "create"].every((member) => member in value);

const isDefinition = (value: Members): value is Members & BridgeDefinition =>
  typeof value.type === "string" &&
  WORD.test(value.type) &&
  value.config instanceof z.ZodType &&
  typeof value.create === "function";

/** TypeScript when guichet runs from its source, JavaScript when it was built. */
function entryOf(word: string): URL | undefined {
  const candidates = [new URL(`${word}/index.ts`, BRIDGES), new URL(`${word}/index.js`, BRIDGES)];
  return candidates.find((candidate) => existsSync(candidate));
}
