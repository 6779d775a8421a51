import { createHash } from "node:crypto";
import { z } from "zod";
import type { Notes } from "../../src/adapter/index.ts";

/** How far a mailbox is read: every UID up to `lastUid` is settled, as long as UIDVALIDITY is the same (RFC 3501, 2.3.1.1). */
export interface Cursor {
  readonly uidValidity: string;
  readonly lastUid: number;
}

const shape = z.object({ uidValidity: z.string(), lastUid: z.int().min(0) });

export async function readCursor(notes: Notes, mailbox: string): Promise<Cursor | undefined> {
  const note = await notes.get(noteKey(mailbox));
  return note === undefined ? undefined : shape.parse(JSON.parse(note));
}

export const writeCursor = (notes: Notes, mailbox: string, cursor: Cursor) =>
  notes.set(noteKey(mailbox), JSON.stringify(cursor));

/**
 * Where reading goes on. A new UIDVALIDITY makes every known UID void: the mailbox is read from its start again,
 * which may show mails twice but loses none.
 */
export const continueFrom = (cursor: Cursor | undefined, uidValidity: string): Cursor =>
  cursor?.uidValidity === uidValidity ? cursor : { uidValidity, lastUid: 0 };

/** Name of an arrival from a mailbox, at most 200 characters. */
export const nameArrival = (mailbox: string, uidValidity: string, uid: number) =>
  `imap:${shortName(mailbox)}:${uidValidity}:${uid}`;

const noteKey = (mailbox: string) => `imap:${shortName(mailbox)}`;

const shortName = (mailbox: string) =>
  mailbox.length <= 100 ? mailbox : createHash("sha256").update(mailbox).digest("hex");
