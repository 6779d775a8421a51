import { BlockList, isIPv6 } from "node:net";

/** @param allowed addresses and networks (192.0.2.0/24). */
export function listAddresses(allowed: readonly string[]): BlockList {
  const list = new BlockList();
  for (const each of allowed) {
    const [address = "", prefix] = each.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

/** A socket that listens for both families shows IPv4 addresses as ::ffff:192.0.2.1. */
export function isAllowed(list: BlockList, address = ""): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
  return list.check(plain, isIPv6(plain) ? "ipv6" : "ipv4");
}
