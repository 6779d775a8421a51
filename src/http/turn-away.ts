import type { IncomingMessage, ServerResponse } from "node:http";

/** A page as it leaves. */
export interface ReadyPage {
  /** Names and values in turn. */
  readonly head: readonly string[];
  readonly body: Buffer;
}

/** Answers with a page before the body has come. @param bodyBytes the largest body that the route takes. */
export type TurnAway = (
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  page: ReadyPage,
  bodyBytes: number,
) => void;

/** Bodies up to this size are thrown away as they come, and the connection stays. In bytes. */
const SMALL = 65_536;
/** Larger ones that are thrown away at the same time; the connections of the others end at once. */
const MOST_LARGE = 100;
/** How long one of them may take, in milliseconds. */
const LONGEST_MS = 30_000;

/** Browsers read an answer only when they have sent everything, and were not cut off: what they send is read on, and not kept. */
export function createTurnAway(): TurnAway {
  let large = 0;
  return (incoming, outgoing, { head, body }, bodyBytes) => {
    const length = Number(incoming.headers["content-length"] ?? 0);
    if (incoming.headers["transfer-encoding"] === undefined && length <= SMALL) {
      // Node reads what is left of the request, and throws it away.
      outgoing.writeHead(503, [...head]).end(body);
      return;
    }
    outgoing.writeHead(503, [...head, "connection", "close"]).write(body);
    if (large >= MOST_LARGE) {
      outgoing.end();
      return;
    }
    large += 1;
    let left = bodyBytes;
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
    const timer = setTimeout(end, LONGEST_MS);
    incoming.on("data", count).on("end", end).on("close", end).on("error", end);
  };
}
