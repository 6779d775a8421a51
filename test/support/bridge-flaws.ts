import { createServer } from "node:net";
import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { DeliveryError, type InboundMessage } from "../../src/adapter/index.ts";
import * as sentences from "../../src/conformance/sentences.ts";
import { alter, alterInbox, alterOpen, alterSend, type Flaw, recast } from "./alter-bridge.ts";
import { censusFlaws } from "./census-flaws.ts";
import { memoryBridge } from "./memory-bridge.ts";
import { previewFlaws } from "./preview-flaws.ts";
import { routeFlaws } from "./route-flaws.ts";
import { seenFlaws } from "./seen-flaws.ts";

/** What flaws leave behind on purpose; to be called after each. */
export const leftovers: (() => unknown)[] = [];

const leaveTimer = () => {
  const timer = setInterval(() => {}, 60_000);
  leftovers.push(() => clearInterval(timer));
};

const lifeFlaws: readonly Flaw[] = [
  {
    sentence: sentences.DEFINITION,
    title: "has a type of two words",
    definition: { ...memoryBridge, type: "Memory bridge" },
  },
  {
    sentence: sentences.DEFINITION,
    title: "has a schema that refuses its own settings",
    definition: { ...memoryBridge, config: memoryBridge.config.refine(() => false) },
  },
  alter(sentences.CREATE_CONNECTS_NOTHING, "starts a timer in create", (bridge) => {
    leaveTimer();
    return bridge;
  }),
  alter(sentences.SEND_AS_DECLARED, "declares send and has none", ({ send: _send, ...bridge }) => bridge),
  alter(sentences.SEND_AS_DECLARED, "has send and declares none", (bridge) => ({
    ...bridge,
    capabilities: { ...bridge.capabilities, send: false, attachmentBytes: 0 },
  })),
  alter(sentences.OPENING_READS, "takes any word for an address", (bridge) => ({
    ...bridge,
    opening: { verb: "wire", example: "anna@memory.example", parseAddress: (text) => ({ address: text }) },
  })),
  alter(sentences.OPENING_READS, "writes to itself", (bridge) => ({
    ...bridge,
    addresses: ["town@memory.example"],
    opening: {
      verb: "wire",
      example: "anna@memory.example",
      parseAddress: (text) => (text.includes("@") ? { address: text } : undefined),
    },
  })),
  ...previewFlaws,
  ...censusFlaws,
  ...routeFlaws,
  alter(sentences.START_WITHOUT_REMOTE, "rejects start when the remote is down", (bridge) => ({
    ...bridge,
    start: async (signal) => {
      await bridge.start(signal);
      if (bridge.health().state !== "up") throw new Error("the remote is down");
    },
  })),
  alter(sentences.STOP_FREES, "leaves a timer", (bridge) => ({
    ...bridge,
    start: async (signal) => {
      leaveTimer();
      await bridge.start(signal);
    },
  })),
  alter(sentences.STOP_FREES, "leaves a listening socket", (bridge) => ({
    ...bridge,
    start: async (signal) => {
      const server = createServer().listen(0, "127.0.0.1");
      leftovers.push(() => server.close());
      await bridge.start(signal);
    },
  })),
  alter(sentences.STOP_FREES, "throws when it is stopped again", (bridge) => {
    let isStopped = false;
    return {
      ...bridge,
      stop: async (deadline) => {
        if (isStopped) throw new Error("not running");
        isStopped = true;
        await bridge.stop(deadline);
      },
    };
  }),
  alter(sentences.STOP_BY_DEADLINE, "waits for ever", (bridge) => ({
    ...bridge,
    stop: () => bridge.stop(new AbortController().signal),
  })),
  alter(sentences.STOPPED_TAKES_NOTHING, "goes on after stop", (bridge) => ({
    ...bridge,
    stop: async (deadline) => {
      await bridge.stop(deadline);
      await bridge.start(deadline);
      leftovers.push(() => bridge.stop(AbortSignal.abort()));
    },
  })),
  stopLosesWhatRuns(),
];

function stopLosesWhatRuns(): Flaw {
  let isStopped = false;
  return alter(
    sentences.STOP_LETS_END,
    "forgets what it was doing",
    (bridge) => {
      return {
        ...bridge,
        stop: (deadline) => {
          isStopped = true;
          return bridge.stop(deadline);
        },
      };
    },
    (host) => ({
      ...host,
      inbox: {
        ...host.inbox,
        accept: async (message) => {
          const ending = await host.inbox.accept(message);
          if (isStopped) throw new Error("stopped");
          return ending;
        },
      },
    }),
  );
}

