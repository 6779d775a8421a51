import { GuichetError } from "../domain/guichet-error.ts";

const DAY = /^\d{4}-\d{2}-\d{2}$/;
/** With its offset: a bare time would mean another moment on each machine. */
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * A period as an operator names it: days (`2026-11-25`, in the time zone of the process, the last one included) or moments
 * (`2026-11-25T08:00Z`). @throws GuichetError LEDGER_PERIOD
 */
export function readPeriod(from: string, to: string): { readonly from: Date; readonly to: Date } {
  const period = { from: readStart(from), to: DAY.test(to) ? nextDay(readStart(to)) : readStart(to) };
  if (period.from < period.to) return period;
  throw new GuichetError("LEDGER_PERIOD", `The period ends before it begins: --from ${from} --to ${to}.`);
}

function readStart(text: string): Date {
  const at = DAY.test(text) ? new Date(`${text}T00:00:00`) : new Date(MOMENT.test(text) ? text : Number.NaN);
  // A 31st of February would be a day in March.
  const isOver = DAY.test(text) && at.getDate() !== Number(text.slice(8));
  if (!Number.isNaN(at.getTime()) && !isOver) return at;
  throw new GuichetError(
    "LEDGER_PERIOD",
    `${JSON.stringify(text)} is no day (2026-11-25) and no moment with its offset (2026-11-25T08:00:00Z).`,
  );
}

function nextDay(day: Date): Date {
  const next = new Date(day);
  next.setDate(next.getDate() + 1);
  return next;
}
