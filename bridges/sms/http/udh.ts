/** Place of one SMS among the parts of a text. */
export interface Concatenation {
  readonly reference: string;
  readonly of: number;
  readonly number: number;
}

/**
 * Reads the place from a user data header (3GPP TS 23.040, 9.2.3.24.1 and .8): information elements 0x00 and 0x08.
 * @returns undefined when the header has no usable one.
 */
export function readConcatenation(udh: Buffer): Concatenation | undefined {
  for (let at = 1; at + 2 <= udh.length; ) {
    const [element, length] = [udh.readUInt8(at), udh.readUInt8(at + 1)];
    const data = udh.subarray(at + 2, at + 2 + length);
    at += 2 + length;
    if (data.length !== length) return undefined;
    const size = element === 0x00 && length === 3 ? 1 : element === 0x08 && length === 4 ? 2 : undefined;
    if (size !== undefined) {
      return place(String(data.readUIntBE(0, size)), data.readUInt8(size), data.readUInt8(size + 1));
    }
  }
  return undefined;
}

/** @returns undefined when the numbers do not name one of several parts. */
export function place(reference: string, of: number, number: number): Concatenation | undefined {
  const isPart =
    Number.isInteger(of) && Number.isInteger(number) && of >= 2 && of <= 255 && number >= 1 && number <= of;
  return isPart ? { reference, of, number } : undefined;
}
