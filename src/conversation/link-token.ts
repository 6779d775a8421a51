import { createHmac, type KeyObject, timingSafeEqual } from "node:crypto";
import { type OutboxId, outboxId } from "../domain/ids.ts";
import { base32 } from "./token.ts";

const DAY_MS = 24 * 60 * 60_000;
/** 80 bits, as in reply tokens: out of reach for guessing over the net, short enough for an SMS. */
const MAC_CHARACTERS = 16;
const TOKEN = new RegExp(`^([0-9a-z]{1,12})-([0-9a-z]{1,6})-([a-z2-7]{${MAC_CHARACTERS}})$`);

/** The file of one answer, to be had until `expires`. */
export interface FileLink {
  readonly answer: OutboxId;
  readonly expires: Date;
}

/** Names the file of an answer for at least so many days from `at` on: whoever bears the name may have the file. */
export function makeLinkToken(key: KeyObject, answer: OutboxId, at: Date, days: number): string {
  const lastDay = Math.floor(at.getTime() / DAY_MS) + days;
  const named = `${BigInt(answer).toString(36)}-${lastDay.toString(36)}`;
  return `${named}-${sign(key, named)}`;
}

/** @returns what the token names, expired or not; undefined when it is not one of ours. */
export function readLinkToken(key: KeyObject, token: string): FileLink | undefined {
  const [, id, day, mac] = TOKEN.exec(token) ?? [];
  if (!id || !day || !mac) return undefined;
  if (!timingSafeEqual(Buffer.from(sign(key, `${id}-${day}`)), Buffer.from(mac))) return undefined;
  const number = [...id].reduce((sum, digit) => sum * 36n + BigInt(Number.parseInt(digit, 36)), 0n);
  return { answer: outboxId(number.toString()), expires: new Date((Number.parseInt(day, 36) + 1) * DAY_MS) };
}

const sign = (key: KeyObject, named: string) =>
  base32(createHmac("sha256", key).update(`file:${named}`).digest()).slice(0, MAC_CHARACTERS);
