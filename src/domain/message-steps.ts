import { LATE_MOVES, type LateState } from "./late-news.ts";

/** Where an arrival stands: what its row says. */
export type ArrivalState = "waiting" | "posted" | "quarantined" | "dropped" | "lost";

/** Where the sending of an answer stands: what its row says. */
export type AnswerState = "held" | "queued" | "attempting" | "sent" | "failed" | "unknown" | "cancelled";

/**
 * - `received`: on disk, so that the channel could acknowledge it;
 * - `deferred`: an attempt to post it failed with a code that the one before did not have;
 * - `screened`: a worker took it up, and the rules let it pass;
 * - `posted`: it stands in the room with all its files;
 * - `quarantined`, `released`, `dropped`: it was set aside, and what a person decided.
 */
export type ArrivalStep = "received" | "deferred" | "screened" | "posted" | "quarantined" | "released" | "dropped";

/**
 * - `composed`: when the agent wrote it;
 * - `held`: waits for as long as the agent may take it back;
 * - `queued`: waits for its turn;
 * - `attempted`: an attempt began;
 * - `accepted`, `deferred`, `refused`, `gave-up`, `unknown`: how the attempt ended;
 * - `cancelled`: the agent took it back;
 * - `replayed`: a person asked for another attempt.
 */
export type SendingStep =
  | "composed"
  | "held"
  | "queued"
  | "attempted"
  | "accepted"
  | "deferred"
  | "refused"
  | "gave-up"
  | "unknown"
  | "cancelled"
  | "replayed";

/** What became of it after the other side had taken it. */
export type NewsStep = "delayed" | "delivered" | "bounced" | "read";

/** `dropped`: a person left a dead letter as it is. */
export type AnswerStep = SendingStep | NewsStep | "dropped";
export type MessageStep = ArrivalStep | AnswerStep;

/** The state after a step, and the steps that it may follow; undefined for none. */
interface Move<Step, State> {
  readonly to: State;
  readonly after: readonly (Step | undefined)[];
}

type Moves<Step extends string, State> = Readonly<Record<Step, Move<Step, State>>>;

export const ARRIVAL_MOVES: Moves<ArrivalStep, ArrivalState> = {
  received: { to: "waiting", after: [undefined] },
  deferred: { to: "waiting", after: ["received", "deferred", "screened", "released"] },
  // Twice, when its room was replaced before its files had followed.
  screened: { to: "waiting", after: ["received", "deferred", "screened", "released"] },
  // Its words may have stood in the room before it was set aside.
  posted: { to: "posted", after: ["screened", "deferred", "released"] },
  quarantined: { to: "quarantined", after: ["received", "deferred", "screened", "released"] },
  released: { to: "waiting", after: ["quarantined"] },
  dropped: { to: "dropped", after: ["quarantined"] },
};

export const SENDING_MOVES: Moves<SendingStep, AnswerState> = {
  composed: { to: "held", after: [undefined] },
  // Again with each edit, which begins the undo window anew.
  held: { to: "held", after: ["composed", "held"] },
  queued: { to: "queued", after: ["composed", "queued", "deferred", "replayed"] },
  // After another attempt: its process died.
  attempted: { to: "attempting", after: ["held", "queued", "deferred", "replayed", "attempted"] },
  accepted: { to: "sent", after: ["attempted"] },
  deferred: { to: "queued", after: ["attempted"] },
  refused: { to: "failed", after: ["attempted"] },
  "gave-up": { to: "failed", after: ["attempted"] },
  unknown: { to: "unknown", after: ["attempted"] },
  cancelled: { to: "cancelled", after: ["held", "queued", "deferred", "replayed"] },
  // One that was accepted may have come back.
  replayed: { to: "queued", after: ["refused", "gave-up", "unknown", "accepted"] },
};

const NEWS_STEPS: Readonly<Record<LateState, NewsStep>> = {
  delayed: "delayed",
  delivered: "delivered",
  failed: "bounced",
  read: "read",
};

const newsMove = (state: LateState): Move<NewsStep | "replayed", LateState> => ({
  to: state,
  // Another attempt makes older news void.
  after: LATE_MOVES[state].flatMap((known) => (known === undefined ? [undefined, "replayed"] : [NEWS_STEPS[known]])),
});

/** News come beside the sending, also while it is still tried; no state: there are none. */
export const NEWS_MOVES: Moves<NewsStep | "replayed", LateState | undefined> = {
  delayed: newsMove("delayed"),
  delivered: newsMove("delivered"),
  bounced: newsMove("failed"),
  read: newsMove("read"),
  replayed: { to: undefined, after: [undefined, "replayed", "delayed", "bounced"] },
};

export const stepOfNews = (state: LateState): NewsStep => NEWS_STEPS[state];

/** Code of an answer that was tried for as long as mail systems do, in vain. */
export const GAVE_UP = "GAVE_UP";

/** How an attempt ended, as a step. */
export function stepOfEnding({ state, code }: EndedAttempt): SendingStep {
  if (state === "sent") return "accepted";
  if (state === "queued") return "deferred";
  if (state === "unknown") return "unknown";
  return code === GAVE_UP ? "gave-up" : "refused";
}

export interface EndedAttempt {
  readonly state: "queued" | "sent" | "failed" | "unknown";
  readonly code?: string | undefined;
}

/** States in which a row may be when the step is made: for the `where` of the statement that makes it. */
export const statesBefore = <Step extends string, State extends string>(
  moves: Moves<Step, State>,
  step: NoInfer<Step>,
): State[] => [...new Set(moves[step].after.flatMap((before) => (before === undefined ? [] : [moves[before].to])))];
