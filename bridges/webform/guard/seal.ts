import { createHmac, type KeyObject, timingSafeEqual } from "node:crypto";

/** 128 bits. */
const MAC_BYTES = 16;

/**
 * Signs a few words, which stay readable: for links and hidden fields.
 * @param purpose keeps what was signed for one thing from counting for another.
 * @param parts without full stops.
 */
export function seal(key: KeyObject, purpose: string, parts: readonly string[]): string {
  const body = parts.join(".");
  return `${body}.${macOf(key, purpose, body).toString("base64url")}`;
}

/** @returns the parts, or undefined when the text was not signed by us for this purpose. */
export function unseal(key: KeyObject, purpose: string, text: string): readonly string[] | undefined {
  const end = text.lastIndexOf(".");
  if (end < 0 || text.length > 500) return undefined;
  const body = text.slice(0, end);
  const given = Buffer.from(text.slice(end + 1), "base64url");
  const right = macOf(key, purpose, body);
  return given.length === right.length && timingSafeEqual(given, right) ? body.split(".") : undefined;
}

const macOf = (key: KeyObject, purpose: string, body: string) =>
  createHmac("sha256", key).update(`${purpose}\n${body}`).digest().subarray(0, MAC_BYTES);
