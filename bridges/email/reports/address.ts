/** Lines beyond this length hold no address that a report means. */
const LONGEST_LINE = 2_000;
const LONGEST_LOCAL = 128;

/** RFC 5322 atext and dots, and Latin letters beyond ASCII; running text in other scripts touches addresses without a space. */
const BEFORE_AT = /(?:"[^"\s@]{1,64}"|[A-Za-z0-9.!#$%&*+\-/=?^_{|}~\u00a1-\u024f]+)$/;
const AFTER_AT = /[\p{L}\p{N}][\p{L}\p{N}_-]{0,62}(?:\.[\p{L}\p{N}][\p{L}\p{N}_-]{0,62}){0,8}/uy;
/** `SMTP=anna@example.org`: what stands before the sign is no part of the address; in a VERP address it is. */
const NAMED = /^(?:.*:)?(?:smtp|rfc822|rfc-822|addr|address|mailto|to|rcpt|user|email)=/i;

export interface FoundAddress {
  readonly address: string;
  readonly start: number;
  readonly end: number;
}

/** Addresses in a line of running text, in their order. */
export function findAddresses(text: string): FoundAddress[] {
  const line = text.slice(0, LONGEST_LINE);
  const found: FoundAddress[] = [];
  let from = 0;
  for (let at = line.indexOf("@"); at >= 0; at = line.indexOf("@", at + 1)) {
    const local = BEFORE_AT.exec(line.slice(Math.max(from, at - LONGEST_LOCAL), at))?.[0]
      .replace(NAMED, "")
      .replace(/^(?:\.{2,}|[-*#/|]+)/, "");
    AFTER_AT.lastIndex = at + 1;
    const domain = AFTER_AT.exec(line)?.[0];
    if (!local || domain === undefined) continue;
    from = at + 1 + domain.length;
    found.push({ address: `${local}@${domain}`, start: at - local.length, end: from });
  }
  return found;
}

/** The one address in a field such as `rfc822; <anna@example.org>`; undefined when there is none. */
export const addressIn = (value: string | undefined): string | undefined =>
  value === undefined ? undefined : findAddresses(value)[0]?.address;

export const sameAddress = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();
