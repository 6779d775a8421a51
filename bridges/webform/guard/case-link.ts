import type { KeyObject } from "node:crypto";
import { seal, unseal } from "./seal.ts";

/** A citizen's way to the page of one conversation. */
export interface CaseLink {
  /** Token of the conversation, as `OutboundThread.token`. */
  readonly token: string;
  /** As citizens read it. */
  readonly number: string;
  readonly until: Date;
}

export const makeCaseLink = (key: KeyObject, { token, number, until }: CaseLink): string =>
  seal(key, "case", [token, number, Math.floor(until.getTime() / 1000).toString(36)]);

/** @returns undefined when it is not one of ours; it may have expired. */
export function readCaseLink(key: KeyObject, text: string): CaseLink | undefined {
  const [token, number, until] = unseal(key, "case", text) ?? [];
  if (token === undefined || number === undefined || until === undefined) return undefined;
  return { token, number, until: new Date(Number.parseInt(until, 36) * 1000) };
}
