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

/** An address as people type it, also as a link or between angle brackets; its domain must be one of the internet. */
export function parseAddress(text: string): string | undefined {
  const bare = /^<?(?:mailto:)?([^<>]{3,330}?)>?$/i.exec(text.trim())?.[1];
  const address = normaliseAddress(bare ?? "");
  return address !== undefined && /@[^@]+\.[^@.]{2,}$/.test(address) ? address : undefined;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must be kept out of headers
const UNSAFE = /[\s\u0000-\u001f\u007f<>,]/;

/** RFC 5321, 4.5.3.1.1: octets in a local part. */
const LOCAL_PART_LIMIT = 64;

/** The channel's own addresses and those made of them: `mairie+token@town.example` (RFC 5233, subaddressing). */
export interface OwnAddress {
  /** The main one, which answers come from. */
  readonly address: string;
  readonly domain: string;
  /** True for each of the addresses itself and for any sub-address of it. */
  owns(recipient: string): boolean;
  /** What stands after the delimiter in a recipient of ours; undefined when there is nothing. */
  tokenOf(recipient: string): string | undefined;
  /** Undefined when the local part would grow beyond what mail servers take. */
  withToken(token: string): string | undefined;
}

/**
 * @param text an address that `normaliseAddress` accepts.
 * @param others further ones, which are written to but do not answer.
 */
export function ownAddress(text: string, delimiter: string, others: readonly string[] = []): OwnAddress {
  const address = normaliseAddress(text) ?? text;
  const { prefix, ending } = partsOf(address, delimiter);
  const all = [address, ...others.map((other) => normaliseAddress(other) ?? other)].map((each) => ({
    address: each,
    ...partsOf(each, delimiter),
  }));

  const tokenIn = (recipient: string) => {
    const normal = normaliseAddress(recipient);
    if (normal === undefined) return undefined;
    if (all.some((each) => each.address === normal)) return "";
    const own = all.find((each) => normal.startsWith(each.prefix) && normal.endsWith(each.ending));
    return own && normal.slice(own.prefix.length, -own.ending.length);
  };
  return {
    address,
    domain: ending.slice(1),
    owns: (recipient) => tokenIn(recipient) !== undefined,
    tokenOf: (recipient) => tokenIn(recipient) || undefined,
    withToken: (token) => {
      const extended = prefix + token;
      return Buffer.byteLength(extended) > LOCAL_PART_LIMIT ? undefined : extended + ending;
    },
  };
}

function partsOf(address: string, delimiter: string): { readonly prefix: string; readonly ending: string } {
  const at = address.lastIndexOf("@");
  return { prefix: address.slice(0, at) + delimiter.toLowerCase(), ending: address.slice(at) };
}
