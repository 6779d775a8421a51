import type { Kysely } from "kysely";
import { readDelivery } from "../conversation/delivery-id.ts";
import { GuichetError } from "../domain/guichet-error.ts";
import { conversationId, eventId, inboxId, outboxId } from "../domain/ids.ts";
import type { Schema } from "../store/schema.ts";
import { keepKey } from "../store/setting.ts";
import { readSteps, type Step } from "../store/step.ts";
import { findTraced, type TracedMessage, type TraceName } from "../store/trace.ts";

/** A message with its whole way. */
export interface Way {
  readonly message: TracedMessage;
  readonly steps: readonly Step[];
}

/**
 * The ways of the messages that a name means, and of the answers to them.
 * @param name an event, a Message-ID or another name on a channel, `case/12`, `arrival/12`, `answer/12`, or a bare number
 * that is a case or an arrival.
 * @throws GuichetError TRACE_UNKNOWN, TRACE_AMBIGUOUS
 */
export async function findWays(db: Kysely<Schema>, name: string): Promise<Way[]> {
  const meant = await findMeant(db, name);
  if (meant.length === 0) throw new GuichetError("TRACE_UNKNOWN", `No message is known as ${JSON.stringify(name)}.`);
  const messages = await addAnswers(db, meant);
  return Promise.all(
    messages.map(async (message) => ({
      message,
      steps: await readSteps(db, message.kind === "arrival" ? { arrival: message.id } : { answer: message.id }),
    })),
  );
}

async function findMeant(db: Kysely<Schema>, name: string): Promise<TracedMessage[]> {
  const [, kind, number] = /^(?:(case|arrival|answer)\/)?(\d{1,18})$/.exec(name) ?? [];
  if (number === undefined) return findTraced(db, await readName(db, name));
  if (kind === "answer") return findTraced(db, { answer: outboxId(number) });
  const inCase = kind === "arrival" ? [] : await findTraced(db, { conversation: conversationId(number) });
  const arrivals = kind === "case" ? [] : await findTraced(db, { arrival: inboxId(number) });
  const [arrival] = arrivals;
  if (inCase.length === 0) return arrivals;
  // The first message of a new house is case 1 and arrival 1.
  if (arrival === undefined || inCase.some(({ kind: other, id }) => other === "arrival" && id === arrival.id))
    return inCase;
  throw new GuichetError(
    "TRACE_AMBIGUOUS",
    `${number} is a case and an arrival: say case/${number} or arrival/${number}.`,
  );
}

/** A mail of ours tells by its name which answer it is, whether or not anybody took it. */
async function readName(db: Kysely<Schema>, name: string): Promise<TraceName> {
  if (name.startsWith("$")) return { event: eventId(name) };
  const remoteId = name.replace(/^<(.*)>$/, "$1");
  const delivery = readDelivery(await keepKey(db, "reply"), remoteId.split("@")[0] ?? "");
  return delivery === undefined ? { remoteId } : { remoteId, answer: delivery.id };
}

/** Behind each arrival the answers to it, and the acknowledgement behind the first of its conversation. */
async function addAnswers(db: Kysely<Schema>, meant: readonly TracedMessage[]): Promise<TracedMessage[]> {
  const all = new Map<string, TracedMessage>();
  const add = (message: TracedMessage) => all.set(`${message.kind} ${message.id}`, message);
  for (const message of meant) {
    add(message);
    if (message.kind !== "arrival" || message.conversation === undefined) continue;
    const beside = await findTraced(db, { conversation: message.conversation });
    const [first] = beside;
    for (const other of beside) {
      const answers = other.kind === "answer" && message.event !== undefined && other.answered === message.event;
      if (answers || (other.kind === "acknowledgement" && first?.id === message.id)) add(other);
    }
  }
  return [...all.values()];
}
