import { isIPv4, isIPv6 } from "node:net";
import { isDomainSpec, isMacroString } from "./spf-macro.ts";

/** The result that a mechanism gives when it matches (RFC 7208, 4.6.2). */
export type Qualifier = "pass" | "fail" | "softfail" | "neutral";

export type Mechanism = { readonly qualifier: Qualifier } & (
  | { readonly is: "all" }
  | { readonly is: "include" | "exists"; readonly target: string }
  | { readonly is: "ptr"; readonly target: string | undefined }
  | { readonly is: "a" | "mx"; readonly target: string | undefined; readonly prefix4: number; readonly prefix6: number }
  | { readonly is: "ip"; readonly network: string; readonly prefix: number }
);

export interface SpfRecord {
  readonly mechanisms: readonly Mechanism[];
  readonly redirect: string | undefined;
}

/** True for a TXT record that is an SPF record of version 1 (RFC 7208, 4.5). */
export const isSpfRecord = (text: string) => /^v=spf1(?: |$)/i.test(text);

/** RFC 7208 names no largest record; none in use comes near this many bytes. */
const LONGEST = 8_192;

/** Reads a whole record. @returns undefined for one with a syntax error anywhere (RFC 7208, 4.6). */
export function parseSpfRecord(text: string): SpfRecord | undefined {
  if (text.length > LONGEST || !/^[\x20-\x7e]*$/.test(text)) return undefined;
  const mechanisms: Mechanism[] = [];
  const modifiers = new Map<string, string>();
  for (const term of text.split(" ").slice(1)) {
    if (term === "") continue;
    const modifier = /^([a-z][a-z0-9_.-]*)=(.*)$/i.exec(term);
    if (modifier !== null) {
      const [, name = "", value = ""] = modifier;
      const key = name.toLowerCase();
      const isOurs = key === "redirect" || key === "exp";
      if (isOurs ? modifiers.has(key) || !isDomainSpec(value) : !isMacroString(value)) return undefined;
      if (isOurs) modifiers.set(key, value);
      continue;
    }
    const mechanism = parseMechanism(term);
    if (mechanism === undefined) return undefined;
    mechanisms.push(mechanism);
  }
  return { mechanisms, redirect: modifiers.get("redirect") };
}

const QUALIFIERS: Readonly<Record<string, Qualifier>> = { "+": "pass", "-": "fail", "~": "softfail", "?": "neutral" };

function parseMechanism(term: string): Mechanism | undefined {
  const found = /^([-+?~]?)([a-z0-9]+)(?::(.*)|(\/.*))?$/i.exec(term);
  if (found === null) return undefined;
  const [, sign = "", name = "", value, cidr] = found;
  const qualifier = QUALIFIERS[sign || "+"] ?? "pass";
  switch (name.toLowerCase()) {
    case "all":
      return value === undefined && cidr === undefined ? { is: "all", qualifier } : undefined;
    case "include":
      return isTarget(value) ? { is: "include", qualifier, target: value } : undefined;
    case "exists":
      return isTarget(value) ? { is: "exists", qualifier, target: value } : undefined;
    case "ptr":
      if (cidr !== undefined || (value !== undefined && !isDomainSpec(value))) return undefined;
      return { is: "ptr", qualifier, target: value };
    case "a":
      return parseHosts("a", qualifier, value, cidr);
    case "mx":
      return parseHosts("mx", qualifier, value, cidr);
    case "ip4":
      return parseNetwork(qualifier, value ?? "", isIPv4, 32);
    case "ip6":
      return parseNetwork(qualifier, value ?? "", isIPv6, 128);
    default:
      return undefined;
  }
}

const isTarget = (value: string | undefined): value is string => value !== undefined && isDomainSpec(value);

function parseHosts(
  is: "a" | "mx",
  qualifier: Qualifier,
  value: string | undefined,
  cidr: string | undefined,
): Mechanism | undefined {
  const [, name = "", four, six] = /^(.*?)(?:\/(\d+))?(?:\/\/(\d+))?$/.exec(value ?? cidr ?? "") ?? [];
  const prefix4 = readPrefix(four, 32);
  const prefix6 = readPrefix(six, 128);
  const isNamed = value !== undefined;
  if (prefix4 === undefined || prefix6 === undefined || (isNamed ? !isDomainSpec(name) : name !== "")) return undefined;
  return { is, qualifier, target: isNamed ? name : undefined, prefix4, prefix6 };
}

function parseNetwork(
  qualifier: Qualifier,
  value: string,
  isAddress: (text: string) => boolean,
  longest: number,
): Mechanism | undefined {
  const [network = "", length, ...rest] = value.split("/");
  const prefix = readPrefix(length, longest);
  if (!isAddress(network) || prefix === undefined || rest.length > 0) return undefined;
  return { is: "ip", qualifier, network, prefix };
}

function readPrefix(digits: string | undefined, longest: number): number | undefined {
  if (digits === undefined) return longest;
  return /^(?:0|[1-9]\d{0,2})$/.test(digits) && Number(digits) <= longest ? Number(digits) : undefined;
}
