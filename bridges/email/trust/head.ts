import type { HeaderLines } from "../headers.ts";
import type { SpooledMail } from "../spool.ts";

/** Header lines of a mail from its raw bytes, byte for byte (latin1), the newest on top. */
export interface Head {
  readonly lines: HeaderLines;
  /**
   * False for a head that no honest mail has and that would cost its reader dearly: very long, or with fields that the
   * library reads in a time that grows with their length squared. Its signatures count for nothing.
   */
  readonly isSound: boolean;
}

/** In bytes. */
const LONGEST_HEAD = 256 * 1024;
const MOST_LINES = 4_000;
/** Of a field that is taken apart, in bytes. */
const LONGEST_FIELD = 8 * 1024;
const TAKEN_APART = new Set([
  ...["dkim-signature", "arc-seal", "arc-message-signature", "arc-authentication-results"],
  ...["from", "return-path", "content-type"],
]);

export async function readHead(mail: SpooledMail): Promise<Head> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of mail.open()) {
    const bytes: Buffer = chunk;
    chunks.push(bytes);
    size += bytes.length;
    if (size > LONGEST_HEAD) break;
  }
  const start = Buffer.concat(chunks).toString("latin1", 0, LONGEST_HEAD);
  const end = /\r?\n\r?\n/.exec(start);
  const head = start.slice(0, end?.index ?? start.length);
  const lines = head.split(/\r?\n(?![ \t])/).map((line) => ({ key: keyOf(line), line }));
  const isSound =
    (end !== null || size <= LONGEST_HEAD) &&
    head.split("\n").length <= MOST_LINES &&
    !/\r(?!\n)/.test(head) &&
    lines.every(({ key, line }) => !TAKEN_APART.has(key) || line.length <= LONGEST_FIELD);
  return { lines, isSound };
}

const keyOf = (line: string) => (line.split(":", 1)[0] ?? "").trim().toLowerCase();
