import type { z } from "zod";
import { type BridgeDefinition, CONTRACT_GENERATION } from "../adapter/index.ts";
import { BridgeFault } from "./bridge-fault.ts";
import { CHANNEL_KEYS } from "./schema.ts";
import { type Shape, shapeOf } from "./shape.ts";

/** Becomes part of user ids, which may be 255 bytes long. */
const TYPE = /^[a-z][a-z0-9-]{0,31}$/;

/** Checks what a bridge's module exports as `default`. @throws BridgeFault BRIDGE_UNFIT */
export function fitBridge(use: string, definition: unknown): BridgeDefinition {
  const refuse = (reason: string) =>
    new BridgeFault(
      "BRIDGE_UNFIT",
      `${JSON.stringify(use)}, which cannot be used: ${reason}`,
      `a bridge for generation ${CONTRACT_GENERATION} of the contract`,
    );
  if (!hasMembers(definition))
    throw refuse("its default export is not an object with type, contract, config and create");
  if (definition.contract !== CONTRACT_GENERATION) {
    throw refuse(
      `it was written for generation ${String(definition.contract)} of the contract, and this guichet speaks ${CONTRACT_GENERATION}`,
    );
  }
  if (!isDefinition(definition)) {
    const hint = isOlderSchema(definition.config) ? "; this one was made with zod 3" : "";
    throw refuse(
      `type must be a lower-case word of at most 32 letters, digits and hyphens, config a schema of zod 4, create a function${hint}`,
    );
  }
  const shape = readShape(definition.config);
  if (shape === undefined) throw refuse("its settings cannot be read from its schema");
  const taken = CHANNEL_KEYS.filter((key) => key in (shape.properties ?? {}));
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
  TYPE.test(value.type) &&
  isSchema(value.config) &&
  typeof value.create === "function";

/** By what every schema of zod 4 has: a bridge's package may bring a copy of zod of its own, whose classes are others. */
const isSchema = (value: unknown): value is z.ZodType =>
  typeof value === "object" &&
  value !== null &&
  "_zod" in value &&
  "safeParseAsync" in value &&
  typeof value.safeParseAsync === "function";

const isOlderSchema = (value: unknown) =>
  typeof value === "object" && value !== null && "_def" in value && "safeParse" in value;

function readShape(schema: z.ZodType): Shape | undefined {
  try {
    return shapeOf(schema);
  } catch {
    return undefined;
  }
}
