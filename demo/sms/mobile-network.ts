import { setTimeout as sleep } from "node:timers/promises";
import { addressOf, readAddressOf } from "../../bridges/sms/smpp/addresses.ts";
import { STATUS } from "../../bridges/sms/smpp/commands.ts";
import type { ShortMessage } from "../../bridges/sms/smpp/pdu.ts";
import { readUserData } from "../../bridges/sms/smpp/user-data.ts";
import { type Bell, createBell } from "../bell.ts";
import type { Ends, PhoneText, Receipt } from "./phone-text.ts";
import { receiptMessage, textMessages } from "./short-messages.ts";
import { startSmscDouble } from "./smsc-double.ts";

/** Texts to this phone never arrive: to see what a failed answer looks like. */
const GONE_PHONE = "+33639989999";

/** The demo's mobile network: phones that write to the agency, and what they receive. It reaches guichet by SMPP. */
export interface MobileNetwork {
  readonly port: number;
  /** Oldest first. */
  readonly texts: readonly PhoneText[];
  readonly bell: Bell;
  /** Whether guichet is connected and takes texts. */
  isBound(): boolean;
  /** Sends a text as a phone would. @returns it as `taken` or `refused`; still `waiting` when guichet did not answer in time. */
  write(text: { from: string; to: string; text: string }): Promise<PhoneText>;
  /** What becomes of texts to a phone from now on; DELIVRD unless told. */
  setReceipt(phone: string, receipt: Receipt): void;
  stop(): Promise<void>;
}

/** How long a phone takes to say that it has a text. */
const RECEIPT_MS = 400;
/** A real SMSC asks again for hours; whoever waits here wants to know. */
const TAKEN_WITHIN_MS = 10_000;
const AGAIN_MS = 250;

export async function startMobileNetwork(port: number): Promise<MobileNetwork> {
  const smsc = await startSmscDouble(port);
  const ending = new AbortController();
  const bell = createBell();
  const texts: PhoneText[] = [];
  const pieces = new Map<string, Map<number, Piece>>();
  const receipts = new Map<string, Receipt>([[GONE_PHONE, "UNDELIV"]]);
  let reference = 0;

  const put = (text: Omit<PhoneText, "id" | "since">): number => {
    texts.push({ ...text, id: texts.length + 1, since: text.at });
    bell.ring();
    return texts.length - 1;
  };
  const settle = (place: number, state: PhoneText["state"]) => {
    const text = texts[place];
    if (text === undefined) throw new Error("a text that was never kept");
    texts[place] = { ...text, state, since: new Date().toISOString() };
    bell.ring();
    return texts[place];
  };
  const offer = async (message: Partial<ShortMessage>): Promise<number | undefined> => {
    for (const until = Date.now() + TAKEN_WITHIN_MS; Date.now() < until; ) {
      const status = await within(smsc.deliver(message), until - Date.now());
      if (status === STATUS.ESME_ROK || status === STATUS.ESME_RX_P_APPN) return status;
      await sleep(AGAIN_MS, undefined, { signal: ending.signal });
    }
    return undefined;
  };
  const report = async (place: number, taken: readonly Piece[], ends: Ends) => {
    const receipt = receipts.get(ends.phone) ?? "DELIVRD";
    if (receipt === "none" || taken.some(({ wantsReceipt }) => !wantsReceipt)) return;
    await sleep(RECEIPT_MS, undefined, { signal: ending.signal });
    for (const { id } of taken) await offer(receiptMessage(id, receipt, ends));
    settle(place, receipt === "DELIVRD" ? "delivered" : "failed");
  };
  smsc.onTaken = (message, id) => {
    const ends = { phone: readAddressOf(message.destination), agency: readAddressOf(message.source) };
    const { text, part } = readUserData(message);
    const piece = { id, text, wantsReceipt: (message.registeredDelivery & 1) === 1 };
    const whole =
      part === undefined ? [piece] : gather(pieces, `${ends.phone} ${ends.agency} ${part.reference}`, part, piece);
    if (whole === undefined) return;
    const words = whole.map((each) => each.text).join("");
    const place = put({
      direction: "to_citizen",
      from: ends.agency,
      to: ends.phone,
      text: words,
      parts: whole.length,
      at: new Date().toISOString(),
      state: "sent",
    });
    // Ends with the network only.
    report(place, whole, ends).catch(() => undefined);
  };

  return {
    port: smsc.port,
    texts,
    bell,
    isBound: () => smsc.isBound,
    async write({ from, to, text }) {
      reference = (reference + 1) % 256;
      const messages = textMessages(text, { source: addressOf(from), destination: addressOf(to) }, reference);
      const place = put({
        direction: "to_agency",
        from,
        to,
        text,
        parts: messages.length,
        at: new Date().toISOString(),
        state: "waiting",
      });
      for (const message of messages) {
        const status = await offer(message);
        if (status !== STATUS.ESME_ROK) return settle(place, status === undefined ? "waiting" : "refused");
      }
      return settle(place, "taken");
    },
    setReceipt: (phone, receipt) => void receipts.set(phone, receipt),
    async stop() {
      ending.abort();
      await smsc[Symbol.asyncDispose]();
    },
  };
}

/** @returns undefined when the time is over first. */
async function within<T>(work: Promise<T>, limitMs: number): Promise<T | undefined> {
  const timer = new AbortController();
  try {
    return await Promise.race([work, sleep(limitMs, undefined, timer)]);
  } finally {
    timer.abort();
  }
}

interface Piece {
  readonly id: string;
  readonly text: string;
  readonly wantsReceipt: boolean;
}

/** @returns the pieces of a text in their order, once all are there. */
function gather(
  pieces: Map<string, Map<number, Piece>>,
  name: string,
  { of, number }: { of: number; number: number },
  piece: Piece,
): Piece[] | undefined {
  const known = (pieces.get(name) ?? new Map<number, Piece>()).set(number, piece);
  pieces.set(name, known);
  if (known.size < of) return undefined;
  pieces.delete(name);
  return [...known].sort(([one], [other]) => one - other).map(([, each]) => each);
}
