import { isIPv4 } from "node:net";
import ipaddr from "ipaddr.js";

/** What macros stand for (RFC 7208, 7.2). */
export interface MacroValues {
  readonly sender: string;
  /** The domain under evaluation: another one within an include. */
  readonly domain: string;
  readonly ip: string;
  readonly helo: string;
  /** A validated name of the client, asked only when the record wants it. */
  validatedName(): Promise<string>;
}

/** RFC 7208, 7.1; the letters c, r and t belong to explanations, which we never show. */
const MACRO = /%\{([slodiphv])(\d*)(r?)([-.+,/_=]*)\}|%([%_-])/gi;

export const isMacroString = (text: string) => /^[!-$&-~]*$/.test(text.replace(MACRO, ""));

/** A macro string that ends with a macro or with a top label that is not all digits (RFC 7208, 7.1). */
export function isDomainSpec(text: string): boolean {
  if (!isMacroString(text) || [...text.matchAll(MACRO)].some(([, , digits]) => /^0+$/.test(digits ?? ""))) return false;
  if (/%(?:\{[^{}]*\}|[%_-])$/.test(text)) return true;
  const name = text.replace(/\.$/, "");
  const top = name.slice(name.lastIndexOf(".") + 1);
  return name.includes(".") && /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/i.test(top) && !/^\d+$/.test(top);
}

const LONGEST_NAME = 253;

/** Expands a domain-spec to the name that is asked for, cut from the left to what the DNS takes (RFC 7208, 7.3). */
export async function expandDomain(spec: string, values: MacroValues): Promise<string> {
  const validated = /%\{p/i.test(spec) ? await values.validatedName() : "";
  const name = spec
    .replace(MACRO, (_whole, letter?: string, digits?: string, reverse?: string, marks?: string, sign?: string) =>
      letter === undefined
        ? (SIGNS[sign ?? ""] ?? "")
        : transform(expansionOf(letter, values, validated), letter, digits ?? "", reverse ?? "", marks ?? ""),
    )
    .replace(/\.$/, "");
  if (name.length <= LONGEST_NAME) return name;
  const cut = name.indexOf(".", name.length - LONGEST_NAME - 1);
  return cut < 0 ? name : name.slice(cut + 1);
}

const SIGNS: Readonly<Record<string, string>> = { "%": "%", _: " ", "-": "%20" };

function expansionOf(letter: string, { sender, domain, ip, helo }: MacroValues, validated: string): string {
  const at = sender.lastIndexOf("@");
  switch (letter.toLowerCase()) {
    case "s":
      return sender;
    case "l":
      return sender.slice(0, at);
    case "o":
      return sender.slice(at + 1);
    case "d":
      return domain;
    case "i":
      return isIPv4(ip) ? ip : [...hexOf(ip)].join(".");
    case "p":
      return validated;
    case "v":
      return isIPv4(ip) ? "in-addr" : "ip6";
    default:
      return helo;
  }
}

/** The 32 hexadecimal digits of an IPv6 address. */
const hexOf = (ip: string) => Buffer.from(ipaddr.parse(ip).toByteArray()).toString("hex");

/** Name under which the DNS keeps an address's own names. */
export const reverseName = (ip: string) =>
  isIPv4(ip) ? `${ip.split(".").reverse().join(".")}.in-addr.arpa` : `${[...hexOf(ip)].reverse().join(".")}.ip6.arpa`;

function transform(value: string, letter: string, digits: string, reverse: string, marks: string): string {
  const parts = splitAt(value, marks || ".");
  if (reverse !== "") parts.reverse();
  const kept = digits === "" ? parts : parts.slice(-Number(digits));
  const text = kept.join(".");
  return letter === letter.toUpperCase() ? escapeForUrl(text) : text;
}

function splitAt(value: string, marks: string): string[] {
  const [first = ".", ...others] = new Set(marks);
  return others.reduce((text, mark) => text.replaceAll(mark, first), value).split(first);
}

/** RFC 3986, 2.3: all but the unreserved characters. */
const escapeForUrl = (text: string) =>
  encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
