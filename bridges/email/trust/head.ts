import type { HeaderLines } from "../headers.ts";
import type { SpooledMail } from "../spool.ts";

/** In bytes. No honest mail has a longer head, and its lines are handled in ways that grow with their number squared. */
const LONGEST_HEAD = 256 * 1024;
const MOST_LINES = 4_000;

/** Header lines of a mail from its raw bytes, byte for byte (latin1). @returns undefined for a head that is too long to be trusted. */
export async function readHeadLines(mail: SpooledMail): Promise<HeaderLines | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of mail.open()) {
    const bytes: Buffer = chunk;
    chunks.push(bytes);
    size += bytes.length;
    if (size > LONGEST_HEAD) break;
  }
  const start = Buffer.concat(chunks).toString("latin1");
  const end = /\r?\n\r?\n/.exec(start);
  if (end === null && size > LONGEST_HEAD) return undefined;
  const head = start.slice(0, end?.index ?? start.length);
  if (head.length > LONGEST_HEAD) return undefined;
  const lines = head.split(/\r?\n(?![ \t])/);
  if (lines.length > MOST_LINES || head.split("\n").length > MOST_LINES) return undefined;
  return lines.map((line) => ({ key: (line.split(":", 1)[0] ?? "").trim().toLowerCase(), line }));
}
