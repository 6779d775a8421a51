/** `guichet/conformance`: the tests that every bridge must pass, for vitest. */
export { conformsToContract } from "./conforms-to-contract.ts";
export { ContractBroken, HarnessFault } from "./contract-broken.ts";
export type { Harness, Letter, LetterFile, Offered, Part, ReceivedMessage, Remote, Trouble } from "./harness.ts";
export { createMemoryHost, type MemoryHost, type TakenMessage } from "./memory-host.ts";
