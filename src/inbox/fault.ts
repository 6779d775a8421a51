import { MatrixError } from "../matrix/matrix-error.ts";

/** Why an arrival cannot be posted that is not the homeserver's word. */
export class ArrivalError extends Error {
  override readonly name = "ArrivalError";
  /** `soon`: what is missing comes by itself; `later`: a person has to act; `rejected`: its content; `final`: never. */
  readonly consequence: "soon" | "later" | "rejected" | "final";
  readonly code: string;

  constructor(consequence: ArrivalError["consequence"], code: string, options?: { cause?: unknown }) {
    super(`${code} (${consequence})`, options);
    this.consequence = consequence;
    this.code = code;
  }
}

/** A homeserver that is away comes back at once; one that says no waits for a person. */
const SOON = { firstMs: 500, mostMs: 15_000 };
const LATER = { firstMs: 2_000, mostMs: 300_000 };
/** Attempts at content that is refused. */
const REJECTED_ATTEMPTS = 3;
/** Failed attempts after which agents are told that messages wait, by who can do something about it. */
const TELL_AFTER = { refused: 5, unreachable: 20 };

/** Failed attempts, some half a minute, after which the homeserver does not merely restart. */
const AWAY_AFTER = 7;

/** Whether a failed attempt says that the homeserver is away for longer. */
export const isLongAway = (error: unknown, before: FailedBefore): boolean =>
  error instanceof MatrixError && error.isUnreachable && countAttempts(before, error.errcode) >= AWAY_AFTER;

/** What follows from a failed attempt. */
export interface Fault {
  readonly code: string;
  /** Attempts in a row that failed so: the end of an outage begins a new count. */
  readonly attempts: number;
  /** The message is set aside, and those behind it go on. */
  readonly hopeless: boolean;
  readonly wait: { readonly firstMs: number; readonly mostMs: number; readonly askedMs?: number | undefined };
  /** Agents should now hear that messages wait. */
  readonly tell: boolean;
}

export interface FailedBefore {
  readonly attempts: number;
  readonly code: string | undefined;
}

/** Failed attempts in a row, this one included, that ended with `code`. */
export const countAttempts = (before: FailedBefore, code: string): number =>
  before.code === code ? before.attempts + 1 : 1;

/** @returns undefined for an error that is not the arrival's: the lane's keeper deals with it. */
export function judge(error: unknown, before: FailedBefore): Fault | undefined {
  if (error instanceof ArrivalError) {
    const { code, consequence } = error;
    const attempts = countAttempts(before, code);
    const hopeless = consequence === "final" || (consequence === "rejected" && attempts >= REJECTED_ATTEMPTS);
    return { code, attempts, hopeless, wait: consequence === "soon" ? SOON : LATER, tell: false };
  }
  if (!(error instanceof MatrixError)) return undefined;
  const attempts = countAttempts(before, error.errcode);
  return {
    code: error.errcode,
    attempts,
    hopeless: error.consequence === "rejected" && attempts >= REJECTED_ATTEMPTS,
    wait: { ...(error.isUnreachable ? SOON : LATER), askedMs: error.retryAfterMs },
    tell: attempts === (error.isUnreachable ? TELL_AFTER.unreachable : TELL_AFTER.refused),
  };
}
