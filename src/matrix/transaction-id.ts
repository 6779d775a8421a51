import { createHash } from "node:crypto";

/**
 * Transaction id of one event: the same words always get the same id, and no two of the whole appservice share one,
 * because Synapse does not tell its users apart here (synapse#2937).
 */
export const nameTransaction = (...source: readonly string[]): string =>
  `g${createHash("sha256").update(JSON.stringify(source)).digest("base64url").slice(0, 32)}`;
