import { relationIn } from "../conversation/portal.ts";
import type { EventId, RoomId, UserId } from "../domain/ids.ts";
import type { HomeserverClient } from "../matrix/homeserver-client.ts";
import type { OurUsers } from "../matrix/identity.ts";
import { asMember } from "../matrix/membership.ts";
import { nameTransaction } from "../matrix/transaction-id.ts";
import type { Database } from "../store/database.ts";
import { addMessage, type ConversationPlace } from "../store/message.ts";

export interface DeskParts {
  readonly database: Database;
  readonly client: HomeserverClient;
  readonly users: OurUsers;
}

/**
 * Says something to one agent, as a notice in the conversation under the message it is about.
 * @param notice.below the event that it stands under, when the message it is about stands in another room.
 * @param notice.round tells the same words about the same message apart from those of an earlier round.
 */
export async function sayToAgent(
  parts: DeskParts,
  place: ConversationPlace,
  notice: { text: string; about: EventId; agent: UserId; below?: EventId | undefined; round?: readonly string[] },
): Promise<void> {
  const { database, client, users } = parts;
  const { about, below = about, round = [] } = notice;
  const root = place.root ?? below;
  const content = {
    msgtype: "m.notice",
    body: notice.text,
    "m.mentions": { user_ids: [notice.agent] },
    ...relationIn({ portal: place.portal, root, latest: place.latest ?? root }, below),
  };
  const txnId = nameTransaction("notice", about, notice.text, ...round);
  const event = await asMember(parts, place.room, () =>
    client.send(place.room, "m.room.message", content, { as: users.bot, txnId }),
  );
  await addMessage(database.relaxed, { event, room: place.room, conversation: place.id, author: "bridge", about });
}

/** Says something in a conversation's thread to whoever reads it: nobody is called. `source` names what it is about. */
export async function sayInThread(
  parts: DeskParts,
  place: ConversationPlace & { readonly root: EventId },
  text: string,
  source: readonly string[],
): Promise<void> {
  const { database, client, users } = parts;
  const relation = relationIn({ portal: place.portal, root: place.root, latest: place.latest ?? place.root });
  const content = { msgtype: "m.notice", body: text, "m.mentions": {}, ...relation };
  const txnId = nameTransaction("thread", ...source);
  const event = await asMember(parts, place.room, () =>
    client.send(place.room, "m.room.message", content, { as: users.bot, txnId }),
  );
  await addMessage(database.relaxed, { event, room: place.room, conversation: place.id, author: "bridge" });
}

/** Says something to one agent about a message that belongs to no conversation. */
export async function sayBeside(
  { client, users }: DeskParts,
  room: RoomId,
  notice: { text: string; about: EventId; agent: UserId },
): Promise<void> {
  const content = {
    msgtype: "m.notice",
    body: notice.text,
    "m.mentions": { user_ids: [notice.agent] },
    "m.relates_to": { "m.in_reply_to": { event_id: notice.about } },
  };
  const txnId = nameTransaction("notice", notice.about, notice.text);
  await client.send(room, "m.room.message", content, { as: users.bot, txnId });
}

/** Says something to everybody in a room, outside any conversation. `source` names what it is about, once for ever. */
export async function sayInRoom(
  parts: Pick<DeskParts, "client" | "users">,
  room: RoomId,
  text: string,
  source: readonly string[],
): Promise<void> {
  const content = { msgtype: "m.notice", body: text, "m.mentions": {} };
  const options = { as: parts.users.bot, txnId: nameTransaction("room", ...source) };
  await asMember(parts, room, () => parts.client.send(room, "m.room.message", content, options));
}
