import { type AnsweredMessage, DeliveryError } from "../adapter/index.ts";
import { readWords } from "../conversation/words.ts";
import type { ConversationId, EventId, RoomId } from "../domain/ids.ts";
import { isRecord } from "../domain/is-record.ts";
import type { HomeserverClient } from "../matrix/homeserver-client.ts";
import type { OurUsers } from "../matrix/identity.ts";
import { MatrixError } from "../matrix/matrix-error.ts";
import { readRoomEvent } from "../matrix/read-room-event.ts";
import { findAnswered } from "../store/answered.ts";
import type { Database } from "../store/database.ts";

export interface AnsweredParts {
  readonly database: Database;
  readonly client: HomeserverClient;
  readonly users: OurUsers;
}

/**
 * The citizen's words as they stand in the room, where they are kept: what was deleted there is not quoted.
 * @throws DeliveryError ANSWERED_UNREADABLE
 */
export async function readAnswered(
  { database, client, users }: AnsweredParts,
  conversation: ConversationId,
  { room, event }: { room: RoomId; event: EventId },
): Promise<AnsweredMessage | undefined> {
  const answered = await findAnswered(database.relaxed, conversation, event);
  if (!answered) return undefined;
  const shown = await readRoomEvent(client, room, answered.event, users.bot).catch((error: unknown) => {
    if (error instanceof MatrixError) throw new DeliveryError("retry", "ANSWERED_UNREADABLE", { cause: error });
    throw error;
  });
  const words = shown && isRecord(shown.content) ? readWords(shown.content) : undefined;
  if (!shown || !words || typeof shown.origin_server_ts !== "number") return undefined;
  return { from: answered.from, at: new Date(shown.origin_server_ts), ...words };
}
