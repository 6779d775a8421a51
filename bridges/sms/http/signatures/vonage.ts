import { createHash, createHmac } from "node:crypto";

export type VonageMethod = "md5hash" | "md5" | "sha1" | "sha256" | "sha512";

/**
 * Signature of parameters (Vonage, "Signing messages"), in lower-case hex. `sig` is left out; `&` and `=` in values count
 * as `_`.
 */
export function signForVonage(
  parameters: readonly { readonly name: string; readonly value: string }[],
  secret: string,
  method: VonageMethod,
): string {
  const signed = parameters
    .filter(({ name }) => name !== "sig")
    .toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    .map(({ name, value }) => `&${name}=${value.replace(/[&=]/g, "_")}`)
    .join("");
  return method === "md5hash"
    ? createHash("md5")
        .update(signed + secret)
        .digest("hex")
    : createHmac(method, secret).update(signed).digest("hex");
}
