import type { Lane } from "./ids.ts";

/**
 * Proof that a worker owns a lane. Each write that a lane's worker makes names the token, and the database refuses it
 * once another worker has taken the lane over: of two workers that both believe they own it, only one can act.
 */
export interface Fence {
  readonly lane: Lane;
  readonly token: string;
  /** Aborts when the lane is lost or the process stops. */
  readonly signal: AbortSignal;
}

/** Thrown by a fenced write whose token is no longer the lane's. The worker drops its work; the new owner redoes it. */
export class FencedOffError extends Error {
  override readonly name = "FencedOffError";
  constructor(lane: Lane) {
    super(`lane ${lane} was taken over by another worker`);
  }
}
