/**
 * National language tables of the GSM 7-bit alphabet by their identifier (3GPP TS 23.038, annex A; 6.2.1.2.4): Turkish,
 * Spanish and Portuguese. They are read and never written: few networks carry their header, and UCS-2 reaches every phone.
 */
const TURKISH = 1;
const SPANISH = 2;
const PORTUGUESE = 3;

type Letters = ReadonlyMap<number, string>;

/** Locking shift tables (A.3): 128 letters that stand instead of the default alphabet. Spanish has none. */
const LOCKING: ReadonlyMap<number, string> = new Map([
  [
    TURKISH,
    "@£$¥€éùıòÇ\nĞğ\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bŞşßÉ !\"#¤%&'()*+,-./0123456789:;<=>?İABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§çabcdefghijklmnopqrstuvwxyzäöñüà",
  ],
  [
    PORTUGUESE,
    "@£$¥êéúíóç\nÔô\rÁáΔ_ªÇÀ∞^\\€Ó|\u001bÂâÊÉ !\"#º%&'()*+,-./0123456789:;<=>?ÍABCDEFGHIJKLMNOPQRSTUVWXYZÃÕÚÜ§~abcdefghijklmnopqrstuvwxyzãõ`üà",
  ],
]);

/** Single shift tables (A.2), where they differ from the extension table: what an escape makes of a code. */
const SINGLE: ReadonlyMap<number, Letters> = new Map([
  [TURKISH, letters({ 71: "Ğ", 73: "İ", 83: "Ş", 99: "ç", 103: "ğ", 105: "ı", 115: "ş" })],
  [SPANISH, letters({ 9: "ç", 65: "Á", 73: "Í", 79: "Ó", 85: "Ú", 97: "á", 105: "í", 111: "ó", 117: "ú" })],
  [
    PORTUGUESE,
    letters({
      ...{ 5: "ê", 9: "ç", 11: "Ô", 12: "ô", 14: "Á", 15: "á", 18: "Φ", 19: "Γ", 21: "Ω" },
      ...{ 22: "Π", 23: "Ψ", 24: "Σ", 25: "Θ", 31: "Ê", 65: "À", 73: "Í", 79: "Ó", 85: "Ú" },
      ...{ 91: "Ã", 92: "Õ", 97: "Â", 105: "í", 111: "ó", 117: "ú", 123: "ã", 124: "õ", 127: "â" },
    }),
  ],
]);

/** What the user data header says of the alphabet: identifiers of tables (3GPP TS 23.040, 9.2.3.24.15 and 9.2.3.24.16). */
export interface National {
  readonly locking?: number | undefined;
  readonly single?: number | undefined;
}

/** @returns undefined for a language whose table is not known, and for none. */
export const lockingLetters = ({ locking }: National): string | undefined =>
  locking === undefined ? undefined : LOCKING.get(locking);

export const singleLetters = ({ single }: National): Letters | undefined =>
  single === undefined ? undefined : SINGLE.get(single);

function letters(table: Readonly<Record<number, string>>): Letters {
  return new Map(Object.entries(table).map(([code, letter]) => [Number(code), letter]));
}
