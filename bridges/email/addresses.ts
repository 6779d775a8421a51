import { domainToASCII } from "node:url";

/**
 * An address in the one form that this bridge compares: lower case, an international domain in its ASCII form
 * (RFC 5891). Local parts are compared without case too: no mail system in use tells them apart.
 * @returns undefined for what is not `local@domain`.
 */
export function normaliseAddress(text: string): string | undefined {
  const address = text.trim().toLowerCase();
  const at = address.lastIndexOf("@");
  const local = address.slice(0, at);
  const domain = address.slice(at + 1);
  if (at < 1 || domain === "" || address.length > 320 || UNSAFE.test(address)) return undefined;
  const ascii = domain.startsWith("[") ? domain : domainToASCII(domain);
  return ascii === "" ? undefined : `${local}@${ascii}`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must be kept out of headers
const UNSAFE = /[\s\u0000-\u001f\u007f<>,]/;

/** RFC 5321, 4.5.3.1.1: octets in a local part. */
const LOCAL_PART_LIMIT = 64;

/** The channel's own address and the reply addresses made of it: `mairie+token@town.example` (RFC 5233, subaddressing). */
export interface OwnAddress {
  readonly address: string;
  readonly domain: string;
  /** True for the address itself and for any reply address made of it. */
  owns(recipient: string): boolean;
  /** What stands after the delimiter in a recipient of ours; undefined when there is nothing. */
  tokenOf(recipient: string): string | undefined;
  /** Undefined when the local part would grow beyond what mail servers take. */
  withToken(token: string): string | undefined;
}

/** @param text an address that `normaliseAddress` accepts. */
export function ownAddress(text: string, delimiter: string): OwnAddress {
  const address = normaliseAddress(text) ?? text;
  const at = address.lastIndexOf("@");
  const local = address.slice(0, at);
  const domain = address.slice(at + 1);
  const prefix = local + delimiter.toLowerCase();
  const ending = `@${domain}`;

  const tokenIn = (recipient: string) => {
    const normal = normaliseAddress(recipient);
    if (normal === undefined || !normal.endsWith(ending)) return undefined;
    if (normal === address) return "";
    return normal.startsWith(prefix) ? normal.slice(prefix.length, -ending.length) : undefined;
  };
  return {
    address,
    domain,
    owns: (recipient) => tokenIn(recipient) !== undefined,
    tokenOf: (recipient) => tokenIn(recipient) || undefined,
    withToken: (token) => {
      const extended = prefix + token;
      return Buffer.byteLength(extended) > LOCAL_PART_LIMIT ? undefined : extended + ending;
    },
  };
}
