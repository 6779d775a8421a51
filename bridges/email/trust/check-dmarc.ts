import type { Dns } from "./dns.ts";
import { isAligned, organisationOf } from "./domain.ts";

/** Result of a check (RFC 8601, 2.7): `temperror` says that the DNS could not tell now. */
export type CheckResult = "pass" | "fail" | "softfail" | "neutral" | "none" | "policy" | "permerror" | "temperror";

export interface CheckedDomain {
  readonly result: CheckResult;
  /** The domain that the result is about. */
  readonly domain: string;
}

export type DmarcPolicy = "none" | "quarantine" | "reject";

export interface DmarcResult extends CheckedDomain {
  readonly result: "pass" | "fail" | "none" | "temperror";
  /** What the domain's owner asks to do with mail that fails. */
  readonly policy: DmarcPolicy;
}

/**
 * Evaluates DMARC (RFC 7489, 6.6) for the domain in From. A failed look-up of an aligned identifier leaves the result
 * open: it could have been the proof.
 * @param proofs results of SPF (on MAIL FROM or HELO) and of each DKIM signature.
 */
export async function checkDmarc(
  dns: Dns,
  from: string,
  proofs: { readonly spf: CheckedDomain | undefined; readonly dkim: readonly CheckedDomain[] },
): Promise<DmarcResult> {
  const found = await findRecord(dns, from).catch(() => "temperror" as const);
  if (found === "temperror") return { result: "temperror", domain: from, policy: "none" };
  if (found === undefined) return { result: "none", domain: from, policy: "none" };

  const strict = (tag: "adkim" | "aspf") => found.tags.get(tag)?.toLowerCase() === "s";
  const aligned = [
    ...proofs.dkim.filter(({ domain }) => isAligned(domain, from, strict("adkim"))),
    ...(proofs.spf !== undefined && isAligned(proofs.spf.domain, from, strict("aspf")) ? [proofs.spf] : []),
  ];
  const policy = policyOf(found);
  if (aligned.some(({ result }) => result === "pass")) return { result: "pass", domain: from, policy };
  const isOpen = aligned.some(({ result }) => result === "temperror");
  return { result: isOpen ? "temperror" : "fail", domain: from, policy };
}

interface DmarcRecord {
  readonly tags: ReadonlyMap<string, string>;
  /** Found at the organisational domain, not at the domain in From. */
  readonly isInherited: boolean;
}

async function findRecord(dns: Dns, from: string): Promise<DmarcRecord | undefined> {
  const own = pickRecord(await dns.txt(`_dmarc.${from}`));
  if (own !== undefined) return { tags: own, isInherited: false };
  const organisation = organisationOf(from);
  if (organisation === from) return undefined;
  const inherited = pickRecord(await dns.txt(`_dmarc.${organisation}`));
  return inherited && { tags: inherited, isInherited: true };
}

/** RFC 7489, 6.6.3: several records are as good as none. */
function pickRecord(texts: readonly string[]): ReadonlyMap<string, string> | undefined {
  const records = texts.filter((text) => /^\s*v\s*=\s*DMARC1\s*(?:;|$)/.test(text));
  if (records.length !== 1) return undefined;
  const pairs = (records[0] ?? "").split(";").map((pair) => pair.split("="));
  return new Map(pairs.map(([tag = "", ...value]) => [tag.trim().toLowerCase(), value.join("=").trim()]));
}

const POLICIES: readonly DmarcPolicy[] = ["none", "quarantine", "reject"];
const RANKS: ReadonlyMap<string, number> = new Map(POLICIES.map((policy, rank) => [policy, rank]));

/** A record that cannot be understood asks for nothing. With `pct=0` and `t=y` the owner asks for one step less. */
function policyOf({ tags, isInherited }: DmarcRecord): DmarcPolicy {
  const asked = ((isInherited ? tags.get("sp") : undefined) ?? tags.get("p") ?? "").toLowerCase();
  const rank = RANKS.get(asked) ?? -1;
  const isTrial = /^0+$/.test(tags.get("pct") ?? "") || tags.get("t")?.toLowerCase() === "y";
  return POLICIES[isTrial ? rank - 1 : rank] ?? "none";
}
