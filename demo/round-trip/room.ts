import { isRecord } from "../../src/domain/is-record.ts";
import type { MatrixClient, MatrixEvent } from "../../test/support/matrix-client.ts";
import { SetUpError } from "../setup/say.js";

/** Where the agent works. */
export interface Room {
  readonly agent: MatrixClient;
  readonly room: string;
}

/** A machine with other work has slow moments. */
export const PATIENCE_MS = 30_000;

/** @throws SetUpError with `what` was not seen. */
export async function expectEvent(
  { agent, room }: Room,
  what: string,
  fits: (event: MatrixEvent) => boolean,
): Promise<MatrixEvent> {
  try {
    return await agent.waitForEvent(room, fits, PATIENCE_MS);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SetUpError(`The agent did not see ${what} in the room: ${reason}.`);
  }
}

/** Replies in the thread of a citizen's first message, and waits for the sign that the answer has left. */
export async function answerIn(place: Room, question: MatrixEvent, words: string): Promise<void> {
  const answer = await place.agent.reply(place.room, question.event_id, words, question.event_id);
  const outcome = await expectEvent(
    place,
    "the outcome of the agent's answer",
    ({ type, content }) => type === "m.reaction" && ["✅", "❌"].some((key) => isReaction(content, answer, key)),
  );
  if (!isReaction(outcome.content, answer, "✅"))
    throw new SetUpError("guichet says that the answer was not delivered.");
}

export const isFromCitizen = ({ type, sender }: MatrixEvent) =>
  type === "m.room.message" && sender.startsWith("@_guichet_");

export function isPartOf(content: MatrixEvent["content"], root: MatrixEvent): boolean {
  const { rel_type, event_id } = relationOf(content);
  return rel_type === "m.thread" && event_id === root.event_id;
}

function relationOf(content: MatrixEvent["content"]): Readonly<Record<string, unknown>> {
  const relation = content["m.relates_to"];
  return isRecord(relation) ? relation : {};
}

function isReaction(content: MatrixEvent["content"], to: string, key: string): boolean {
  const relation = relationOf(content);
  return relation.rel_type === "m.annotation" && relation.event_id === to && relation.key === key;
}
