/** A homeserver that asks for more is asked again all the same. */
const LONGEST_WAIT_MS = 60 * 60_000;

/**
 * A request that the homeserver did not carry out, or of which we don't know.
 * Every request of ours may be repeated (deterministic transaction ids), so there is no third consequence.
 */
export class MatrixError extends Error {
  override readonly name = "MatrixError";
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** The homeserver's own code (Client-Server API, standard error response), or one that begins with GUICHET_. */
  readonly errcode: string;
  /** The homeserver's wish in milliseconds (M_LIMIT_EXCEEDED). */
  readonly retryAfterMs: number | undefined;

  constructor(fault: { status: number; errcode: string; retryAfterMs?: number | undefined; cause?: unknown }) {
    super(`${fault.errcode} (${fault.status})`, { cause: fault.cause });
    this.status = fault.status;
    this.errcode = fault.errcode;
    this.retryAfterMs = fault.retryAfterMs;
  }

  /**
   * `rejected`: this content will never be taken (malformed, too large). Everything else is `retry`, refusals by
   * permission too: a person can put the room or the registration right, and the message has waited.
   */
  get consequence(): "retry" | "rejected" {
    return this.status === 400 || this.status === 413 ? "rejected" : "retry";
  }

  /** Not permitted; Synapse has several codes for it (M_FORBIDDEN, M_BAD_STATE for the banned). */
  get isForbidden(): boolean {
    return this.status === 403;
  }

  get isUnreachable(): boolean {
    return this.status === 0 || this.status >= 500;
  }

  /** A considered no to this one request: the homeserver is there, knows us, and has time. */
  get isRefusal(): boolean {
    return !this.isUnreachable && this.status !== 401 && this.status !== 429;
  }
}

/**
 * Reads a standard error response; a body that is none (a proxy's page) is told by its status alone.
 * @param retryAfter the header of that name (RFC 9110 section 10.2.3), which counts before the body's wish.
 */
export function readMatrixError(status: number, body: string, retryAfter?: string | string[]): MatrixError {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    answer = undefined;
  }
  const fields: { errcode?: unknown; retry_after_ms?: unknown } =
    typeof answer === "object" && answer !== null ? answer : {};
  return new MatrixError({
    status,
    errcode: typeof fields.errcode === "string" ? fields.errcode : "GUICHET_NO_ERRCODE",
    retryAfterMs: readWait(retryAfter, fields.retry_after_ms),
  });
}

/** The header holds seconds; the date that it may also hold is not used by homeservers. */
function readWait(header: string | string[] | undefined, member: unknown): number | undefined {
  const seconds = typeof header === "string" && /^\d{1,9}$/.test(header) ? Number(header) : undefined;
  const wait = seconds === undefined ? member : seconds * 1000;
  return typeof wait === "number" && wait >= 0 ? Math.min(wait, LONGEST_WAIT_MS) : undefined;
}
