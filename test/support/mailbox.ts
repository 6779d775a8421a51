import { setTimeout as sleep } from "node:timers/promises";
import { ImapFlow } from "imapflow";
import { type ParsedMail, simpleParser } from "mailparser";

/** A citizen's mailbox, as their mail program sees it by IMAP. */
export interface Mailbox {
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** Waits for a mail whose text holds `words`. @throws Error when none comes in time. */
export async function waitForMail(mailbox: Mailbox, words: string, limitMs = 20_000): Promise<ParsedMail> {
  for (const end = Date.now() + limitMs; Date.now() < end; await sleep(200)) {
    const mails = await readMailbox(mailbox);
    const found = mails.find(({ text }) => text?.includes(words));
    if (found) return found;
  }
  throw new Error(`no mail with "${words}" in ${limitMs} ms`);
}

export async function readMailbox({ port, user, password }: Mailbox): Promise<ParsedMail[]> {
  const client = new ImapFlow({
    host: "127.0.0.1",
    port,
    secure: true,
    tls: { rejectUnauthorized: false },
    auth: { user, pass: password },
    logger: false,
  });
  await client.connect();
  try {
    const { exists } = await client.mailboxOpen("INBOX", { readOnly: true });
    const mails = exists === 0 ? [] : await client.fetchAll("1:*", { source: true });
    return await Promise.all(mails.map(({ source }) => simpleParser(source ?? "")));
  } finally {
    await client.logout();
  }
}
