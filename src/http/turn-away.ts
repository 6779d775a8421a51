import type { IncomingMessage, ServerResponse } from "node:http";
import type { ReadyPage } from "./gate.ts";

/** Bodies up to this size are thrown away as they come, and the connection stays. In bytes. */
const SMALL = 65_536;
/** Larger ones that are thrown away at the same time; the connections of the others end at once. */
const MOST_LARGE = 100;
/** How long one of them may take, in milliseconds. */
const LONGEST_MS = 30_000;

let large = 0;

/**
 * Answers with a page before the body has come. Browsers read it only when they have sent everything, or at least were not
 * cut off: what they send is read on, but not kept.
 * @param bodyBytes the largest body that the route takes.
 */
export function turnAway(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { head, body, bodyBytes }: ReadyPage & { readonly bodyBytes: number },
): void {
  const length = incoming.headers["content-length"];
  const isSmall = incoming.headers["transfer-encoding"] === undefined && Number(length ?? 0) <= SMALL;
  if (isSmall) {
    // Node reads what is left of the request, and throws it away.
    outgoing.writeHead(503, head).end(body);
    return;
  }
  outgoing.writeHead(503, [...head, "connection", "close"]).write(body);
  if (large >= MOST_LARGE) {
    outgoing.end();
    return;
  }
  large += 1;
  let left = bodyBytes;
  const timer = setTimeout(() => end(), LONGEST_MS);
  const end = () => {
    clearTimeout(timer);
    incoming.off("data", count).off("end", end).off("close", end).off("error", end);
    large -= 1;
    outgoing.end();
  };
  const count = (piece: Buffer) => {
    left -= piece.length;
    if (left < 0) end();
  };
  incoming.on("data", count).on("end", end).on("close", end).on("error", end);
}
