import { Readable } from "node:stream";
import type { Bridge, OutboundMessage } from "../../adapter/index.ts";
import type { Check } from "../check.ts";
import { demand } from "../contract-broken.ts";
import { watchMemory } from "../memory.ts";
import { moment, until } from "../patience.ts";
import * as sentences from "../sentences.ts";
import { missing, type Stage } from "../stage.ts";
import { pieces, type WatchedFile, watchFile, writeAnswer, writeFile, writeLetter } from "../words.ts";
import { behave, failureOf, giveUp, has, offer, received, send, untilAcknowledged, untilReceived } from "./acts.ts";

/** Largest file that the kit makes, and the smallest that shows whether it is held in memory; in bytes. */
const LARGEST = 48 * 1024 * 1024;
const TELLING = 4 * 1024 * 1024;
const SMALL = 100_000;
/** Looks in a row at which nothing moves. */
const STILL = 4;

/** Files of answers. */
export const leavingFileChecks: readonly Check[] = [
  {
    sentence: sentences.SENT_IS_WHOLE,
    needs: ["sending"],
    see: async (stage) => {
      const bridge = await stage.start();
      const size = has(stage, "leaving files") ? sizeFor(bridge) : 0;
      const files = size === 0 ? [] : [whole(size), whole(1)];
      const answer = writeAnswer(stage.remote.citizen, { attachments: files });
      await send(stage, bridge, answer);
      const { bytes } = await untilReceived(stage, answer.text);
      demand(bytes >= size, `a message with a file of ${size} bytes came as ${bytes} bytes`);
      const unopened = files.filter(({ opened }) => opened.length === 0);
      demand(unopened.length === 0, `${unopened.length} of ${files.length} files were not opened`);
    },
  },
  {
    sentence: sentences.STREAMS_DESTROYED,
    needs: ["sending", "leaving files"],
    see: async (stage) => {
      const bridge = await stage.start();
      const size = sizeFor(bridge);
      await destroys(stage, bridge, "sent", [whole(size), whole(size > 1 ? 1 : 0)]);
      for (const trouble of ["busy", "refusing", "silent"] as const) {
        if (!has(stage, trouble)) continue;
        await behave(stage, trouble);
        await destroys(stage, bridge, trouble, [whole(size)], giveUp(stage));
      }
      if (has(stage, "silent") || has(stage, "busy") || has(stage, "refusing")) await behave(stage, undefined);
      await destroys(stage, bridge, "aborted before", [whole(size)], AbortSignal.abort());
      await destroys(stage, bridge, "aborted within a file", [stuck(size)], giveUp(stage));
      await destroys(stage, bridge, "a file that breaks off", [breaking(size), whole(1)]);
    },
  },
  {
    sentence: sentences.WHOLE_OR_NOT,
    needs: ["sending", "leaving files"],
    see: async (stage) => {
      const bridge = await stage.start();
      const size = sizeFor(bridge);
      const unopened = { ...whole(size), open: () => Promise.reject(new Error("not there")) };
      for (const file of [breaking(size), unopened]) {
        const answer = writeAnswer(stage.remote.citizen, { attachments: [file] });
        const { consequence, code } = await failureOf(send(stage, bridge, answer));
        demand(consequence === "retry", `a file that could not be read gave \`${consequence}\` (${code})`);
        await moment();
        const isThere = (await received(stage)).some(({ text }) => text.includes(answer.text));
        demand(!isThere, "the remote has the message without its file");
      }
      const next = writeAnswer(stage.remote.citizen);
      await send(stage, bridge, next);
      await untilReceived(stage, next.text);
    },
  },
  {
    sentence: sentences.FILES_LEAVE_STREAMED,
    needs: ["sending", "leaving files"],
    see: async (stage) => {
      const bridge = await stage.start();
      const size = Math.min(bridge.capabilities.attachmentBytes, LARGEST);
      // The first message opens connections and loads code: that is no file.
      await send(stage, bridge, writeAnswer(stage.remote.citizen));
      const memory = watchMemory();
      const file = watchFile(size, () => Readable.from(pieces(size, memory.look), { objectMode: false }));
      const answer = writeAnswer(stage.remote.citizen, { attachments: [file] });
      await send(stage, bridge, answer);
      const { bytes } = await untilReceived(stage, answer.text);
      demand(bytes >= size, `a file of ${size} bytes, which is within the limit, came as ${bytes} bytes`);
      isStreamed(memory.grown, size);
    },
  },
];

