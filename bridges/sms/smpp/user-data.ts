import { type DefaultAlphabet, decodeDefault } from "../default-alphabet.ts";
import { decodeGsm7 } from "../gsm7.ts";
import { decodeUcs2, joinParts } from "../join-parts.ts";
import { TAG } from "./commands.ts";
import type { ShortMessage } from "./pdu.ts";

/** What one short message says, and which part of a longer text it is. */
export interface UserData {
  readonly text: string;
  readonly part?: { readonly reference: string; readonly of: number; readonly number: number };
  /** Octets that are no text; `text` then has them in hexadecimal. */
  readonly isBinary: boolean;
}

/** esm_class: the octets begin with a user data header (SMPP 3.4, 5.2.12). */
const UDH_INDICATOR = 0x40;

/** Information elements of the header (3GPP TS 23.040, 9.2.3.24). */
const CONCATENATED = 0x00;
const CONCATENATED_16 = 0x08;
const SINGLE_SHIFT = 0x24;
const LOCKING_SHIFT = 0x25;

/**
 * Reads header, options and alphabet. What says that it is part 5 of 3 is shown as a text of its own.
 * @param standard what the SMSC means by data_coding 0.
 */
export function readUserData(
  { esmClass, dataCoding, octets, options }: ShortMessage,
  standard: DefaultAlphabet = "gsm7",
): UserData {
  const { elements, rest } = (esmClass & UDH_INDICATOR) === 0 ? { elements: NONE, rest: octets } : splitHeader(octets);
  const part = partOfHeader(elements) ?? partOfOptions(options);
  const alphabet = alphabetOf(dataCoding);
  const words = { text: decode(rest, alphabet, elements, standard), isBinary: alphabet === "binary" };
  if (part === undefined || part.of < 2 || part.number < 1 || part.number > part.of)
    return { ...words, text: joinParts([words.text]) };
  return { ...words, part };
}

type Elements = ReadonlyMap<number, Buffer>;
const NONE: Elements = new Map();

/** A header that does not end where it says is none: its octets are shown rather than lost. */
function splitHeader(octets: Buffer): { elements: Elements; rest: Buffer } {
  const end = 1 + (octets[0] ?? 0);
  if (octets.length < end) return { elements: NONE, rest: octets };
  const elements = new Map<number, Buffer>();
  for (let at = 1; at + 2 <= end; ) {
    const next = at + 2 + (octets[at + 1] ?? 0);
    if (next > end) break;
    elements.set(octets[at] ?? 0, octets.subarray(at + 2, next));
    at = next;
  }
  return { elements, rest: octets.subarray(end) };
}

function partOfHeader(elements: Elements): UserData["part"] {
  const [reference, of, number] = elements.get(CONCATENATED) ?? [];
  if (reference !== undefined && of !== undefined && number !== undefined)
    return { reference: `8:${reference}`, of, number };
  const long = elements.get(CONCATENATED_16);
  if (long?.length !== 4) return undefined;
  return { reference: `16:${long.readUInt16BE()}`, of: long.readUInt8(2), number: long.readUInt8(3) };
}

function partOfOptions(options: ShortMessage["options"]): UserData["part"] {
  const reference = options.get(TAG.sar_msg_ref_num);
  const [of] = options.get(TAG.sar_total_segments) ?? [];
  const [number] = options.get(TAG.sar_segment_seqnum) ?? [];
  if (reference?.length !== 2 || of === undefined || number === undefined) return undefined;
  return { reference: `sar:${reference.readUInt16BE()}`, of, number };
}

type Alphabet =
  | "default"
  | "gsm7"
  | "latin1"
  | "ucs2"
  | "iso-8859-5"
  | "iso-8859-8"
  | "shift_jis"
  | "iso-2022-jp"
  | "euc-kr"
  | "binary";

/** data_coding (SMPP 3.4, 5.2.19); from 0x10 on the groups of 3GPP TS 23.038, 4. IA5 is read with Latin-1, which holds it. */
const ALPHABETS: ReadonlyMap<number, Alphabet> = new Map([
  [0, "default"],
  [1, "latin1"],
  [2, "binary"],
  [3, "latin1"],
  [4, "binary"],
  [5, "shift_jis"],
  [6, "iso-8859-5"],
  [7, "iso-8859-8"],
  [8, "ucs2"],
  [10, "iso-2022-jp"],
  [14, "euc-kr"],
]);

function alphabetOf(coding: number): Alphabet {
  if (coding < 0x10) return ALPHABETS.get(coding) ?? "latin1";
  if (coding >= 0xf0) return (coding & 0x04) === 0 ? "gsm7" : "binary";
  if (coding >= 0xc0) return coding >> 4 === 0x0e ? "ucs2" : "gsm7";
  return GENERAL[(coding >> 2) & 3] ?? "gsm7";
}

const GENERAL: readonly Alphabet[] = ["gsm7", "binary", "ucs2"];

function decode(octets: Buffer, alphabet: Alphabet, elements: Elements, standard: DefaultAlphabet): string {
  const national = { single: elements.get(SINGLE_SHIFT)?.[0], locking: elements.get(LOCKING_SHIFT)?.[0] };
  if (alphabet === "default") return decodeDefault(octets, standard, national);
  if (alphabet === "gsm7") return decodeGsm7(octets, national);
  if (alphabet === "latin1") return octets.toString("latin1");
  if (alphabet === "binary") return octets.toString("hex");
  if (alphabet !== "ucs2") return new TextDecoder(alphabet).decode(octets);
  return decodeUcs2(octets);
}
