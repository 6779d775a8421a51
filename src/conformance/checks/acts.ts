import { type Bridge, DeliveryError, type OutboundMessage, type Sent } from "../../adapter/index.ts";
import { demand } from "../contract-broken.ts";
import type { Letter, Offered, Part, ReceivedMessage, Trouble } from "../harness.ts";
import { inTime, until } from "../patience.ts";
import { missing, type Stage } from "../stage.ts";

/** Whether the channel has a part, as the harness says. */
export const has = ({ lacks }: Stage, part: Part) => lacks[part] === undefined;

export function offer({ remote }: Stage, letter: Letter): Promise<Offered> {
  if (remote.offer === undefined) throw missing("offer", "arrivals");
  return remote.offer(letter);
}

/** Waits until the inbox holds so many messages. */
export const untilTaken = ({ host, patienceMs }: Stage, count: number) =>
  until(
    () => host.taken.length >= count,
    () => `${host.taken.length} of ${count} messages came to the inbox`,
    patienceMs,
  );

/** Waits until the remote counts the arrival as taken, where it learns that. */
export async function untilAcknowledged(stage: Stage, offered: Offered, what = "the arrival"): Promise<void> {
  if (!has(stage, "acknowledgement")) return;
  await until(
    () => offered.isAcknowledged(),
    () => `${what} was not acknowledged upstream`,
    stage.patienceMs,
  );
}

/** Sends, and ends as the bridge does. @throws Error when it takes longer than the harness gives. */
export function send(
  { patienceMs }: Stage,
  bridge: Bridge,
  message: OutboundMessage,
  signal: AbortSignal = new AbortController().signal,
): Promise<Sent> {
  demand(bridge.send !== undefined, "the bridge has no `send`");
  return inTime(bridge.send(message, signal), "`send` did not end", patienceMs);
}

/** The core gives an attempt a limited time: half of what the bridge may take to end. */
export const giveUp = ({ patienceMs }: Stage) => AbortSignal.timeout(Math.min(1_000, patienceMs / 2));

/** How an attempt failed. @throws Error when it did not, or by anything but a `DeliveryError`. */
export async function failureOf(attempt: Promise<Sent>): Promise<DeliveryError> {
  const ending = await attempt.catch((fault: unknown) => fault);
  if (ending instanceof DeliveryError) {
    demand(/^[A-Z][A-Z0-9_]*$/.test(ending.code), `the code "${ending.code}" is not an upper-case word`);
    return ending;
  }
  if (ending instanceof Error)
    throw new Error(`\`send\` rejected with ${ending.name}, not a DeliveryError: ${ending.message}`, { cause: ending });
  throw new Error("`send` resolved");
}

export async function behave({ remote }: Stage, as: Trouble | undefined): Promise<void> {
  if (remote.behave === undefined) throw missing("behave", as ?? "silent");
  await remote.behave(as);
}

export async function received({ remote }: Stage): Promise<readonly ReceivedMessage[]> {
  if (remote.received === undefined) throw missing("received", "sending");
  return remote.received();
}

/** Waits until the remote has a message with these words. */
export async function untilReceived(stage: Stage, text: string): Promise<ReceivedMessage> {
  const find = async () => (await received(stage)).find((each) => each.text.includes(text));
  let found = await find();
  await until(
    async () => {
      found = await find();
      return found !== undefined;
    },
    () => "the remote has no message with these words",
    stage.patienceMs,
  );
  demand(found !== undefined, "the remote has no message with these words");
  return found;
}

export async function goDown({ remote }: Stage): Promise<void> {
  if (remote.goDown === undefined) throw missing("goDown", "outage");
  await remote.goDown();
}

export async function comeBack({ remote }: Stage): Promise<void> {
  if (remote.comeBack === undefined) throw missing("comeBack", "outage");
  await remote.comeBack();
}

/** An inbox that is busy with an arrival until it is told to go on. */
export function hold(): { readonly answer: () => Promise<undefined>; readonly isHeld: () => boolean; release(): void } {
  const gate = Promise.withResolvers<undefined>();
  let isHeld = false;
  return {
    answer: () => {
      isHeld = true;
      return gate.promise;
    },
    isHeld: () => isHeld,
    release: () => gate.resolve(undefined),
  };
}
