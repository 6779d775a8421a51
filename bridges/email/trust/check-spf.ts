import { isIP, isIPv4 } from "node:net";
import ipaddr from "ipaddr.js";
import type { CheckedDomain, CheckResult } from "./check-dmarc.ts";
import type { Dns } from "./dns.ts";
import { domainOf, normaliseDomain } from "./domain.ts";
import { expandDomain, type MacroValues, reverseName } from "./spf-macro.ts";
import { isSpfRecord, type Mechanism, parseSpfRecord } from "./spf-record.ts";

/** Who hands a mail in, as the SMTP session tells. */
export interface SmtpClient {
  readonly ip: string;
  readonly helo: string;
  /** "" is the null return path: HELO is checked in its stead (RFC 7208, 2.4). */
  readonly mailFrom: string;
}

/** RFC 7208, 4.6.4. */
const MOST_LOOKUPS = 10;
const MOST_VOIDS = 2;
const MOST_HOSTS = 10;

interface Evaluation {
  readonly dns: Dns;
  readonly ip: string;
  readonly sender: string;
  readonly helo: string;
  lookups: number;
  voids: number;
}

/** Ends the evaluation wherever it stands. */
class SpfEnd extends Error {
  readonly result: "permerror" | "temperror";
  constructor(result: "permerror" | "temperror") {
    super(result);
    this.result = result;
  }
}

/**
 * Evaluates SPF (RFC 7208). Our own: mailauth expands macros of an included record for the wrong domain, knows no
 * validated names and lets some syntax errors pass (docs/adr/0009).
 */
export async function checkSpf(dns: Dns, client: SmtpClient): Promise<CheckedDomain> {
  const helo = normaliseDomain(client.helo);
  const mailFrom = client.mailFrom || `postmaster@${helo}`;
  const sender = mailFrom.lastIndexOf("@") > 0 ? mailFrom : `postmaster@${mailFrom.replace(/^@/, "")}`;
  const domain = domainOf(sender);
  if (isIP(client.ip) === 0) return { result: "none", domain };
  const ip = ipaddr.process(client.ip).toString();
  try {
    return { result: await checkHost({ dns, ip, sender, helo: client.helo, lookups: 0, voids: 0 }, domain), domain };
  } catch (end) {
    if (!(end instanceof SpfEnd)) throw end;
    return { result: end.result, domain };
  }
}

async function checkHost(evaluation: Evaluation, domain: string): Promise<CheckResult> {
  if (!isQueryable(domain) || !domain.includes(".")) return "none";
  const [text, ...others] = (await ask(() => evaluation.dns.txt(domain))).filter(isSpfRecord);
  if (text === undefined) return "none";
  const record = others.length > 0 ? undefined : parseSpfRecord(text);
  if (record === undefined) throw new SpfEnd("permerror");

  const values: MacroValues = {
    ...evaluation,
    domain,
    validatedName: () => chooseValidatedName(evaluation, domain),
  };
  for (const mechanism of record.mechanisms)
    if (await matches(mechanism, evaluation, values)) return mechanism.qualifier;
  if (record.redirect === undefined) return "neutral";
  countLookup(evaluation);
  return inherit(await checkHost(evaluation, await expandDomain(record.redirect, values)));
}

/** A record that another one points to must be there (RFC 7208, 5.2 and 6.1). */
function inherit(result: CheckResult): CheckResult {
  if (result === "none") throw new SpfEnd("permerror");
  return result;
}

async function matches(mechanism: Mechanism, evaluation: Evaluation, values: MacroValues): Promise<boolean> {
  if (mechanism.is === "all") return true;
  if (mechanism.is === "ip") return isWithin(evaluation.ip, mechanism.network, mechanism.prefix);
  countLookup(evaluation);
  const name = mechanism.target === undefined ? values.domain : await expandDomain(mechanism.target, values);
  if (mechanism.is === "include") return inherit(await checkHost(evaluation, name)) === "pass";
  if (!isQueryable(name)) return false;
  switch (mechanism.is) {
    case "exists":
      return countVoid(evaluation, await ask(() => evaluation.dns.addresses(name, 4))).length > 0;
    case "ptr":
      return (await validatedNames(evaluation)).some((each) => isUnder(each, name));
    case "a":
      return (await addressesOf(evaluation, name)).some((each) => isHost(each, evaluation.ip, mechanism));
    case "mx":
      return matchesMx(evaluation, name, mechanism);
  }
}

