import { createPublicKey } from "node:crypto";
import type { Dns } from "./dns.ts";

/** OpenSSL verifies with no longer key; in bits. */
const LONGEST_KEY = 16_384;
const RAW_ED25519 = 32;
/** DER before the 32 bytes of an Ed25519 key (RFC 8410). */
const ED25519_HEAD = Buffer.from("302a300506032b6570032100", "hex");

/**
 * Looks at the key that a signature names (RFC 6376, 3.6.1 and 6.1.2). The library tells a wrong body before it looks
 * at the key, and takes keys that the owner has bound to another use.
 * @param algorithm the signature's `a=`: rsa-sha256.
 * @returns why the signature proves nothing, or undefined when the key is usable.
 */
export async function faultOfKey(
  dns: Dns,
  { selector, domain, algorithm }: { readonly selector: string; readonly domain: string; readonly algorithm: string },
): Promise<"permerror" | "temperror" | undefined> {
  const records = await dns.txt(`${selector}._domainkey.${domain}`).catch(() => undefined);
  if (records === undefined) return "temperror";
  const tags = readTags(records[0] ?? "");
  const [family = "", hash = ""] = algorithm.toLowerCase().split("-");
  const isUsable =
    (tags.get("v") ?? "DKIM1") === "DKIM1" &&
    (tags.get("k") ?? "rsa").toLowerCase() === family &&
    listOf(tags.get("h") ?? hash).includes(hash) &&
    listOf(tags.get("s") ?? "*").some((service) => service === "*" || service === "email") &&
    isKey(tags.get("p") ?? "", family);
  return isUsable ? undefined : "permerror";
}

const readTags = (record: string): ReadonlyMap<string, string> =>
  new Map(
    record.split(";").map((pair) => {
      const [tag = "", ...value] = pair.split("=");
      return [tag.trim(), value.join("=").replace(/\s+/g, "")];
    }),
  );

const listOf = (value: string) => value.toLowerCase().split(":");

function isKey(base64: string, family: string): boolean {
  const bytes = Buffer.from(base64, "base64");
  const der = family === "ed25519" && bytes.length === RAW_ED25519 ? Buffer.concat([ED25519_HEAD, bytes]) : bytes;
  try {
    const key = createPublicKey({ key: der, format: "der", type: "spki" });
    return key.asymmetricKeyType === family && (key.asymmetricKeyDetails?.modulusLength ?? 0) <= LONGEST_KEY;
  } catch {
    return false;
  }
}
