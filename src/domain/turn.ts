/** What a lane may ask of the slot in which it works, and which it shares with others. */
export interface Turn {
  /** Whether it has worked for long enough, and another lane waits for the slot. */
  isOver(): boolean;
  /** Waits for something outside of guichet without the slot: a remote that hangs holds up its own channel alone. */
  outside<Result>(wait: () => Promise<Result>): Promise<Result>;
}
