import { createReadStream, existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type ReadMail, readMail } from "../../bridges/email/read-mail.ts";
import { spool } from "../../bridges/email/spool.ts";
import { peakRssMb, resetPeak } from "../measure.ts";
import { norm, type Score } from "./score.ts";

export interface FileRead {
  readonly name: string | undefined;
  readonly type: string;
  readonly size: number;
}

export interface WholeReading {
  readonly mail: ReadMail;
  readonly files: readonly FileRead[];
  /** For words and files. */
  readonly ms: number;
  /** Resident memory that the reading took on top of what was there. */
  readonly mb: number;
}

export async function readWhole(path: string): Promise<WholeReading> {
  const before = resetPeak();
  await using spooled = await spool(createReadStream(path));
  const startedAt = performance.now();
  const mail = await readMail(spooled);
  const files: FileRead[] = [];
  for (const { name, type, content } of mail.attachments()) {
    let size = 0;
    for await (const piece of content) size += Buffer.isBuffer(piece) ? piece.length : 0;
    files.push({ name, type, size });
  }
  return { mail, files, ms: performance.now() - startedAt, mb: peakRssMb(process.pid) - before };
}

const VERBOSE = process.argv.includes("--verbose");

/** A measure that is counted up. */
export class Count {
  right = 0;
  of = 0;
  readonly corpus: string;
  readonly measure: string;

  constructor(corpus: string, measure: string) {
    this.corpus = corpus;
    this.measure = measure;
  }

  add(isRight: boolean, what: string): void {
    this.of += 1;
    if (isRight) this.right += 1;
    else if (VERBOSE) process.stderr.write(`${this.corpus}: ${this.measure}: ${what}\n`);
  }
}

export const scores = (...counts: readonly Count[]): Score[] =>
  counts.filter(({ of }) => of > 0).map(({ corpus, measure, right, of }) => ({ corpus, measure, right, of }));

export async function filesIn(folder: string, pattern: RegExp): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const names = await readdir(folder, { recursive: true });
  return names
    .filter((name) => pattern.test(name))
    .sort()
    .map((name) => join(folder, name));
}

/** Equal, where the expectation has a character of its own: for a byte it could not read, ours may be any. NULs are left out. */
export function isSame(ours: string, expected: string): boolean {
  const wanted = [...norm(expected.replaceAll("\u0000", ""))];
  const found = [...norm(ours.replaceAll("\u0000", ""))];
  return (
    wanted.length === found.length &&
    wanted.every((character, index) => character === found[index] || character === "\ufffd")
  );
}

/** Names as this bridge makes them harmless. */
export const tidied = (name: string) => norm(name).replace(/[/\\]/g, "_").slice(0, 100);

export const field = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? Object.entries(value).find(([name]) => name === key)?.[1] : undefined;
