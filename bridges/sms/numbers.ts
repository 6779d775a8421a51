import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from "libphonenumber-js";

/** Who wrote: with an address that is equal for equal senders, and whether anything can be sent back. */
export interface Sender {
  /** E.164 with +, or a short code, or an alphanumeric sender as it came. */
  readonly address: string;
  readonly kind: "number" | "short-code" | "alphanumeric";
}

export type Country = CountryCode;
export const isCountry = (text: string): text is Country => isSupportedCountry(text);

/**
 * Reads a number as a person types it, in the country's own form or with the country's code.
 * @returns E.164 with +; undefined for what is no number that the country's plan knows.
 */
export function readNumber(text: string, country: Country): string | undefined {
  const number = parsePhoneNumberFromString(text.replace(/^00/, "+"), country);
  return number?.isValid() === true && number.ext === undefined ? number.number : undefined;
}

/** Reads a sender as a network writes it: with + or 00, with the country's code alone, or in the country's own form. */
export function readSender(written: string, country: Country): Sender {
  const text = written.trim();
  if (!/^\+?[\d ().-]*\d[\d ().-]*$/.test(text)) return { address: text.normalize("NFC"), kind: "alphanumeric" };
  const digits = text.replace(/\D/g, "");
  const international = text.startsWith("+") ? digits : text.startsWith("00") ? digits.slice(2) : undefined;
  // Networks know numbers that plans do not: what they call international is taken as it is.
  if (international !== undefined && E164.test(international)) return { address: `+${international}`, kind: "number" };
  const known = readNumber(digits, country) ?? readNumber(`+${digits}`, country);
  return known === undefined ? { address: digits, kind: "short-code" } : { address: known, kind: "number" };
}

/** ITU-T E.164, 6.2.1: fifteen digits at most; the shortest numbers in use have seven. */
const E164 = /^[1-9]\d{6,14}$/;

/** Only a number can be written to: short codes and names are machines', or ask for money. */
export const isAnswerable = (address: string): boolean => address.startsWith("+") && E164.test(address.slice(1));
