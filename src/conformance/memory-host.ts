import { buffer } from "node:stream/consumers";
import { pino } from "pino";
import type { Acceptance, BridgeHost, DeliveryReceipt, InboundAttachment, InboundMessage } from "../adapter/index.ts";
import { openRouteTable, type RouteTable } from "../adapter/route-table.ts";
import { createMemoryShelf } from "./memory-shelf.ts";

/** What an inbox took, files read to their end. */
export interface TakenMessage extends Omit<InboundMessage, "attachments"> {
  readonly files: readonly (Omit<InboundAttachment, "content"> & { readonly content: Buffer })[];
}

export type ListedRoute = ReturnType<RouteTable["list"]>[number];

/** A core in memory around one bridge: enough to test the bridge by its contract alone. */
export interface MemoryHost extends BridgeHost {
  readonly taken: TakenMessage[];
  /** `dedupeKey` of each arrival that was offered, whatever became of it. */
  readonly offered: string[];
  readonly receipts: DeliveryReceipt[];
  /** What is said of each receipt; throws to reject. */
  knows: () => "applied" | "unknown" | Promise<"applied" | "unknown">;
  readonly notesKept: Map<string, string>;
  /** Lines of the log as they would be written, from the level `trace` on. */
  readonly logged: string[];
  /** Decides how the inbox answers; throws to reject. The default takes everything once. */
  answer: (message: InboundMessage) => Acceptance | undefined | Promise<Acceptance | undefined>;
  /** False: files are read without being kept, for large ones. */
  keepFiles: boolean;
  readonly publicUrl: string;
  /** The bridge's routes. */
  listRoutes(): readonly ListedRoute[];
  /** True: requests are answered as while the channel runs; false: by 503. */
  isOpen: boolean;
  /**
   * Has a visitor ask for a page of the bridge, as `routes` would be asked by the core, but for limits of size and time.
   * @param request its address begins with `publicUrl`. @param peer the visitor's address.
   */
  visit(request: Request, peer?: string): Promise<Response>;
  /** Ends the leases, as the core does when it stops. */
  end(): void;
}

/** Address of whoever visits, when nobody says. */
export const VISITOR = "192.0.2.1";
const PUBLIC_URL = "https://guichet.town.example/town-channel";

/** @param notesKept from an earlier life of the channel. */
export function createMemoryHost(notesKept = new Map<string, string>()): MemoryHost {
  const keys = new Set<string>();
  const numbers = new Map<string, string>();
  const ending = new AbortController();
  const ended = new Promise<void>((resolve) => ending.signal.addEventListener("abort", () => resolve()));
  const logged: string[] = [];
  const routes = openRouteTable();
  const host: MemoryHost = {
    channel: "town-channel",
    publicUrl: PUBLIC_URL,
    routes: { on: routes.on },
    listRoutes: routes.list,
    isOpen: true,
    async visit(request, peer = VISITOR) {
      if (!host.isOpen) return new Response(null, { status: 503 });
      if (!request.url.startsWith(PUBLIC_URL)) return new Response(null, { status: 404 });
      const { pathname } = new URL(request.url);
      const match = routes.find(request.method, pathname.slice(new URL(PUBLIC_URL).pathname.length));
      if (match.is === "nothing") return new Response(null, { status: 404 });
      if (match.is === "wrong-method") return new Response(null, { status: 405 });
      return match.handle(request, { peer, parameters: match.parameters });
    },
    languages: ["en"],
    agencyNames: new Map([["en", "Town Hall"]]),
    taken: [],
    offered: [],
    receipts: [],
    knows: () => "applied",
    notesKept,
    logged,
    answer: () => undefined,
    keepFiles: true,
    end: () => ending.abort(),
    log: pino({ level: "trace" }, { write: (line: string) => logged.push(line) }),
    now: () => new Date(),
    notes: {
      get: async (key) => notesKept.get(key),
      set: async (key, value) => {
        notesKept.set(key, value);
      },
    },
    shelf: createMemoryShelf(),
    lease: async (_name, run) => {
      await run(ending.signal);
      await ended;
    },
    inbox: {
      accept: async (message) => {
        host.offered.push(message.dedupeKey);
        const ruled = await host.answer(message);
        if (ruled !== undefined) {
          for await (const { content } of message.attachments) content.destroy();
          return ruled;
        }
        const files = await readFiles(message, host.keepFiles);
        if (keys.has(message.dedupeKey)) return "duplicate";
        keys.add(message.dedupeKey);
        if (message.isNumbered) numbers.set(message.dedupeKey, message.thread.token ?? `${numbers.size + 1}-memory`);
        const { attachments: _read, ...words } = message;
        host.taken.push({ ...words, files });
        return "accepted";
      },
      numberOf: async (dedupeKey) => {
        const token = numbers.get(dedupeKey);
        return token === undefined ? undefined : { number: token.split("-")[0] ?? token, token };
      },
      receipt: async (receipt) => {
        host.receipts.push(receipt);
        return host.knows();
      },
    },
  };
  return host;
}

async function readFiles({ attachments }: InboundMessage, areKept: boolean): Promise<TakenMessage["files"]> {
  const files: TakenMessage["files"][number][] = [];
  for await (const { content, ...file } of attachments) {
    if (areKept) files.push({ ...file, content: await buffer(content) });
    else for await (const _piece of content);
  }
  return files;
}
