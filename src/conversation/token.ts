import { createHmac, type KeyObject, timingSafeEqual } from "node:crypto";
import { type ConversationId, conversationId } from "../domain/ids.ts";

/** 80 bits: out of reach for guessing over mail, short enough for a local part of 64 characters (RFC 5321 section 4.5.3.1.1). */
const MAC_CHARACTERS = 16;
const TOKEN = new RegExp(`^([0-9a-z]{1,13})-([a-z2-7]{${MAC_CHARACTERS}})$`);

/** Proves that its bearer received a message of this conversation. Case means nothing in it: mail systems fold case. */
export function makeReplyToken(key: KeyObject, conversation: ConversationId): string {
  const id = BigInt(conversation).toString(36);
  return `${id}-${sign(key, id)}`;
}

/** @returns the conversation, or undefined when the token is not one of ours. */
export function readReplyToken(key: KeyObject, token: string): ConversationId | undefined {
  const [, id, mac] = TOKEN.exec(token.toLowerCase()) ?? [];
  if (!id || !mac || !timingSafeEqual(Buffer.from(sign(key, id)), Buffer.from(mac))) return undefined;
  const number = [...id].reduce((sum, digit) => sum * 36n + BigInt(Number.parseInt(digit, 36)), 0n);
  return number <= 9_223_372_036_854_775_807n ? conversationId(number.toString()) : undefined;
}

const sign = (key: KeyObject, id: string) =>
  base32(createHmac("sha256", key).update(`reply:${id}`).digest()).slice(0, MAC_CHARACTERS);

/** RFC 4648 section 6 in lower case and without padding. */
export function base32(bytes: Uint8Array): string {
  let bits = 0;
  let value = 0;
  let text = "";
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xffff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += "abcdefghijklmnopqrstuvwxyz234567"[(value >> bits) & 31] ?? "";
    }
  }
  return bits > 0 ? text + ("abcdefghijklmnopqrstuvwxyz234567"[(value << (5 - bits)) & 31] ?? "") : text;
}
