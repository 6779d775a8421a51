import { buffer } from "node:stream/consumers";
import { pino } from "pino";
import type {
  Acceptance,
  BridgeHost,
  DeliveryReceipt,
  InboundAttachment,
  InboundMessage,
} from "../../src/adapter/index.ts";

/** What an inbox took, files read to their end. */
interface TakenMessage extends Omit<InboundMessage, "attachments"> {
  readonly files: readonly (Omit<InboundAttachment, "content"> & { readonly content: Buffer })[];
}

/** A core in memory around one bridge: enough to test the bridge by its contract alone. */
export interface MemoryHost extends BridgeHost {
  readonly taken: TakenMessage[];
  readonly receipts: DeliveryReceipt[];
  /** What is said of each receipt; throws to reject. */
  knows: () => "applied" | "unknown";
  readonly notesKept: Map<string, string>;
  /** Decides how the inbox answers; throws to reject. The default takes everything once. */
  answer: (message: InboundMessage) => Acceptance | undefined | Promise<Acceptance | undefined>;
  /** Reads a file without keeping it, for large ones. */
  keepFiles: boolean;
  /** Ends the leases, as the core does when it stops. */
  end(): void;
}

export function createMemoryHost(notesKept = new Map<string, string>()): MemoryHost {
  const keys = new Set<string>();
  const ending = new AbortController();
  const host: MemoryHost = {
    channel: "town-mail",
    languages: ["en"],
    taken: [],
    receipts: [],
    knows: () => "applied",
    notesKept,
    answer: () => undefined,
    keepFiles: true,
    end: () => ending.abort(),
    log: pino({ level: process.env.GUICHET_TEST_LOG ?? "silent" }),
    now: () => new Date(),
    notes: {
      get: async (key) => notesKept.get(key),
      set: async (key, value) => {
        notesKept.set(key, value);
      },
    },
    lease: async (_name, run) => {
      await run(ending.signal);
    },
    inbox: {
      accept: async (message) => {
        const { attachments, ...words } = message;
        const ruled = await host.answer(message);
        if (ruled !== undefined) {
          for await (const { content } of attachments) content.destroy();
          return ruled;
        }
        const files: TakenMessage["files"][number][] = [];
        for await (const { content, ...file } of attachments) {
          if (host.keepFiles) files.push({ ...file, content: await buffer(content) });
          else for await (const _piece of content);
        }
        if (keys.has(message.dedupeKey)) return "duplicate";
        keys.add(message.dedupeKey);
        host.taken.push({ ...words, files });
        return "accepted";
      },
      receipt: async (receipt) => {
        host.receipts.push(receipt);
        return host.knows();
      },
    },
  };
  return host;
}

/** Waits until the condition holds. */
export async function until(condition: () => boolean, limitMs = 10_000): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not so after ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
