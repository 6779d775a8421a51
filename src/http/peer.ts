import { BlockList, isIP, isIPv6 } from "node:net";

/** Reads whose request it is: the address at the other end of the socket, or what a trusted proxy says of it. */
export type ReadPeer = (socketAddress: string | undefined, forwardedFor: string | null) => string;

/** @param trusted addresses and networks (192.0.2.0/24) of proxies whose X-Forwarded-For counts. */
export function trustProxies(trusted: readonly string[]): ReadPeer {
  const list = new BlockList();
  for (const each of trusted) {
    const [address = "", prefix] = each.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  const isTrusted = (address: string) => list.check(address, isIPv6(address) ? "ipv6" : "ipv4");
  return (socketAddress, forwardedFor) => {
    let peer = plain(socketAddress ?? "");
    // Each proxy adds whom it speaks with at the end: what stands before a proxy that nobody trusts is anybody's word.
    for (const said of (forwardedFor ?? "").split(",").map(plain).toReversed()) {
      if (isIP(peer) === 0 || !isTrusted(peer) || isIP(said) === 0) break;
      peer = said;
    }
    return peer;
  };
}

/** Without a port, brackets, and the way in which a socket for both families shows IPv4. */
function plain(address: string): string {
  const bare = address.trim();
  const [, bracketed] = /^\[([^\]]+)\](?::\d+)?$/.exec(bare) ?? [];
  const [, before] = /^([\d.]+):\d+$/.exec(bare) ?? [];
  return (bracketed ?? before ?? bare).replace(/^::ffff:(?=\d+\.)/i, "");
}