const arrivalFlaws: readonly Flaw[] = [
  alterInbox(sentences.ARRIVAL_IS_WHOLE, "loses the words", (pass, message) => pass({ ...message, text: "" })),
  alterInbox(sentences.ARRIVAL_IS_WHOLE, "passes addresses on as they are written", (pass, message) =>
    pass({ ...message, from: { address: message.from.address.toUpperCase() } }),
  ),
  alterInbox(sentences.ARRIVAL_IS_WHOLE, "loses files", (pass, message) => pass({ ...message, attachments: [] })),
  alterInbox(sentences.ONE_MESSAGE, "names each offering anew", (pass, message) =>
    pass({ ...message, dedupeKey: `${message.dedupeKey}-${Math.random()}` }),
  ),
  alterInbox(sentences.TWO_MESSAGES, "names arrivals by their words", (pass, message) =>
    pass({ ...message, dedupeKey: message.text }),
  ),
  alterInbox(sentences.DURABLE_FIRST, "acknowledges before it is stored", async (pass, message) => {
    pass(message).catch(() => undefined);
    return "accepted";
  }),
  alterInbox(sentences.NOT_ACKNOWLEDGED, "acknowledges what could not be stored", (pass, message) =>
    pass(message).catch(() => "accepted"),
  ),
  alterInbox(sentences.UNREAD_FILES, "minds files that nobody reads", async (pass, message) => {
    const opened: Readable[] = [];
    const ending = await pass({ ...message, attachments: noting(message, opened) });
    if (opened.some(({ readableEnded }) => !readableEnded)) throw new Error("files were left unread");
    return ending;
  }),
  alter(
    sentences.NEWS_ARE_DURABLE,
    "acknowledges news that could not be stored",
    (bridge) => bridge,
    (host) => ({
      ...host,
      inbox: { ...host.inbox, receipt: (receipt) => host.inbox.receipt(receipt).catch(() => "applied") },
    }),
  ),
  alterInbox(sentences.FILES_ARRIVE_STREAMED, "reads whole files first", (pass, message) =>
    pass({ ...message, attachments: wholeFiles(message) }),
  ),
  {
    sentence: sentences.LIMIT_HOLDS,
    title: "takes files of any size",
    definition: {
      ...memoryBridge,
      create: (config, host) => memoryBridge.create({ ...config, limit: Number.POSITIVE_INFINITY }, host),
    },
  },
];

async function* noting({ attachments }: InboundMessage, opened: Readable[]) {
  for await (const file of attachments) {
    opened.push(file.content);
    yield file;
  }
}

async function* wholeFiles({ attachments }: InboundMessage) {
  for await (const { content, ...file } of attachments)
    yield { ...file, content: Readable.from([await buffer(content)]) };
}

const sendingFlaws: readonly Flaw[] = [
  alterSend(sentences.SENT_IS_WHOLE, "leaves files out", (pass, message, signal) =>
    pass({ ...message, attachments: [] }, signal),
  ),
  alterSend(sentences.NAMED_AS_CITED, "makes names up", async (pass, ...given) => ({
    remoteId: `${(await pass(...given)).remoteId}@nowhere`,
  })),
  sendsOneAtATime(),
  alterSend(sentences.SAME_IDS, "names each attempt anew", (pass, message, signal) =>
    pass({ ...message, deliveryId: `${message.deliveryId}-${message.attempt}` }, signal),
  ),
  recast(sentences.SILENT_IS_UNKNOWN, "unknown", "retry"),
  recast(sentences.BUSY_IS_RETRY, "retry", "rejected"),
  recast(sentences.REFUSAL_IS_REJECTED, "rejected", "retry"),
  alterSend(sentences.REFUSAL_IS_REJECTED, "rejects with an error of its own", (pass, ...given) =>
    pass(...given).catch((cause: unknown) => {
      throw new Error("no", { cause });
    }),
  ),
  recast(sentences.DOWN_IS_RETRY, "retry", "unknown"),
  alterSend(sentences.ABORT_ENDS, "hears no abort", (pass, message) => pass(message, new AbortController().signal)),
  alterOpen(sentences.STREAMS_DESTROYED, "opens files twice", async (file, signal) => {
    await file.open(signal);
    return file.open(signal);
  }),
  alterOpen(sentences.STREAMS_DESTROYED, "leaves streams open that it does not read to the end", async (file, signal) =>
    // As it is often written: nothing that happens to the copy reaches what it is piped from.
    (await file.open(signal)).on("error", () => undefined).pipe(new PassThrough()),
  ),
  alterOpen(sentences.WHOLE_OR_NOT, "leaves out what it cannot read", async (file, signal) => {
    const bytes = await file
      .open(signal)
      .then(buffer)
      .catch(() => Buffer.alloc(0));
    return Readable.from([bytes]);
  }),
  alterOpen(sentences.FILES_LEAVE_STREAMED, "reads whole files first", async (file, signal) =>
    Readable.from([await buffer(await file.open(signal))]),
  ),
];

function sendsOneAtATime(): Flaw {
  let running = 0;
  return alterSend(sentences.MANY_AT_ONCE, "sends one at a time", async (pass, ...given) => {
    if (running > 0) throw new DeliveryError("retry", "MEMORY_BUSY");
    running += 1;
    await new Promise(setImmediate);
    return pass(...given).finally(() => {
      running -= 1;
    });
  });
}

export const flaws: readonly Flaw[] = [...lifeFlaws, ...arrivalFlaws, ...sendingFlaws, ...seenFlaws];
