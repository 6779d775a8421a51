/** A body of up to this size is read before the handler is called: at once, and for a tenth of what a stream costs. In bytes. */
const AT_ONCE = 65_536;

/** Why a body was not read to its end. */
export type BodyFault = "too large" | "too slow";

/** A request's body that fails above a size, and when nothing comes for long. */
export interface LimitedBody {
  readonly content: ReadableStream<Uint8Array> | ArrayBuffer | null;
  fault(): BodyFault | undefined;
  /** When it last gave something, in milliseconds since the epoch. */
  lastRead(): number;
}

class RequestBodyError extends Error {
  override readonly name = "RequestBodyError";
}

export interface BodyLimits {
  readonly bytes: number;
  /** How long the next piece is waited for, in milliseconds. */
  readonly idleMs: number;
}

/** @returns a fault when the body is known to be too large, or when the little that it has does not come. */
export async function takeBody(request: Request, limits: BodyLimits): Promise<LimitedBody | BodyFault> {
  const length = request.headers.get("content-length");
  if (Number(length ?? 0) > limits.bytes) return "too large";
  const whole = (content: ArrayBuffer | null): LimitedBody => {
    const at = Date.now();
    return { content, fault: () => undefined, lastRead: () => at };
  };
  if (request.method === "GET" || request.method === "HEAD") return whole(null);
  if (length === null || Number(length) > AT_ONCE) return limitBody(request.body, limits);
  const content = await inTime(request.arrayBuffer(), limits.idleMs);
  return content === undefined ? "too slow" : whole(content);
}

function limitBody(source: ReadableStream<Uint8Array> | null, { bytes, idleMs }: BodyLimits): LimitedBody {
  let fault: BodyFault | undefined;
  let last = Date.now();
  let taken = 0;
  const reader = source?.getReader();
  const stream =
    reader &&
    new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const refuse = (why: BodyFault) => {
            fault = why;
            controller.error(new RequestBodyError(`the body is ${why}`));
            reader.cancel().catch(() => undefined);
          };
          const piece = await inTime(reader.read(), idleMs);
          last = Date.now();
          if (piece === undefined) return refuse("too slow");
          if (piece.done) return controller.close();
          taken += piece.value.byteLength;
          if (taken > bytes) refuse("too large");
          else controller.enqueue(piece.value);
        },
        cancel: (reason) => reader.cancel(reason),
      },
      { highWaterMark: 0 },
    );
  return { content: stream ?? null, fault: () => fault, lastRead: () => last };
}

/** @returns undefined when nothing has come. */
async function inTime<Result>(reading: Promise<Result>, ms: number): Promise<Result | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), ms);
  try {
    return await Promise.race([reading, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
