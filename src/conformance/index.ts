/** `guichet/conformance`: the tests that every bridge must pass, for vitest. */
export { conformsToContract } from "./conforms-to-contract.ts";
export { ContractBroken, HarnessFault } from "./contract-broken.ts";
export type {
  Harness,
  Letter,
  LetterFile,
  Offered,
  Outside,
  Part,
  ReceivedMessage,
  Remote,
  Trouble,
} from "./harness.ts";
export { createMemoryHost, type ListedRoute, type MemoryHost, type TakenMessage } from "./memory-host.ts";
