import { decodeGsm7, encodeGsm7, isGsm7 } from "./gsm7.ts";
import type { National } from "./national-letters.ts";

/** What an SMSC understands by data_coding 0, "SMSC default alphabet" (SMPP 3.4, 5.2.19); over the air it is GSM 7-bit. */
export type DefaultAlphabet = "gsm7" | "latin1" | "ascii";

const HIGHEST = { latin1: 0xff, ascii: 0x7f } as const;

/** Whether a text can go with data_coding 0. Its letters must be in the GSM alphabet, too: most SMSCs make that of it. */
export const fitsDefault = (text: string, alphabet: DefaultAlphabet): boolean =>
  isGsm7(text) && (alphabet === "gsm7" || [...text].every((letter) => letter.charCodeAt(0) <= HIGHEST[alphabet]));

/** For a text that fits. */
export const encodeDefault = (text: string, alphabet: DefaultAlphabet): Buffer =>
  alphabet === "gsm7" ? encodeGsm7(text) : Buffer.from(text, "latin1");

/** ASCII is read with Latin-1, which holds it. */
export const decodeDefault = (octets: Buffer, alphabet: DefaultAlphabet, national: National): string =>
  alphabet === "gsm7" ? decodeGsm7(octets, national) : octets.toString("latin1");
