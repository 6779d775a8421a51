import { createHash, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";
import type { Acceptance, BridgeHost } from "../../src/adapter/index.ts";
import type { OwnAddress } from "./addresses.ts";
import { toInbound } from "./arrival.ts";
import { readMail } from "./read-mail.ts";
import type { ListenSettings } from "./settings.ts";
import { MailTooLargeError, spool } from "./spool.ts";

/** Takes mail in by SMTP (RFC 5321) or LMTP (RFC 2033): 250 only for what the inbox holds durably. */
export interface MailIntake {
  /** Rejects when the port cannot be had or the certificate cannot be read. */
  start(): Promise<void>;
  /** Takes no new connection, lets running mails end until `deadline` aborts. */
  stop(deadline: AbortSignal): Promise<void>;
}

/** RFC 5321, 4.5.3.2.7: a server waits at least five minutes for its client. */
const IDLE_LIMIT = 300_000;
const MOST_CLIENTS = 200;
const MOST_RECIPIENTS = 100;

export function createIntake(listen: ListenSettings, own: OwnAddress, host: BridgeHost): MailIntake {
  let server: SMTPServer | undefined;
  return {
    start: async () => {
      server = createServer(listen, own, host, await readTls(listen));
      await listenOn(server, listen);
      server.on("error", (fault) =>
        host.log.warn({ err: fault, code: "EMAIL_INTAKE_CONNECTION" }, "a connection to the mail intake failed"),
      );
    },
    stop: async (deadline) => {
      if (server !== undefined) await close(server, deadline);
      server = undefined;
    },
  };
}

async function readTls(listen: ListenSettings): Promise<{ cert: Buffer; key: Buffer } | undefined> {
  if (listen.tls === undefined) return undefined;
  const [cert, key] = await Promise.all([readFile(listen.tls.cert), readFile(listen.tls.key)]);
  return { cert, key };
}

function createServer(
  listen: ListenSettings,
  own: OwnAddress,
  host: BridgeHost,
  tls: { cert: Buffer; key: Buffer } | undefined,
): SMTPServer {
  const takeMail = async (stream: SMTPServerDataStream, session: SMTPServerSession) => {
    const recipients = session.envelope.rcptTo.map(({ address }) => address);
    const sender = session.envelope.mailFrom === false ? "" : session.envelope.mailFrom.address;
    try {
      return await acceptForEach(stream, sender, recipients, listen.max_bytes, own, host);
    } catch (fault) {
      if (fault instanceof MailTooLargeError) return recipients.map(() => "refused" as const);
      if (isHangUp(fault)) host.log.debug("the mail server hung up within a mail");
      else host.log.error({ err: fault, code: "EMAIL_NOT_SPOOLED" }, "mail could not be read, the sender tries again");
      return recipients.map(() => "failed" as const);
    }
  };
  return new SMTPServer({
    ...tls,
    lmtp: listen.protocol === "lmtp",
    name: own.domain,
    banner: "guichet",
    size: listen.max_bytes,
    rejectOversized: true,
    disabledCommands: tls === undefined ? ["AUTH", "STARTTLS"] : ["AUTH"],
    authOptional: true,
    disableReverseLookup: true,
    hideENHANCEDSTATUSCODES: false,
    maxClients: MOST_CLIENTS,
    maxRecipients: MOST_RECIPIENTS,
    socketTimeout: IDLE_LIMIT,
    logger: false,
    onRcptTo: ({ address }, _session, done) => done(own.owns(address) ? null : replyWith(550, "No such address here")),
    onData: (stream, session, done) => {
      void takeMail(stream, session).then((endings) => answer(endings, listen.protocol, done));
    },
  });
}

const isHangUp = (fault: unknown) =>
  fault instanceof Error &&
  "code" in fault &&
  ["ECONNECTION", "ERR_STREAM_PREMATURE_CLOSE"].includes(String(fault.code));

type Ending = Acceptance | "failed";

async function acceptForEach(
  stream: SMTPServerDataStream,
  sender: string,
  recipients: readonly string[],
  maxBytes: number,
  own: OwnAddress,
  host: BridgeHost,
): Promise<Ending[]> {
  await using spooled = await spool(stream, maxBytes);
  const mail = await readMail(spooled, host.languages);
  const receivedAt = host.now();
  const endings: Ending[] = [];
  for (const recipient of recipients) {
    // A mail server that lost our 250 offers the same bytes again. Without a Message-ID equal bytes may be two mails.
    const dedupeKey = mail.remoteId === undefined ? `smtp:${randomUUID()}` : nameArrival(recipient, spooled.digest);
    const message = toInbound(mail, { dedupeKey, receivedAt, recipient, envelopeFrom: sender }, own);
    endings.push(
      await host.inbox.accept(message).catch((fault: unknown) => {
        host.log.error({ err: fault, code: "EMAIL_NOT_STORED" }, "mail could not be stored, the sender tries again");
        return "failed" as const;
      }),
    );
  }
  return endings;
}

const nameArrival = (recipient: string, digest: string) =>
  `smtp:${createHash("sha256").update(`${recipient.toLowerCase()}\n${digest}`).digest("hex")}`;

type Done = (fault?: Error | null, replies?: string | (string | Error)[]) => void;

function answer(endings: readonly Ending[], protocol: ListenSettings["protocol"], done: Done): void {
  const replies = endings.map(replyTo);
  // SMTP has one reply for all recipients: unless each is stored, the mail comes again, and duplicates are told apart.
  const fault =
    replies.find((reply) => reply.responseCode === 451) ?? replies.find((reply) => reply.responseCode !== 250);
  if (protocol === "lmtp")
    done(
      null,
      replies.map((reply) => (reply.responseCode === 250 ? "OK" : reply)),
    );
  else if (fault !== undefined && fault.responseCode !== 250) done(fault);
  else done(null, "OK");
}

function replyTo(ending: Ending): SmtpReply {
  if (ending === "failed") return replyWith(451, "Try again later");
  if (ending === "refused") return replyWith(554, "Not accepted here");
  return replyWith(250, "OK");
}

interface SmtpReply extends Error {
  responseCode: number;
}

const replyWith = (responseCode: number, text: string): SmtpReply => Object.assign(new Error(text), { responseCode });

function listenOn(server: SMTPServer, { port, host }: ListenSettings): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function close(server: SMTPServer, deadline: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      for (const connection of server.connections) connection.close();
    };
    const isIdle = () => [...server.connections].every((connection) => !connection.session.envelope?.rcptTo?.length);
    const watch = setInterval(() => isIdle() && end(), 50);
    deadline.addEventListener("abort", end, { once: true });
    server.close(() => {
      clearInterval(watch);
      deadline.removeEventListener("abort", end);
      resolve();
    });
    if (deadline.aborted || isIdle()) end();
  });
}
