import type { Harness, Letter, Offered, ReceivedMessage, Trouble } from "../../src/conformance/index.ts";

/** Largest file either way, in bytes. */
export const MOST_BYTES = 8 * 1024 * 1024;

export interface WireArrival {
  readonly id: string;
  readonly from: string;
  readonly letter: Letter;
}

/** The remote of the memory bridge. */
interface Wire {
  readonly password: string;
  isUp: boolean;
  trouble: Trouble | undefined;
  readonly messages: ReceivedMessage[];
  /** What the bridge that is connected does with an arrival and with news; true: the wire may forget it. */
  bridge: { take(arrival: WireArrival): Promise<boolean>; hear(deliveryId: string): Promise<boolean> } | undefined;
}

export const wires = new Map<string, Wire>();

let count = 0;

/** Opens wires for the kit. Its patience is short: a broken bridge is to be seen soon. */
export const memoryHarness: Harness = {
  patienceMs: 400,
  open: async () => {
    count += 1;
    const name = `wire-${count}`;
    const password = `opensesame-${count}`;
    const wire: Wire = { password, isUp: true, trouble: undefined, messages: [], bridge: undefined };
    wires.set(name, wire);
    const give = (act: () => Promise<boolean> | undefined): Offered => {
      let isAcknowledged = false;
      void act()?.then((is) => {
        isAcknowledged = is;
      });
      return { isAcknowledged: () => isAcknowledged, again: async () => give(act) };
    };
    let arrivals = 0;
    return {
      settings: { wire: name, password },
      secrets: [password],
      citizen: "anna@memory.example",
      takenBytes: MOST_BYTES,
      refusedBytes: MOST_BYTES + 1,
      offer: async (letter) => {
        arrivals += 1;
        const arrival = { id: `${name}-${arrivals}`, from: "anna@memory.example", letter };
        return give(() => wire.bridge?.take(arrival));
      },
      offerNews: async ({ deliveryId }) => give(() => wire.bridge?.hear(deliveryId)),
      behave: (as) => {
        wire.trouble = as;
      },
      received: () => wire.messages,
      goDown: async () => {
        wire.isUp = false;
        wire.bridge = undefined;
      },
      comeBack: async () => {
        wire.isUp = true;
      },
      close: async () => void wires.delete(name),
    };
  },
};
