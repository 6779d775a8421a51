import type { GatewayHost, GatewayReceipt, OutgoingText, ReceivedText } from "../../bridges/sms/gateway.ts";
import type { Acceptance } from "../../src/adapter/index.ts";
import { createMemoryHost } from "../../src/conformance/memory-host.ts";

/** Keeps what a gateway hands on, each text once; fails on demand. */
export interface MemoryGatewayHost extends GatewayHost {
  readonly texts: ReceivedText[];
  readonly receipts: GatewayReceipt[];
  /** What was told of the gateway's trouble, in order. */
  readonly troubles: (string | undefined)[];
  /** Calls, also those that failed. */
  readonly calls: number;
  failing: boolean;
  /** Of the host, moved by tests; in milliseconds. */
  clockAhead: number;
}

export function createGatewayHost(): MemoryGatewayHost {
  const keys = new Set<string>();
  let calls = 0;
  const memory: MemoryGatewayHost = {
    texts: [],
    receipts: [],
    troubles: [],
    get calls() {
      return calls;
    },
    failing: false,
    clockAhead: 0,
    host: { ...createMemoryHost(), now: () => new Date(Date.now() + memory.clockAhead) },
    received: async (text): Promise<Acceptance> => {
      calls++;
      if (memory.failing) throw new Error("the store is away");
      if (text.id !== undefined && keys.has(text.id)) return "duplicate";
      if (text.id !== undefined) keys.add(text.id);
      memory.texts.push(text);
      return "accepted";
    },
    receipt: async (receipt) => {
      calls++;
      if (memory.failing) throw new Error("the store is away");
      memory.receipts.push(receipt);
    },
    trouble: (code) => {
      memory.troubles.push(code);
    },
  };
  return memory;
}

/** One answer to a citizen, in one part. */
export const answerOf = (text: string, given: Partial<OutgoingText> = {}): OutgoingText => ({
  deliveryId: "d1-abcdefghij-klmnopqrst",
  from: "+33700000000",
  to: "+33612345678",
  text,
  encoding: "gsm7",
  parts: [{ text, number: 1, of: 1, reference: 1 }],
  ...given,
});
