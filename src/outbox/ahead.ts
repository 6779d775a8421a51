import type { RoomId } from "../domain/ids.ts";
import type { HomeserverClient } from "../matrix/homeserver-client.ts";
import type { OurUsers } from "../matrix/identity.ts";
import { readSender } from "../matrix/read-sender.ts";
import { type KnownConversations, referencesOf } from "./holds.ts";
import type { AgentEvent } from "./read-event.ts";

/**
 * Tells whether an agent answers a citizen's message that the store does not know yet: the homeserver shows a message
 * before our row of it is written, and a crash in between makes that moment seconds.
 */
export async function isAhead(
  { client, users }: { readonly client: HomeserverClient; readonly users: OurUsers },
  room: RoomId,
  event: AgentEvent,
  known: KnownConversations,
): Promise<boolean> {
  if (event.kind !== "message" && event.kind !== "encrypted" && event.kind !== "unsendable") return false;
  for (const id of referencesOf(event)) {
    const sender = known.has(id) ? undefined : await readSender(client, room, id, users.bot);
    if (sender !== undefined && sender !== users.bot && users.isOurs(sender)) return true;
  }
  return false;
}