/** Files of arrivals. */
export const arrivingFileChecks: readonly Check[] = [
  {
    sentence: sentences.FILES_ARRIVE_STREAMED,
    needs: ["arrivals", "arriving files"],
    see: async (stage) => {
      await stage.start();
      const { host, remote } = stage;
      const size = remote.takenBytes;
      if (size === undefined) throw missing("takenBytes", "arriving files");
      await untilAcknowledged(stage, await offer(stage, writeLetter({ files: [writeFile(SMALL)] })));
      const memory = watchMemory();
      let read = 0;
      host.answer = async ({ attachments }) => {
        for await (const { content } of attachments)
          for await (const piece of content) {
            read += piece.length;
            memory.look(piece.length);
          }
        return "accepted" as const;
      };
      const offered = await offer(stage, writeLetter({ files: [writeFile(size, memory.look)] }));
      await until(
        () => read >= size,
        () => `${read} of ${size} bytes came to the inbox`,
        2 * stage.patienceMs,
      );
      await untilAcknowledged(stage, offered);
      isStreamed(memory.grown, size);
    },
  },
  {
    sentence: sentences.LIMIT_HOLDS,
    needs: ["arrivals", "arrival limit"],
    see: async (stage) => {
      await stage.start();
      const { host, remote } = stage;
      const size = remote.refusedBytes;
      if (size === undefined) throw missing("refusedBytes", "arrival limit");
      await untilAcknowledged(stage, await offer(stage, writeLetter()));
      const before = host.taken.length;
      const memory = watchMemory();
      let made = 0;
      const file = writeFile(size, (bytes) => {
        made += bytes;
        memory.look(bytes);
      });
      const offered = await offer(stage, writeLetter({ files: [file] }));
      // It has ended when no more of it is asked for.
      for (let still = 0, seen = made; still < STILL; await moment()) {
        still = seen === made ? still + 1 : 0;
        seen = made;
      }
      demand(host.taken.length === before, "it came to the inbox");
      if (has(stage, "acknowledgement")) demand(!(await offered.isAcknowledged()), "it was acknowledged");
      isStreamed(memory.grown, size);
    },
  },
];

const sizeFor = ({ capabilities }: Bridge) => Math.min(capabilities.attachmentBytes - 1, SMALL);

function isStreamed(grown: number, size: number): void {
  if (size < TELLING) return;
  demand(grown < size / 2, `memory grew by ${inMib(grown)} MiB for a file of ${inMib(size)} MiB`);
}

const inMib = (bytes: number) => Math.round(bytes / 1024 / 1024);

const whole = (size: number): WatchedFile => watchFile(size, () => Readable.from(pieces(size), { objectMode: false }));

/** Gives its first half and then nothing more. */
const stuck = (size: number): WatchedFile =>
  watchFile(size, () => {
    let given = false;
    return new Readable({
      read() {
        if (!given) this.push(Buffer.alloc(Math.ceil(size / 2)));
        given = true;
      },
    });
  });

/** Gives its first half and then fails, as a media server that goes down. */
const breaking = (size: number): WatchedFile =>
  watchFile(size, () => Readable.from(breakOff(size), { objectMode: false }));

async function* breakOff(size: number) {
  yield Buffer.alloc(Math.ceil(size / 2));
  throw new Error("the file breaks off");
}

async function destroys(
  stage: Stage,
  bridge: Bridge,
  path: string,
  attachments: readonly WatchedFile[],
  signal?: AbortSignal,
): Promise<void> {
  const answer: OutboundMessage = writeAnswer(stage.remote.citizen, { attachments });
  await send(stage, bridge, answer, signal).catch((fault: unknown) => failureOf(Promise.reject(fault)));
  for (const { opened } of attachments) {
    demand(opened.length <= 1, `${path}: a file was opened ${opened.length} times`);
    await until(
      () => opened.every(({ destroyed }) => destroyed),
      () => `${path}: a stream was left open`,
      stage.patienceMs,
    );
  }
}
