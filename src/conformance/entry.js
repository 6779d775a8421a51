// As src/adapter/entry.js, for `guichet/conformance`.
import { existsSync } from "node:fs";

const source = new URL("./index.ts", import.meta.url);
const entry = existsSync(source) ? source : new URL("../../dist/src/conformance/index.js", import.meta.url);
export const { ContractBroken, conformsToContract, createMemoryHost, HarnessFault } = await import(entry.href);
