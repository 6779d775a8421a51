import type { Readable } from "node:stream";

/**
 * A stream of Node as the web has them. Readable.toWeb throws without an owner when a visitor leaves while more comes, and
 * ReadableStream.from leaves open what nobody began to read.
 */
export function toWebStream(content: Readable): ReadableStream<Uint8Array> {
  const pieces: AsyncIterator<Uint8Array> = content[Symbol.asyncIterator]();
  // What is destroyed before anybody reads fails without a listener.
  content.on("error", () => undefined);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await pieces.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => void content.destroy(),
    },
    { highWaterMark: 0 },
  );
}
