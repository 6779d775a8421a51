import type { HeadNotes } from "../conversation/compose-head.ts";
import { chooseEarlier } from "../conversation/earlier.ts";
import { linkToEvent } from "../conversation/permalink.ts";
import type { DeskTexts } from "../desk/texts.ts";
import type { ConversationId } from "../domain/ids.ts";
import type { OurUsers } from "../matrix/identity.ts";
import type { Database } from "../store/database.ts";
import { findBeginning, findEarlier } from "../store/earlier.ts";
import type { Arrival } from "../store/inbox.ts";

export interface NewBeginning {
  readonly conversation: ConversationId;
  /** False for one that was stored before, be it by an earlier attempt. */
  readonly isNew: boolean;
  readonly agency: string;
  readonly texts: DeskTexts;
}

/**
 * What agents should know when a conversation begins in a room: where it has begun before, when it comes from a room that
 * was replaced; else the earlier conversation that it may belong to, or that the sender is new.
 */
export async function noteBeginning(
  { database, users }: { readonly database: Database; readonly users: OurUsers },
  { message, receivedAt }: Arrival,
  { conversation, isNew, agency, texts }: NewBeginning,
): Promise<HeadNotes> {
  const began = isNew ? undefined : await findBeginning(database.relaxed, conversation);
  if (began) return { link: { words: texts.continues, href: linkToEvent(began, users.domain) } };
  const { from, references, subject } = message;
  const { address } = from;
  const earlier = await findEarlier(database.relaxed, { before: conversation, agency, address, references });
  const hint = chooseEarlier({ subject, at: receivedAt }, earlier);
  return {
    ...(earlier.own.length === 0 ? { sender: texts.firstContact } : {}),
    ...(hint ? { link: { words: texts.mayBelong, href: linkToEvent(hint.begins, users.domain) } } : {}),
  };
}
