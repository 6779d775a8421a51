import type { SenderTrust } from "../../../src/adapter/index.ts";
import type { Authentication } from "./authenticate.ts";
import { type MethodResult, parseResults, policyIn } from "./authentication-results.ts";
import type { DmarcPolicy } from "./check-dmarc.ts";
import { domainOf, isAligned, normaliseDomain } from "./domain.ts";

/** What is known about one domain that From names. */
export interface Evidence {
  readonly domain: string;
  readonly dmarc: "pass" | "fail" | "none" | "temperror";
  /** What the domain's owner asks to do with mail that fails. */
  readonly policy: DmarcPolicy;
  /** SPF or DKIM proved the domain, or another of the same organisation. */
  readonly isProven: boolean;
  /** All that could have been a proof was looked at. */
  readonly isComplete: boolean;
}

export interface Verdict {
  readonly verdict: SenderTrust["verdict"];
  /** The forged domain, and what its owner asks. */
  readonly forged: { readonly domain: string; readonly policy: "quarantine" | "reject" } | undefined;
}

/** Decides from what is known about each domain in From; one forged domain makes the mail forged. */
export function judge(evidence: readonly Evidence[]): Verdict {
  for (const { domain, dmarc, policy, isComplete } of evidence)
    if (dmarc === "fail" && policy !== "none" && isComplete) return { verdict: "forged", forged: { domain, policy } };
  const isVerified = ({ dmarc, isProven }: Evidence) => dmarc === "pass" || (dmarc === "none" && isProven);
  const verdict = evidence.length > 0 && evidence.every(isVerified) ? "verified" : "unverified";
  return { verdict, forged: undefined };
}

/**
 * Evidence of our own checks.
 * @param sealers domains of servers whose word counts for mail that they passed on (ARC).
 */
export function evidenceFrom(found: Authentication, sealers: readonly string[]): Evidence[] {
  const isVouched = found.arc === "pass" && isSealedBy(found, sealers);
  const proven = [...found.dkim, ...(found.spf === undefined ? [] : [found.spf])].flatMap(({ result, domain }) =>
    result === "pass" ? [domain] : [],
  );
  return found.dmarc.map(({ domain, result, policy }) => ({
    domain,
    dmarc: result === "fail" && isVouched ? "pass" : result,
    policy,
    isProven: proven.some((each) => isAligned(each, domain, false)),
    isComplete: found.spf !== undefined,
  }));
}

/** Each server of the chain is a trusted one, and the first of them saw DMARC pass (RFC 8617, 7.2.1). */
function isSealedBy({ head }: Authentication, sealers: readonly string[]): boolean {
  const trusted = sealers.map(normaliseDomain);
  const seals = head.filter(({ key }) => key === "arc-seal");
  const first = head.find(({ key, line }) => key === "arc-authentication-results" && INSTANCE_ONE.test(line));
  const results = parseResults(first?.line.replace(INSTANCE_ONE, "") ?? "").results;
  return (
    seals.every(({ line }) => trusted.includes(normaliseDomain(/[;:\s]d\s*=\s*([^;\s]+)/.exec(line)?.[1] ?? ""))) &&
    results.some(({ method, result }) => method === "dmarc" && result === "pass")
  );
}

const INSTANCE_ONE = /^[^:]*:\s*i\s*=\s*1\s*;/;

/** Evidence of the operator's own server, as its Authentication-Results say. */
export function evidenceOf(results: readonly MethodResult[], from: readonly string[]): Evidence[] {
  return from.map((domain) => {
    const dmarc = results.find(({ method, properties }) => {
      const about = normaliseDomain(properties.get("header.from") ?? domain);
      return method === "dmarc" && isAligned(domainOf(`@${about}`), domain, false);
    });
    const proven = results.flatMap((each) => (each.result === "pass" ? provenDomains(each) : []));
    return {
      domain,
      dmarc: DMARC_RESULTS.find((result) => result === dmarc?.result) ?? "none",
      policy: (dmarc && policyIn(dmarc)) ?? "none",
      isProven: proven.some((each) => isAligned(each, domain, false)),
      isComplete: true,
    };
  });
}

const DMARC_RESULTS = ["pass", "fail", "none", "temperror"] as const;

function provenDomains({ method, properties }: MethodResult): string[] {
  const names = { dkim: ["header.d", "header.i"], spf: ["smtp.mailfrom", "smtp.helo"] }[method] ?? [];
  const value = names.map((name) => properties.get(name)).find((each) => each !== undefined);
  if (value === undefined) return [];
  return [value.includes("@") ? domainOf(value) : normaliseDomain(value)];
}