async function matchesMx(
  evaluation: Evaluation,
  name: string,
  prefixes: { prefix4: number; prefix6: number },
): Promise<boolean> {
  const hosts = countVoid(evaluation, await ask(() => evaluation.dns.mx(name)));
  if (hosts.length > MOST_HOSTS) throw new SpfEnd("permerror");
  for (const host of hosts) {
    const addresses = isQueryable(host) ? await ask(() => evaluation.dns.addresses(host, familyOf(evaluation.ip))) : [];
    if (addresses.some((each) => isHost(each, evaluation.ip, prefixes))) return true;
  }
  return false;
}

/** A name that has addresses of the other family only is no void look-up: hosts without IPv6 are common. */
async function addressesOf(evaluation: Evaluation, name: string): Promise<readonly string[]> {
  const { dns, ip } = evaluation;
  const found = await ask(() => dns.addresses(name, familyOf(ip)));
  if (found.length === 0)
    countVoid(evaluation, await dns.addresses(name, familyOf(ip) === 4 ? 6 : 4).catch(() => ["?"]));
  return found;
}

/** Names of the client that lead back to its address (RFC 7208, 5.5); trouble on the way makes them none. */
async function validatedNames({ dns, ip }: Evaluation): Promise<string[]> {
  const names = await dns.ptr(reverseName(ip)).catch(() => []);
  const family = familyOf(ip);
  const checked = names.slice(0, MOST_HOSTS).map(async (name) => {
    const addresses = await dns.addresses(name, family).catch(() => []);
    return addresses.some((each) => isWithin(ip, each, family === 4 ? 32 : 128)) ? [normaliseDomain(name)] : [];
  });
  return (await Promise.all(checked)).flat();
}

async function chooseValidatedName(evaluation: Evaluation, domain: string): Promise<string> {
  const names = await validatedNames(evaluation);
  return (
    names.find((name) => name === normaliseDomain(domain)) ??
    names.find((name) => isUnder(name, domain)) ??
    names[0] ??
    "unknown"
  );
}

function isUnder(name: string, domain: string): boolean {
  const whole = normaliseDomain(domain);
  return name === whole || name.endsWith(`.${whole}`);
}

const familyOf = (ip: string) => (isIPv4(ip) ? 4 : 6);

const isHost = (address: string, ip: string, { prefix4, prefix6 }: { prefix4: number; prefix6: number }) =>
  isWithin(ip, address, isIPv4(ip) ? prefix4 : prefix6);

function isWithin(ip: string, network: string, prefix: number): boolean {
  if (isIP(network) !== isIP(ip)) return false;
  return ipaddr.parse(ip).match(ipaddr.parse(network), prefix);
}

/** What a resolver can be asked for: labels of 1 to 63 characters, 253 in all. */
const isQueryable = (name: string) =>
  name.length <= 253 && name.split(".").every((label) => label.length > 0 && label.length <= 63);

function countLookup(evaluation: Evaluation): void {
  evaluation.lookups += 1;
  if (evaluation.lookups > MOST_LOOKUPS) throw new SpfEnd("permerror");
}

function countVoid<T>(evaluation: Evaluation, records: readonly T[]): readonly T[] {
  if (records.length === 0) evaluation.voids += 1;
  if (evaluation.voids > MOST_VOIDS) throw new SpfEnd("permerror");
  return records;
}

async function ask<T>(query: () => Promise<T>): Promise<T> {
  return query().catch(() => {
    throw new SpfEnd("temperror");
  });
}
