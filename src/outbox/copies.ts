import type { Party } from "../adapter/index.ts";
import type { DeskTexts } from "../desk/texts.ts";
import type { AnsweredMessageRecord } from "../store/answered.ts";

/** Everybody whom an answer to all goes to beside `to`, each once: who wrote, where answers are wanted, who was addressed. */
export function listCopies(answered: AnsweredMessageRecord | undefined, to: string): Party[] {
  if (answered === undefined) return [];
  const all = [answered.from, ...(answered.replyTo === undefined ? [] : [answered.replyTo]), ...answered.cc];
  const byAddress = new Map<string, Party>();
  for (const party of all)
    if (party.address !== to && !byAddress.has(party.address)) byAddress.set(party.address, party);
  return [...byAddress.values()];
}

/** Why an answer to all does not leave: nobody may believe that others have it. */
export function objectToCopies(copies: readonly Party[], canCopy: boolean): ((texts: DeskTexts) => string) | undefined {
  if (!canCopy) return (texts) => texts.cannotCopy;
  return copies.length === 0 ? (texts) => texts.nobodyElse : undefined;
}
