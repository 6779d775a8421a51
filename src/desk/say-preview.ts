import { relationIn } from "../conversation/portal.ts";
import type { EventId } from "../domain/ids.ts";
import { asMember } from "../matrix/membership.ts";
import { nameTransaction } from "../matrix/transaction-id.ts";
import { addMessage, readPlace } from "../store/message.ts";
import type { AgentsAnswer } from "../store/outbox.ts";
import type { DeskParts } from "./say.ts";

/**
 * Makes a notice under an agent's message say what is wanted: sends it, edits the one that stands there, or takes it back.
 * Nobody is called. Repeated after a crash it changes nothing.
 * @returns the notice that stands there now.
 */
export async function sayPreview(
  parts: DeskParts,
  answer: AgentsAnswer,
  { wanted, stands }: { readonly wanted: string | undefined; readonly stands: EventId | undefined },
): Promise<EventId | undefined> {
  const { database, client, users } = parts;
  const { room, event: about, conversation } = answer;
  // An edit begins the undo window anew: what was said before may be right again, and is another event then.
  const name = (what: string) => ({
    as: users.bot,
    txnId: nameTransaction("preview", answer.id, what, answer.dueAt.toISOString()),
  });
  if (wanted === undefined) {
    if (stands) await asMember(parts, room, () => client.redact(room, stands, name("take back")));
    return undefined;
  }
  const words = { msgtype: "m.notice", body: wanted, "m.mentions": {} };
  if (stands) {
    const content = {
      ...words,
      body: `* ${wanted}`,
      "m.new_content": words,
      "m.relates_to": { rel_type: "m.replace", event_id: stands },
    };
    await asMember(parts, room, () => client.send(room, "m.room.message", content, name(wanted)));
    return stands;
  }
  const place = await readPlace(database.relaxed, conversation.id, room);
  if (!place) return undefined;
  const root = place.root ?? about;
  const content = { ...words, ...relationIn({ portal: place.portal, root, latest: place.latest ?? root }, about) };
  const event = await asMember(parts, room, () => client.send(room, "m.room.message", content, name(wanted)));
  await addMessage(database.relaxed, { event, room, conversation: conversation.id, author: "bridge" });
  return event;
}
