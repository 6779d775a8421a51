/** Numbers from a seed, the same on each machine: 0 up to `below`. (Mulberry32, public domain.) */
export function seededNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % Math.max(1, below);
  };
}

/** What breaks parsers: marks of the formats, in the wrong place. */
const MARKS = [
  ..."\0|\r|\n|\r\n\r\n|--|=|==|=?|?=|=?utf-8?q?|=?utf-8?b?|;|\"|<|>|:|,|(|\\|%|*0*=|''|\x1b$B|\x1b(B|\xff\xfe|\xef\xbb\xbf".split(
    "|",
  ),
  'Content-Type: multipart/mixed; boundary=""\r\n\r\n',
  "Content-Type: message/rfc822\r\n",
  "Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n",
  "Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n",
  "Content-Type: application/ms-tnef\r\n",
  "Content-Transfer-Encoding: base64\r\n",
  "Content-Transfer-Encoding: quoted-printable\r\n",
  "Content-Transfer-Encoding: x-uuencode\r\n",
  "; charset=utf-7",
  "; charset=iso-2022-kr",
  "; format=flowed; delsp=yes",
  "begin 644 a\n",
  "-----BEGIN PGP SIGNED MESSAGE-----\n",
];

/** A mail with one to eight faults of the kinds that transport, programs and attackers make. */
export function mutateMail(mail: Buffer, other: Buffer, number: (below: number) => number): Buffer {
  let bytes: Buffer = mail;
  for (let fault = number(8); fault >= 0; fault -= 1) bytes = breakOnce(bytes, other, number);
  return bytes;
}

function breakOnce(bytes: Buffer, other: Buffer, number: (below: number) => number): Buffer {
  const at = number(bytes.length);
  const length = number(Math.min(400, bytes.length));
  const [before, piece, after] = [bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at + length)];
  switch (number(9)) {
    case 0:
      return Buffer.concat([before, after]);
    case 1:
      return Buffer.concat([before, piece, piece, piece, after]);
    case 2:
      return bytes.subarray(0, at);
    case 3: {
      const from = number(other.length);
      return Buffer.concat([before, other.subarray(from, from + length), bytes.subarray(at)]);
    }
    case 4:
      return Buffer.concat([before, Buffer.from(MARKS[number(MARKS.length)] ?? "", "latin1"), bytes.subarray(at)]);
    case 5:
      return Buffer.from(bytes.toString("latin1").replaceAll("\r\n", number(2) === 0 ? "\n" : "\r"), "latin1");
    case 6:
      return Buffer.concat([before, Buffer.from(piece.toString("latin1").repeat(number(30)), "latin1"), after]);
    case 7:
      return Buffer.from(bytes.toString("latin1").replace(/boundary=("?)[^";\r\n]*/i, "boundary=$1x"), "latin1");
    default: {
      const flipped = Buffer.from(bytes);
      for (let index = 0; index < 10; index += 1) flipped[number(flipped.length)] = number(256);
      return flipped;
    }
  }
}
