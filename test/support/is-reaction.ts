import type { MatrixEvent } from "./matrix-client.ts";

/** True for a reaction with that key to that event. */
export const isReaction = ({ type, content }: MatrixEvent, to: string, key: string) =>
  type === "m.reaction" && JSON.stringify(content).includes(to) && JSON.stringify(content).includes(key);
