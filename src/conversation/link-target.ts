import type { Mark } from "../html/flow.ts";
import { decodePercent } from "./decode-percent.ts";

/** Where a link leads, for people. */
interface Target {
  readonly href: string;
  /** Host or address, and where it is known to lead on to. */
  readonly told: string;
  /** The name that the words have to be equal to. */
  readonly name: string;
  /** The target is made to be taken for another: it is told whatever the words say. */
  readonly isSuspect: boolean;
}

/** In characters. */
const LONGEST = 4_000;
const LONGEST_NAME = 80;
/** Words of a link that are looked at. */
const LOOKED_AT = 300;

/**
 * A link that says where it leads, unless its words do. Undefined when it leads nowhere that an agent may be sent:
 * scripts, data, other programs; and Matrix itself, because clients make a person's or a room's sign of it.
 */
export function markLink(href: string): Mark | undefined {
  const target = readTarget(href);
  if (target === undefined) return undefined;
  const note = `[→ ${target.told}]`;
  return {
    tag: "a",
    href: target.href,
    note(words) {
      const isTold = words.trimEnd().endsWith(note) || (!target.isSuspect && says(words, target.name));
      return isTold ? "" : note;
    },
  };
}

function readTarget(href: string): Target | undefined {
  const url = href.length > LONGEST ? null : URL.parse(href);
  if (url === null) return undefined;
  if (url.protocol === "mailto:") return readAddress(url.pathname);
  if ((url.protocol !== "https:" && url.protocol !== "http:") || /(?:^|\.)matrix\.to\.?$/.test(url.hostname))
    return undefined;
  const isDressed = url.username !== "" || url.password !== "";
  if (isDressed) {
    url.username = "";
    url.password = "";
  }
  const chain = [url.host, ...onward(url)].map(shorten);
  return {
    href: url.href,
    told: chain.join(" → "),
    name: url.host,
    isSuspect: isDressed || chain.length > 1 || url.hostname.split(".").some((label) => label.startsWith("xn--")),
  };
}

/** Copies and subjects that a stranger wants sent along are left out. */
function readAddress(path: string): Target | undefined {
  const address = decodePercent(path).trim();
  if (!/^[^\s\p{C}@<>"&?]{1,64}@[^\s\p{C}@<>"&?]{1,190}$/u.test(address)) return undefined;
  return { href: `mailto:${encodeURI(address)}`, told: address, name: address.toLowerCase(), isSuspect: false };
}

/** Hosts that an address carries in its path or query: redirects, and what mail gateways make of links. */
function onward(url: URL): string[] {
  const [, next] = /(https?:\/\/[^\s&"'<>]+)/i.exec(decodePercent(url.href.slice(url.origin.length))) ?? [];
  const inner = next === undefined ? null : URL.parse(next);
  return inner === null || sameSite(inner.host, url.host) ? [] : [inner.host];
}

/** The end of a host is what counts. */
const shorten = (host: string) => (host.length > LONGEST_NAME ? `…${host.slice(-LONGEST_NAME)}` : host);

/** Every name in the words is the target's, and there is one. */
function says(words: string, name: string): boolean {
  const named = words
    .slice(0, LOOKED_AT)
    .split(/[\s<>()[\]{}"'«»,;|]+/)
    .flatMap((word) => readName(word) ?? []);
  return named.length > 0 && words.length <= LOOKED_AT && named.every((each) => sameSite(each, name));
}

function readName(word: string): string | undefined {
  const bare = word.replace(/^mailto:/i, "").replace(/[.:!?]+$/, "");
  if (/^[^@/]+@[^@/]+\.[^@/]+$/.test(bare)) return bare.toLowerCase();
  if (!/[^.]\.[^.]/.test(bare)) return undefined;
  return URL.parse(/^https?:\/\//i.test(bare) ? bare : `http://${bare}`)?.host ?? bare;
}

/** `said` is the host, or the site that the host belongs to. */
const sameSite = (said: string, host: string) => {
  const site = said.replace(/^www\./, "");
  return site === host || host.endsWith(`.${site}`);
};
