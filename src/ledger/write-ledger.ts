import { Readable, Transform, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { stringify } from "csv-stringify";
import type { LedgerLine } from "../store/ledger.ts";

export type LedgerFormat = "csv" | "json";
export const LEDGER_FORMATS: readonly LedgerFormat[] = ["csv", "json"];

const COLUMNS: readonly (keyof LedgerLine)[] = [
  "at",
  "message",
  "number",
  "case",
  "agency",
  "channel",
  "step",
  "attempt",
  "code",
  "remote_answer",
  "process",
];

/** Writes lines as they come, no faster than they are taken; `to` stays open. A reader that goes away ends it. */
export async function writeLedger(lines: AsyncIterable<LedgerLine>, format: LedgerFormat, to: Writable): Promise<void> {
  try {
    await pipeline(Readable.from(lines), format === "csv" ? openCsv() : openJson(), to, { end: false });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EPIPE")) throw error;
  }
}

/** RFC 4180. What a spreadsheet would take for a formula gets an apostrophe: other people's servers write these words. */
const openCsv = () =>
  stringify({
    header: true,
    columns: [...COLUMNS],
    record_delimiter: "\r\n",
    // The library quotes whole delimiters only.
    quoted_match: /[\r\n]/,
    escape_formulas: true,
  });

/** One array, a line an element. */
function openJson(): Transform {
  let before = "[\n";
  return new Transform({
    writableObjectMode: true,
    transform(line: LedgerLine, _encoding, done) {
      done(undefined, `${before}${JSON.stringify(line)}`);
      before = ",\n";
    },
    flush(done) {
      done(undefined, before === "[\n" ? "[]\n" : "\n]\n");
    },
  });
}
