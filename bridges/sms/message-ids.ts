/**
 * How a receipt may spell the name that the answer to our text gave: the same, in other letters, without zeros in front,
 * or as the same number in decimal instead of hexadecimal and the reverse, as some SMSCs do. Small numbers are not
 * converted: they are as likely the name of another text.
 */
export function spellingsOf(id: string): readonly string[] {
  const plain = id.replace(/^0+(?=.)/, "");
  return [
    ...new Set([id, plain, ...lettersOf(plain), ...(/^\d+$/.test(plain) ? hexOf(plain) : []), ...decimalOf(plain)]),
  ];
}

const SMALL = 0x1000000n;

const lettersOf = (id: string) => [id.toLowerCase(), id.toUpperCase()];

function hexOf(id: string): string[] {
  const number = BigInt(id);
  return number < SMALL ? [] : lettersOf(number.toString(16)).flatMap((hex) => [hex, hex.padStart(8, "0")]);
}

function decimalOf(id: string): string[] {
  if (!/^[\da-f]{1,16}$/i.test(id)) return [];
  const number = BigInt(`0x${id}`);
  return number < SMALL ? [] : [number.toString(), number.toString().padStart(10, "0")];
}
