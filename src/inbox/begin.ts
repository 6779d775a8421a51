import type { Kysely } from "kysely";
import type { Logger } from "pino";
import type { Acknowledging } from "../conversation/acknowledgement.ts";
import type { PortalKind, Way } from "../domain/conversation.ts";
import type { Fence } from "../domain/fence.ts";
import { type ConversationId, type Lane, type RoomId, replyLane } from "../domain/ids.ts";
import { addConversation, placeConversation } from "../store/conversation.ts";
import type { Database } from "../store/database.ts";
import { addGhost } from "../store/ghost.ts";
import { type Arrival, bindConversation } from "../store/inbox.ts";
import type { Schema } from "../store/schema.ts";
import { acknowledge } from "./acknowledge.ts";
import type { Citizen } from "./join.ts";

export interface BeginningParts {
  readonly database: Database;
  readonly log: Logger;
  wake(lane: Lane, whose: string): Promise<void>;
  /** Tells an agency of a conversation's new room. @throws MatrixError when the homeserver is away. */
  announcePortal(agency: string, portal: RoomId): Promise<void>;
}

/** What a conversation is begun with. */
interface Beginning {
  /** The number that the citizen was told. */
  readonly number: ConversationId | undefined;
  readonly citizen: Citizen;
  readonly portal: PortalKind;
  /** Undefined for a room of its own that cannot be made now. */
  readonly room: RoomId | undefined;
  /** Where answers go, when that is not where the arrival came from. */
  readonly answers: Way | undefined;
  readonly channel: { readonly agency: string; readonly acknowledging: Acknowledging | undefined };
}

/** Begins a conversation with an arrival, and its acknowledgement in the same commit. */
export async function begin(
  parts: BeginningParts,
  fence: Fence,
  arrival: Arrival,
  beginning: Beginning & { readonly room: RoomId },
): Promise<ConversationId> {
  // Said before the conversation is stored: from then on a repetition does not come here.
  if (beginning.portal === "room") await parts.announcePortal(beginning.channel.agency, beginning.room);
  return store(parts, fence, arrival, beginning);
}

/**
 * Begins a conversation without the homeserver, so that a citizen who waits for an acknowledgement gets it. An arrival that
 * finds it bound later goes on as after a crash that came behind its beginning.
 */
export async function beginUnseen(
  parts: BeginningParts,
  fence: Fence,
  arrival: Arrival,
  beginning: Beginning,
): Promise<void> {
  if (beginning.channel.acknowledging === undefined) return;
  // A thread is nothing without its room; a room of its own is made when it can be.
  if (beginning.portal === "thread" && beginning.room === undefined) return;
  await addGhost(parts.database.relaxed, beginning.citizen);
  await store(parts, fence, arrival, beginning);
}

/** Gives a conversation that was begun without the homeserver its room. */
export async function furnish(
  parts: BeginningParts,
  agency: string,
  conversation: ConversationId,
  room: RoomId,
): Promise<void> {
  await parts.announcePortal(agency, room);
  await placeConversation(parts.database.relaxed, conversation, room);
}

async function store(
  parts: BeginningParts,
  fence: Fence,
  arrival: Arrival,
  beginning: Beginning,
): Promise<ConversationId> {
  const { agency, acknowledging } = beginning.channel;
  if (!acknowledging) return add(parts.database.relaxed, fence, arrival, beginning);
  const { id, isAcknowledged } = await parts.database.relaxed.transaction().execute(async (trx) => {
    const id = await add(trx, fence, arrival, beginning);
    return {
      id,
      isAcknowledged: await acknowledge(trx, arrival, id, {
        ...acknowledging,
        agency,
        log: parts.log,
        answers: beginning.answers,
      }),
    };
  });
  if (isAcknowledged) await parts.wake(replyLane(id), arrival.channel);
  return id;
}

async function add(
  db: Kysely<Schema>,
  fence: Fence,
  arrival: Arrival,
  { number, citizen, portal, room, channel }: Beginning,
): Promise<ConversationId> {
  const id = await addConversation(db, {
    id: number,
    agency: channel.agency,
    channel: arrival.channel,
    portal,
    room,
    citizen: citizen.localpart,
    address: citizen.address,
    citizenName: citizen.name,
    subject: arrival.message.subject,
  });
  await bindConversation(db, fence, arrival.id, id);
  return id;
}
