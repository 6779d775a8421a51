import { Readable } from "node:stream";
import { createTransport } from "nodemailer";
import type { Letter, Offered } from "../../src/conformance/index.ts";

interface Place {
  readonly port: number;
  readonly lmtp?: boolean;
  readonly to: string;
}

/** A mail on its way to a server. */
interface Delivery extends Offered {
  isAcknowledged(): boolean;
  again(): Promise<Delivery>;
}

/** Hands a mail in over a connection of its own; taken when the server says so. */
export function hand(place: Place, from: string, write: () => Iterable<string> | AsyncIterable<string>): Delivery {
  const { port, lmtp = false, to } = place;
  let isAcknowledged = false;
  const client = createTransport({ host: "127.0.0.1", port, lmtp, ignoreTLS: true });
  client
    .sendMail({ envelope: { from, to: [to] }, raw: Readable.from(write(), { objectMode: false }) })
    .then(() => {
      isAcknowledged = true;
    })
    .catch(() => undefined);
  return { isAcknowledged: () => isAcknowledged, again: async () => hand(place, from, write) };
}

/** A mail of these words, in pieces: the same bytes at each call. */
export async function* writeMail(
  { name, text, files }: Letter,
  { id, from, to }: { readonly id: string; readonly from: string; readonly to: string },
): AsyncGenerator<string> {
  yield `From: ${name} <${from.toUpperCase()}>\r\nTo: ${to}\r\nSubject: ${text}\r\nMessage-ID: <${id}@example.org>\r\n`;
  yield `MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n${text}\r\n`;
  for (const file of files) {
    yield `--b\r\nContent-Type: ${file.type}\r\nContent-Transfer-Encoding: base64\r\n`;
    yield `Content-Disposition: attachment; filename="${file.name}"\r\n\r\n`;
    yield* encode(file.open());
  }
  yield "--b--\r\n";
}

/** RFC 2045, 6.8: lines of 76 characters are 57 bytes each. */
async function* encode(pieces: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of pieces) {
    const bytes = Buffer.concat([rest, piece]);
    const whole = bytes.length - (bytes.length % 57);
    yield inLines(bytes.subarray(0, whole));
    rest = bytes.subarray(whole);
  }
  yield inLines(rest);
}

const inLines = (bytes: Buffer) => bytes.toString("base64").replace(/.{1,76}/g, "$&\r\n");
