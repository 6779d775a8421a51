import type { EarlierConversation } from "../domain/conversation.ts";

const DAY_MS = 24 * 60 * 60_000;
/** How long a subject, and an address alone, speak for the same matter, in milliseconds. */
const SUBJECT_COUNTS_MS = 90 * DAY_MS;
const ADDRESS_COUNTS_MS = 30 * DAY_MS;

/**
 * Finds the conversation that a new one may belong to, for a hint: one that it cites, else one under the same subject,
 * else the address's latest. None of these is a proof, so agents get a link and citizens are never joined.
 * @param cited conversations of cited messages, nearest citation first.
 * @param own the address's conversations, newest first.
 */
export function chooseEarlier(
  { subject, at }: { readonly subject: string | undefined; readonly at: Date },
  { cited, own }: { readonly cited: readonly EarlierConversation[]; readonly own: readonly EarlierConversation[] },
): EarlierConversation | undefined {
  const matter = subject && nameMatter(subject);
  const isWithin = ({ lastAt }: EarlierConversation, ms: number) => at.getTime() - lastAt.getTime() <= ms;
  return (
    cited[0] ??
    own.find(
      (one) => matter && one.subject && nameMatter(one.subject) === matter && isWithin(one, SUBJECT_COUNTS_MS),
    ) ??
    own
      .toSorted((one, other) => other.lastAt.getTime() - one.lastAt.getTime())
      .find((one) => isWithin(one, ADDRESS_COUNTS_MS))
  );
}

/** What programs and people put before a subject that they answer or forward, in the languages around: `Re:`, `AW:`, `TR :`, `Re[2]:`. */
const PREFIX =
  /^(?:re|r\u00e9f?|aw|antw|antwort|wg|tr|fw|fwd|sv|vs|vb|vl|rv|res|rif|ref|enc|odp|pd|ynt|ilt|bls|doorst|fs)(?:\s?\[\d{1,3}\]|\s?\(\d{1,3}\))?\s?[:\uff1a]\s?/iu;
/** In characters; prefixes beyond stay. */
const LONGEST_SUBJECT = 500;

/** A subject without prefixes, spaces and case that say nothing about the matter. */
export function nameMatter(subject: string): string {
  let rest = subject.slice(0, LONGEST_SUBJECT).normalize("NFC").replace(/\s+/g, " ").trim();
  for (let found = PREFIX.exec(rest); found; found = PREFIX.exec(rest)) rest = rest.slice(found[0].length);
  return rest.toLowerCase();
}
