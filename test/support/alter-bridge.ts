import type { Readable } from "node:stream";
import {
  type Bridge,
  type BridgeDefinition,
  type BridgeHost,
  type Consequence,
  DeliveryError,
  type InboundMessage,
  type OutboundAttachment,
} from "../../src/adapter/index.ts";
import { type MemorySettings, memoryBridge } from "./memory-bridge.ts";

/** A bridge that breaks one sentence of the contract. */
export interface Flaw {
  readonly sentence: string;
  /** What it does. */
  readonly title: string;
  readonly definition: BridgeDefinition<MemorySettings>;
}

/** @param bridge what becomes of the one that conforms. @param host what it is lent. */
export const alter = (
  sentence: string,
  title: string,
  bridge: (bridge: Bridge, host: BridgeHost) => Bridge,
  host: (host: BridgeHost) => BridgeHost = (same) => same,
): Flaw => ({
  sentence,
  title,
  definition: {
    ...memoryBridge,
    create: (config, lent) => bridge(memoryBridge.create(config, host(lent)), lent),
  },
});

type Accept = BridgeHost["inbox"]["accept"];
export const alterInbox = (
  sentence: string,
  title: string,
  accept: (pass: Accept, message: InboundMessage) => ReturnType<Accept>,
) =>
  alter(
    sentence,
    title,
    (bridge) => bridge,
    (host) => ({ ...host, inbox: { ...host.inbox, accept: (message) => accept(host.inbox.accept, message) } }),
  );

type Send = NonNullable<Bridge["send"]>;
export const alterSend = (
  sentence: string,
  title: string,
  send: (pass: Send, ...given: Parameters<Send>) => ReturnType<Send>,
) =>
  alter(sentence, title, (bridge) => ({
    ...bridge,
    send: (message, signal) => {
      if (bridge.send === undefined) throw new Error("the memory bridge sends");
      return send(bridge.send, message, signal);
    },
  }));

export const alterOpen = (
  sentence: string,
  title: string,
  open: (file: OutboundAttachment, signal: AbortSignal) => Promise<Readable>,
) =>
  alterSend(sentence, title, (pass, message, signal) =>
    pass(
      { ...message, attachments: message.attachments.map((file) => ({ ...file, open: (held) => open(file, held) })) },
      signal,
    ),
  );

export const recast = (sentence: string, from: Consequence, to: Consequence) =>
  alterSend(sentence, `takes ${from} for ${to}`, async (pass, ...given) =>
    pass(...given).catch((fault: unknown) => {
      throw fault instanceof DeliveryError && fault.consequence === from ? new DeliveryError(to, fault.code) : fault;
    }),
  );
