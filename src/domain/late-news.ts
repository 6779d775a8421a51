/** What became of an answer after the other side had taken it. */
export type LateState = "delayed" | "delivered" | "failed" | "read";

/** News arrive late, twice and out of order: each counts only after what stands here. */
export const LATE_MOVES: Readonly<Record<LateState, readonly (LateState | undefined)[]>> = {
  delayed: [undefined],
  delivered: [undefined, "delayed"],
  // A gateway that took it may still give up.
  failed: [undefined, "delayed", "delivered"],
  // It has been read after all, whatever a machine on the way said.
  read: [undefined, "delayed", "delivered", "failed"],
};

/** True when `next` changes what is known. */
export const isNews = (known: LateState | undefined, next: LateState): boolean => LATE_MOVES[next].includes(known);
