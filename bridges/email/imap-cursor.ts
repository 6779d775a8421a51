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
 * Where reading goes on. A new UIDVALIDITY makes every known UID void: the mailbox is read from its start again, and
 * the inbox recognises what it has.
 */
export const continueFrom = (cursor: Cursor | undefined, uidValidity: string): Cursor =>
  cursor?.uidValidity === uidValidity ? cursor : { uidValidity, lastUid: 0 };

/**
 * Name of an arrival from a folder, at most 200 characters. A mail with a Message-ID is known by its digest, so that a
 * folder which the server numbers anew shows no mail twice, nor one that came on two ways; else the mail's number names it.
 */
export const nameArrival = (
  mailbox: string,
  mail: { readonly digest?: string | undefined; readonly uidValidity: string; readonly uid: number },
) => `imap:${shortName(mailbox)}:${mail.digest ?? `${mail.uidValidity}:${mail.uid}`}`;

const noteKey = (mailbox: string) => `imap:${shortName(mailbox)}`;

const shortName = (mailbox: string) =>
  mailbox.length <= 100 ? mailbox : createHash("sha256").update(mailbox).digest("hex");
