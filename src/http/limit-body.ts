/** Why a body was not read to its end. */
export type BodyFault = "too large" | "too slow";

/** A request's body that fails above a size, and when nothing comes for long. */
export interface LimitedBody {
  readonly stream: ReadableStream<Uint8Array> | null;
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

export function limitBody(source: ReadableStream<Uint8Array> | null, { bytes, idleMs }: BodyLimits): LimitedBody {
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
          const piece = await readInTime(reader, idleMs);
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
  return { stream: stream ?? null, fault: () => fault, lastRead: () => last };
}

/** @returns undefined when nothing has come. */
async function readInTime(reader: ReadableStreamDefaultReader<Uint8Array>, ms: number) {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), ms);
  try {
    return await Promise.race([reader.read(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
