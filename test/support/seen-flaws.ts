import { type BridgeHost, DeliveryError, type InboundMessage } from "../../src/adapter/index.ts";
import * as sentences from "../../src/conformance/sentences.ts";
import { alter, type Flaw } from "./alter-bridge.ts";
import { memoryBridge } from "./memory-bridge.ts";

/** Bridges that show operators too little, or too much. */
export const seenFlaws: readonly Flaw[] = [
  alter(sentences.HEALTH_TURNS, "is always well", (bridge) => ({
    ...bridge,
    health: () => ({ state: "up", since: new Date() }),
  })),
  alter(sentences.HEALTH_TURNS, "gives no reason", (bridge) => ({
    ...bridge,
    health: () => ({ state: bridge.health().state, since: new Date() }),
  })),
  alter(sentences.HEALTH_TURNS, "is never well again", (bridge) => {
    let isHurt = false;
    return {
      ...bridge,
      health: () => {
        const health = bridge.health();
        isHurt ||= health.state === "degraded";
        return isHurt ? { ...health, state: "degraded", reason: "MEMORY_DOWN" } : health;
      },
    };
  }),
  alterLog("logs who wrote", (host) => (message) => host.log.info({ from: message.from.address }, "a message came")),
  alterLog(
    "logs what was written",
    (host) =>
      ({ text }) =>
        host.log.debug(`took ${text}`),
  ),
  {
    sentence: sentences.LOG_IS_CLEAN,
    title: "logs its settings",
    definition: {
      ...memoryBridge,
      create: (config, host) => {
        host.log.trace({ config }, "built");
        return memoryBridge.create(config, host);
      },
    },
  },
  alter(sentences.LOG_IS_CLEAN, "shows what a remote said as its health", (bridge) => {
    let reason: string | undefined;
    return {
      ...bridge,
      send: async (message, signal) => {
        if (bridge.send === undefined) throw new Error("the memory bridge sends");
        return bridge.send(message, signal).catch((fault: unknown) => {
          if (fault instanceof DeliveryError) reason = fault.remoteAnswer;
          throw fault;
        });
      },
      health: () => (reason === undefined ? bridge.health() : { state: "degraded", since: new Date(), reason }),
    };
  }),
];

function alterLog(title: string, log: (host: BridgeHost) => (message: InboundMessage) => void): Flaw {
  return alter(
    sentences.LOG_IS_CLEAN,
    title,
    (bridge) => bridge,
    (host) => ({
      ...host,
      inbox: {
        ...host.inbox,
        accept: (message) => {
          log(host)(message);
          return host.inbox.accept(message);
        },
      },
    }),
  );
}
