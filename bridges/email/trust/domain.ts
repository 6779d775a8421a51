import { domainToASCII } from "node:url";
import { getDomain } from "tldts";

/** A domain as it is compared: lower case, its ASCII form (RFC 5891), no dot at the end; "" for what is none. */
export const normaliseDomain = (text: string) => {
  const domain = text.trim().toLowerCase().replace(/\.$/, "");
  return /^[\x21-\x7e]*$/.test(domain) ? domain : domainToASCII(domain);
};

/** The domain of an address, normalised; "" when it has none. */
export const domainOf = (address: string) =>
  address.includes("@") ? normaliseDomain(address.slice(address.lastIndexOf("@") + 1)) : "";

/** The organisational domain (RFC 7489, 3.2) by the Public Suffix List that tldts carries with it; the domain itself when there is none. */
export const organisationOf = (domain: string) => getDomain(domain, { allowPrivateDomains: true }) ?? domain;

/** Identifier alignment (RFC 7489, 3.1). */
export const isAligned = (domain: string, from: string, strict: boolean) =>
  strict ? domain === from : organisationOf(domain) === organisationOf(from);
