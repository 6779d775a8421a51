import { createHmac, type KeyObject } from "node:crypto";
import { NAMESPACE_PREFIX } from "../matrix/identity.ts";
import { base32 } from "./token.ts";

/**
 * Localpart of a citizen's ghost. A keyed hash: nobody can tell the address from it, or test a guess.
 * @param channelType one word a bridge, so that an address and a number never meet.
 */
export const nameGhost = (key: KeyObject, channelType: string, address: string): string =>
  `${NAMESPACE_PREFIX}${channelType}_${base32(createHmac("sha256", key).update(`${channelType}:${address}`).digest()).slice(0, 24)}`;

/** Longest display name that we give: a name is a stranger's text, and rooms repeat it in every list. */
const NAME_LIMIT = 100;

/** How a citizen is called in rooms: the name as given, or else the address. Control and direction characters are dropped. */
export function nameForDisplay(citizen: { name?: string | undefined; address: string }): string {
  const name = (citizen.name ?? "")
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}]/gu, "")
    .replace(/\s+/g, " ")
    .trim();
  return (name || citizen.address).slice(0, NAME_LIMIT).toWellFormed();
}
