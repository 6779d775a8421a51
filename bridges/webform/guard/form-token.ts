import { type KeyObject, randomBytes } from "node:crypto";
import { seal, unseal } from "./seal.ts";

/** What a form carries: proof that it is ours, when it was made, and the one name of what it sends. */
export interface FormToken {
  /** Never given out twice: whatever comes with it is one message. */
  readonly nonce: string;
  readonly madeAt: Date;
}

/** @param purpose `form`, or the conversation that the form continues. */
export function makeFormToken(key: KeyObject, purpose: string, now: Date): FormToken & { readonly text: string } {
  const nonce = randomBytes(12).toString("base64url");
  const madeAt = new Date(Math.floor(now.getTime() / 100) * 100);
  return { nonce, madeAt, text: seal(key, `token ${purpose}`, [nonce, (madeAt.getTime() / 100).toString(36)]) };
}

/** @returns undefined when it is not one of ours. */
export function readFormToken(key: KeyObject, purpose: string, text: string): FormToken | undefined {
  const [nonce, madeAt] = unseal(key, `token ${purpose}`, text) ?? [];
  if (nonce === undefined || madeAt === undefined) return undefined;
  return { nonce, madeAt: new Date(Number.parseInt(madeAt, 36) * 100) };
}
