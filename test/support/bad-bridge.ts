import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import {
  type Bridge,
  type BridgeDefinition,
  type BridgeHost,
  DeliveryError,
  type InboundMessage,
} from "../../src/adapter/index.ts";

/** A third party's bridge that behaves badly in one way once it has brought a message of each of its citizens. */
const settings = z.object({
  /**
   * `mute`: not even its start ends. `hang`: no other method ends. `throw`: every method throws (its start from the second
   * on), and so do timers. `flood`: messages come as quickly as the core takes them.
   */
  behaves: z.enum(["mute", "hang", "throw", "flood"]),
  citizens: z.number().default(100),
  /** Messages in all, when it floods. */
  most: z.number().default(1_000_000),
});
type Settings = z.output<typeof settings>;

/** Offers that are under way at once. */
const AT_ONCE = 200;
const THROW_MS = 50;

const started = new Set<string>();

const hang = () => new Promise<never>(() => undefined);
const fail = (): never => {
  throw new Error("a bridge that throws");
};

function create({ behaves, citizens, most }: Settings, host: BridgeHost): Bridge {
  const stopped = new AbortController();
  const run = `${Date.now()}-${process.pid}`;
  const write = (number: number): InboundMessage => ({
    dedupeKey: `${run}-${number}`,
    remoteId: `bad-${run}-${number}`,
    from: { address: `${host.channel}-citizen-${number % citizens}`, name: `Citizen ${number % citizens}` },
    to: host.channel,
    receivedAt: new Date(),
    text: `Message ${number} of ${citizens}.`,
    thread: { references: number < citizens ? [] : [`bad-${run}-${number % citizens}`] },
    automatic: false,
    attachments: [],
  });
  let number = 0;
  const offerNext = async (until: number) => {
    while (number < until && !stopped.signal.aborted) {
      const message = write(number);
      number += 1;
      // Told to come again, it does so at once.
      await host.inbox.accept(message).catch(() => sleep(1));
    }
  };
  const offer = (until: number) => Promise.all(Array.from({ length: AT_ONCE }, () => offerNext(until)));
  return {
    capabilities: { send: true, html: false, subject: false, cc: false, attachmentBytes: 0, repeatable: false },
    async start() {
      if (behaves === "mute") await hang();
      if (behaves === "throw" && started.has(host.channel)) fail();
      started.add(host.channel);
      await offer(citizens);
      if (behaves === "flood") void offer(most);
      if (behaves === "throw") setInterval(fail, THROW_MS);
    },
    async stop() {
      stopped.abort();
      if (behaves === "hang" || behaves === "mute") await hang();
      if (behaves === "throw") fail();
    },
    async send({ deliveryId }) {
      if (behaves === "hang") await hang();
      if (behaves === "throw") fail();
      if (stopped.signal.aborted) throw new DeliveryError("retry", "STOPPED");
      return { remoteId: `sent-${deliveryId}` };
    },
    health: () => (behaves === "throw" ? fail() : { state: "up", since: new Date() }),
  };
}

export default {
  type: "bad",
  contract: 1,
  config: settings,
  create,
} satisfies BridgeDefinition<Settings>;
