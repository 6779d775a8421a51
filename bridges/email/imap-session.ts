import { readFile } from "node:fs/promises";
import { ImapFlow } from "imapflow";
import type { TokenSource } from "./oauth2.ts";
import type { ImapSettings } from "./settings.ts";

/** One connection to one folder of a mailbox. */
export interface ImapSession extends AsyncDisposable {
  /** UIDVALIDITY as the server says it now. */
  uidValidity(): string;
  /** UIDs above `lastUid` that are not marked deleted, ascending. */
  listAfter(lastUid: number): Promise<number[]>;
  /** The others, ascending. */
  listUpTo(lastUid: number): Promise<number[]>;
  /** Those that the server received from one day up to another, both included, ascending. */
  listBetween(first: Date, last: Date): Promise<number[]>;
  /** When the server received these mails; a UID that is gone is left out. */
  receivedDates(uids: readonly number[]): Promise<Map<number, Date>>;
  /** Bytes of one mail, read piece by piece; undefined when it is gone. Sets no flag (BODY.PEEK). */
  download(uid: number): Promise<AsyncIterable<Buffer> | undefined>;
  /** Moves mails to another folder (RFC 6851, or what amounts to it), which is made when it is missing. @returns false when the server refuses. */
  move(uids: readonly number[], folder: string): Promise<boolean>;
  /** Resolves when the mailbox may hold something new (RFC 2177, IDLE; NOOP where the server has none). Rejects when the connection is lost. */
  waitForNews(): Promise<void>;
}

/** Also restarts IDLE, and is the time between two NOOPs; milliseconds. */
const LONGEST_IDLE = 60_000;
/** Longest time for a connection to be made, in milliseconds. */
const CONNECTING = 30_000;
const PIECE = 512 * 1024;
const DAY = 24 * 60 * 60_000;

/**
 * Connects, logs in and opens the folder, for reading only unless mails are to be moved out of it. The session ends when
 * `signal` aborts.
 * @param tokens stand for the password, when the settings name OAuth 2.0: one that is refused is renewed at once.
 * @throws OAuth2Error when there is no token to log in with.
 */
export async function openSession(
  imap: ImapSettings,
  mailbox: string,
  tokens: TokenSource | undefined,
  signal: AbortSignal,
): Promise<ImapSession> {
  if (tokens === undefined) return logIn(imap, mailbox, { pass: imap.password ?? "" }, signal);
  const { token } = await tokens.get(false);
  try {
    return await logIn(imap, mailbox, { accessToken: token }, signal);
  } catch (fault) {
    if (!isLoginRefused(fault)) throw fault;
    const renewed = await tokens.get(true);
    if (renewed.token === token) throw fault;
    return logIn(imap, mailbox, { accessToken: renewed.token }, signal);
  }
}

export const isLoginRefused = (fault: unknown) =>
  fault instanceof Error && "authenticationFailed" in fault && fault.authenticationFailed === true;

async function logIn(
  imap: ImapSettings,
  mailbox: string,
  secret: { readonly pass: string } | { readonly accessToken: string },
  signal: AbortSignal,
): Promise<ImapSession> {
  const patience = imap.patience_seconds * 1000;
  const client = new ImapFlow({
    host: imap.host,
    port: imap.port,
    secure: imap.tls === "implicit",
    doSTARTTLS: imap.tls === "starttls",
    auth: { user: imap.user, ...secret },
    tls: imap.ca === undefined ? {} : { ca: await readFile(imap.ca) },
    clientInfo: { name: "guichet" },
    logger: false,
    disableAutoIdle: true,
    maxIdleTime: LONGEST_IDLE,
    connectionTimeout: Math.min(CONNECTING, patience),
    greetingTimeout: Math.min(CONNECTING, patience),
    // A half-open connection, whose other end is gone without a word, is noticed by this alone.
    socketTimeout: patience,
  });
  client.on("error", () => {});
  const end = () => client.close();
  signal.addEventListener("abort", end, { once: true });
  const close = () => {
    signal.removeEventListener("abort", end);
    client.close();
  };

  let hasNews = false;
  let wake = () => {};
  client.on("exists", () => {
    hasNews = true;
    wake();
  });
  client.on("close", () => wake());
  try {
    signal.throwIfAborted();
    await client.connect();
    await client.mailboxOpen(mailbox, { readOnly: imap.move_to === undefined });
  } catch (fault) {
    close();
    throw fault;
  }

  const search = async (uid: string) => {
    const uids = await client.search({ uid, deleted: false }, { uid: true });
    if (!uids) throw new ConnectionLostError();
    return uids.sort((one, other) => one - other);
  };
  return {
    uidValidity: () => {
      if (client.mailbox === false) throw new ConnectionLostError();
      return String(client.mailbox.uidValidity);
    },
    listAfter: async (lastUid) => {
      hasNews = false;
      // The range n:* holds the last mail even when its UID is below n (RFC 3501, 6.4.8).
      return (await search(`${lastUid + 1}:*`)).filter((uid) => uid > lastUid);
    },
    listUpTo: (lastUid) => (lastUid === 0 ? Promise.resolve([]) : search(`1:${lastUid}`)),
    listBetween: async (first, last) => {
      // Days as the server counts them, without their zone (RFC 3501, 6.4.4).
      const range = {
        since: new Date(first.getTime() - DAY),
        before: new Date(last.getTime() + 2 * DAY),
        deleted: false,
      };
      const uids = await client.search(range, { uid: true });
      if (!uids) throw new ConnectionLostError();
      return uids.sort((one, other) => one - other);
    },
    receivedDates: async (uids) => {
      const mails = await client.fetchAll(uids.join(","), { internalDate: true }, { uid: true });
      return new Map(mails.map((mail) => [mail.uid, new Date(mail.internalDate ?? Number.NaN)]));
    },
    download: async (uid) => {
      const { content } = await client.download(String(uid), undefined, { uid: true, chunkSize: PIECE });
      if (content === undefined && !client.usable) throw new ConnectionLostError();
      return content;
    },
    move: async (uids, folder) => {
      const range = uids.join(",");
      if (await client.messageMove(range, folder, { uid: true })) return true;
      if (!client.usable) throw new ConnectionLostError();
      // The server may have said that the folder is missing (RFC 3501, TRYCREATE).
      const made = await client.mailboxCreate(folder).catch(() => undefined);
      return made?.created === true && Boolean(await client.messageMove(range, folder, { uid: true }));
    },
    waitForNews: async () => {
      if (!hasNews && client.usable) {
        const news = new Promise<void>((resolve) => {
          wake = resolve;
        });
        await Promise.race([news, client.idle().catch(() => {})]);
      }
      if (!client.usable) throw new ConnectionLostError();
    },
    [Symbol.asyncDispose]: async () => close(),
  };
}

class ConnectionLostError extends Error {
  override readonly name = "ConnectionLostError";
  readonly code = "NoConnection";
}
