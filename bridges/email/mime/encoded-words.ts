import { decodeText } from "./charset.ts";
import { decodeBytes } from "./transfer.ts";

/** `=?charset*language?B?text?=` (RFC 2047; RFC 2231, 5), with the blanks and missing ends that senders leave in it. */
const WORD = /=\?([\w.:+-]{1,60})(?:\*[\w-]{0,30})?\?([bq])\?((?:[^?=\r\n]|\?(?!=)|=(?!\?\w)){0,4000})(?:\?=|$)/gi;

/**
 * Encoded words as text. Neighbours in one charset are joined before they are decoded: many senders split inside a
 * character.
 */
export function decodeWords(text: string): string {
  if (!text.includes("=?")) return text;
  const pieces: (string | { charset: string; bytes: Buffer[] })[] = [];
  let last = 0;
  for (const found of text.matchAll(WORD)) {
    const [whole, charset = "", encoding = "", coded = ""] = found;
    const between = text.slice(last, found.index);
    const previous = pieces.at(-1);
    const joins = typeof previous === "object" && /^\s*$/.test(between);
    if (!joins && between !== "") pieces.push(between);
    const bytes = decodeWord(encoding, coded);
    if (joins && previous.charset === charset.toLowerCase()) previous.bytes.push(bytes);
    else pieces.push({ charset: charset.toLowerCase(), bytes: [bytes] });
    last = found.index + whole.length;
  }
  pieces.push(text.slice(last));
  return pieces.map((each) => (typeof each === "string" ? each : decodeWordBytes(each.bytes, each.charset))).join("");
}

const decodeWord = (encoding: string, coded: string): Buffer =>
  encoding.toLowerCase() === "b"
    ? decodeBytes(Buffer.from(coded, "latin1"), "base64")
    : Buffer.from(
        coded
          .replace(/_/g, " ")
          .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
        "latin1",
      );

function decodeWordBytes(words: readonly Buffer[], charset: string): string {
  // An escape state is per word (RFC 2047, 3), and some senders rely on it; all others may be split anywhere.
  if (charset.startsWith("iso-2022")) return words.map((word) => decodeText(word, charset)).join("");
  return decodeText(Buffer.concat(words), charset);
}
