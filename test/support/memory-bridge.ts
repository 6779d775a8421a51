import { addAbortSignal } from "node:stream";
import { z } from "zod";
import {
  type Bridge,
  type BridgeDefinition,
  type BridgeHost,
  DeliveryError,
  type InboundAttachment,
  type OutboundAttachment,
  type OutboundMessage,
} from "../../src/adapter/index.ts";
import { MOST_BYTES, type WireArrival, wires } from "./memory-wire.ts";

export const memorySettings = z.object({
  wire: z.string(),
  password: z.string(),
  limit: z.number().default(MOST_BYTES),
});
export type MemorySettings = z.output<typeof memorySettings>;

/** The smallest bridge that keeps the whole contract: its remote is an object in this process. */
export const memoryBridge: BridgeDefinition<MemorySettings> = {
  type: "memory",
  contract: 1,
  config: memorySettings,
  create,
};

const HEARTBEAT_MS = 10;

function create({ wire: name, password, limit }: MemorySettings, host: BridgeHost): Bridge {
  const running = new Set<Promise<boolean>>();
  let state: "starting" | "up" | "degraded" | "stopped" = "starting";
  let since = host.now();
  let heartbeat: NodeJS.Timeout | undefined;
  const turn = (to: typeof state) => {
    if (to !== state) since = host.now();
    state = to;
  };
  const take = (arrival: WireArrival) => {
    const taking = accept(arrival, host, limit).finally(() => running.delete(taking));
    running.add(taking);
    return taking;
  };
  const connect = () => {
    const wire = wires.get(name);
    const isUp = wire?.isUp === true && wire.password === password;
    if (wire !== undefined && isUp) wire.bridge ??= { take, hear: (news) => hear(news, host) };
    turn(isUp ? "up" : "degraded");
  };
  host.routes.on("POST", "/call", answerCall);
  host.routes.on("GET", "/about/:topic", (_request, { parameters }) => new Response(parameters.topic));
  return {
    capabilities: { send: true, html: false, subject: false, cc: false, attachmentBytes: MOST_BYTES, repeatable: true },
    start: async () => {
      connect();
      heartbeat = setInterval(connect, HEARTBEAT_MS);
    },
    stop: async (deadline) => {
      clearInterval(heartbeat);
      turn("stopped");
      const wire = wires.get(name);
      if (wire !== undefined) wire.bridge = undefined;
      const isOver = new Promise((resolve) => deadline.addEventListener("abort", resolve, { once: true }));
      if (!deadline.aborted) await Promise.race([Promise.allSettled(running), isOver]);
    },
    send: (message, signal) => send(name, message, signal),
    preview: ({ text }) => {
      const parts = Math.max(1, Math.ceil(text.length / 100));
      return { parts, cost: { amount: parts, currency: "EUR" } };
    },
    health: () => ({ state, since, ...(state === "degraded" ? { reason: "MEMORY_DOWN" } : {}) }),
  };
}

async function answerCall(request: Request): Promise<Response> {
  const words: unknown = await request.json().catch(() => undefined);
  return new Response(null, { status: typeof words === "string" ? 204 : 400 });
}

/** @returns whether the wire may forget the arrival. */
async function accept({ id, from, letter }: WireArrival, { inbox, now }: BridgeHost, limit: number): Promise<boolean> {
  if (letter.files.some(({ size }) => size > limit)) return false;
  const ending = await inbox
    .accept({
      dedupeKey: id,
      from: { address: from, name: letter.name },
      to: "town",
      receivedAt: now(),
      text: letter.text,
      thread: { references: [] },
      automatic: false,
      attachments: open(letter),
    })
    .catch(() => "failed");
  return ending !== "failed";
}

function* open({ files }: WireArrival["letter"]): Generator<InboundAttachment> {
  for (const file of files) yield { name: file.name, type: file.type, inline: false, content: file.open() };
}

async function hear(deliveryId: string, { inbox, now }: BridgeHost): Promise<boolean> {
  return inbox.receipt({ about: { deliveryIds: [deliveryId] }, state: "failed", code: "MEMORY_LOST", at: now() }).then(
    () => true,
    () => false,
  );
}

async function send(name: string, message: OutboundMessage, signal: AbortSignal) {
  const wire = wires.get(name);
  const { deliveryId, text, to, attachments } = message;
  if (signal.aborted) throw new DeliveryError("retry", "MEMORY_ABORTED");
  if (wire?.isUp !== true) throw new DeliveryError("retry", "MEMORY_DOWN");
  const remoteAnswer = `<${to.address}> is ${wire.trouble}`;
  if (wire.trouble === "busy") throw new DeliveryError("retry", "MEMORY_BUSY", { remoteAnswer });
  if (wire.trouble === "refusing") throw new DeliveryError("rejected", "MEMORY_REFUSED", { remoteAnswer });
  let bytes = text.length;
  for (const file of attachments) bytes += await measure(file, signal);
  if (wire.trouble === "silent") {
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    throw new DeliveryError("unknown", "MEMORY_UNKNOWN");
  }
  wire.messages.push({ id: deliveryId, text, bytes });
  return { remoteId: deliveryId };
}

async function measure(file: OutboundAttachment, signal: AbortSignal): Promise<number> {
  let bytes = 0;
  try {
    for await (const piece of addAbortSignal(signal, await file.open(signal))) bytes += piece.length;
  } catch (cause) {
    throw new DeliveryError("retry", "ATTACHMENT_UNREADABLE", { cause });
  }
  return bytes;
}
