import { createHash, randomUUID } from "node:crypto";
import type { Acceptance, BridgeHost } from "../../src/adapter/index.ts";
import { createInOrder } from "../../src/adapter/index.ts";
import { type Consent, readWish } from "./consent.ts";
import type { ReceivedText } from "./gateway.ts";
import { readSender, type Sender } from "./numbers.ts";
import { createReassembler, type JoinedText } from "./reassemble.ts";
import type { SmsSettings } from "./settings.ts";
import type { Talks } from "./talks.ts";
import { say } from "./texts.ts";

/** Texts on their way from a gateway to the inbox. */
export interface TextIntake {
  start(): void;
  stop(): void;
  /** As `GatewayHost.received`. */
  received(text: ReceivedText): Promise<Acceptance>;
}

type SenderText = Omit<JoinedText, "from"> & { readonly isDoubtful?: boolean };

/** How often waiting parts are looked at, at most, in milliseconds. */
const LOOK_EVERY = 5_000;

export function createTextIntake(
  settings: SmsSettings,
  { consent, talks }: { readonly consent: Consent; readonly talks: Talks },
  host: BridgeHost,
): TextIntake {
  const { inbox, languages, log } = host;
  const inOrder = createInOrder();
  const waitMs = settings.parts_wait_seconds * 1000;
  let timer: NodeJS.Timeout | undefined;

  const accept = async (sender: Sender, text: SenderText) => {
    const wish = sender.kind === "number" ? readWish(text.text, settings.stop_words) : undefined;
    if (wish !== undefined) await consent.change(sender.address, wish);
    return inbox.accept({
      dedupeKey: text.key,
      remoteId: text.key,
      from: { address: sender.address },
      // Some gateways do not say which of our numbers it came to.
      to: text.to || settings.number,
      receivedAt: text.at,
      text: text.text.replace(/\r\n?/g, "\n"),
      remarks: [...remarksOn(sender, text), ...(wish === undefined ? [] : [say(`remark.${wish}`, languages)])],
      thread: { references: [await talks.cited(sender.address, text.key)] },
      // Nobody reads an answer to a short code or a name, and one to STOP would be against their wish.
      automatic: sender.kind !== "number" || wish === "stop",
      attachments: [],
    });
  };
  const remarksOn = ({ kind }: Sender, { missing, of, wasShown, isDoubtful }: SenderText) => [
    ...(kind === "number" ? [] : [say(`remark.${kind}`, languages)]),
    ...(isDoubtful === true ? [say("remark.again", languages)] : []),
    ...(missing.length === 0 ? [] : [say("remark.gap", languages, { missing: missing.length, of })]),
    ...(wasShown && missing.length === 0 ? [say("remark.whole", languages)] : []),
  ];
  const reassembler = createReassembler({
    notes: host.notes,
    now: host.now,
    waitMs,
    inOrder,
    sayGap: (first, last, of) => say(first === last ? "gap.one" : "gap.more", languages, { first, last, of }),
    deliver: ({ from, ...text }) => accept(readSender(from, settings.country), text),
  });
  const look = async () => {
    await reassembler.look().catch((fault: unknown) => {
      log.warn(
        { code: "SMS_NOT_STORED", err: fault instanceof Error ? fault.name : undefined },
        "a text with a gap waits",
      );
    });
    timer?.refresh();
  };
  return {
    start: () => {
      timer = setTimeout(() => void look(), Math.min(LOOK_EVERY, waitMs / 2));
    },
    stop: () => {
      clearTimeout(timer);
      timer = undefined;
    },
    received: (received) => {
      const sender = readSender(received.from, settings.country);
      const { part, to, text, at, id, isDoubtful = false } = received;
      if (part !== undefined) return inOrder(received.from, () => reassembler.take({ ...received, part }));
      return inOrder(received.from, () =>
        accept(sender, { key: keyOf(id), to, text, at, missing: [], of: 1, wasShown: false, isDoubtful }),
      );
    },
  };
}

/** A gateway's name may be of any length; without one, each arrival is its own. */
const keyOf = (id: string | undefined) =>
  id === undefined ? randomUUID() : id.length <= 100 ? id : createHash("sha256").update(id).digest("hex");
