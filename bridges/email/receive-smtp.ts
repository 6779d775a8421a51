import { createHash, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";
import type { BridgeHost } from "../../src/adapter/index.ts";
import { acceptMail } from "./accept-mail.ts";
import type { OwnAddress } from "./addresses.ts";
import { readMail } from "./read-mail.ts";
import type { ListenSettings } from "./settings.ts";
import { answer, type Ending, replyWith } from "./smtp-reply.ts";
import { MailTooLargeError, spool } from "./spool.ts";
import type { AssessSender } from "./trust/assess.ts";
import type { SmtpClient } from "./trust/check-spf.ts";

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
/** Postfix opens 20 at once (default_destination_concurrency_limit); one peer must not take all there are. */
const MOST_FROM_ONE = 50;
const MOST_RECIPIENTS = 100;

interface IntakeParts {
  readonly listen: ListenSettings;
  readonly own: OwnAddress;
  readonly host: BridgeHost;
  readonly assess: AssessSender;
}

export function createIntake(
  listen: ListenSettings,
  own: OwnAddress,
  host: BridgeHost,
  assess: AssessSender,
): MailIntake {
  let server: SMTPServer | undefined;
  return {
    start: async () => {
      server = createServer({ listen, own, host, assess }, await readTls(listen));
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

function createServer(parts: IntakeParts, tls: { cert: Buffer; key: Buffer } | undefined): SMTPServer {
  const { listen, own, host } = parts;
  const clients = countClients();
  const takeMail = async (stream: SMTPServerDataStream, session: SMTPServerSession) => {
    const recipients = session.envelope.rcptTo.map(({ address }) => address);
    const sender = session.envelope.mailFrom === false ? "" : session.envelope.mailFrom.address;
    const client = { ip: session.remoteAddress, helo: session.hostNameAppearsAs || "", mailFrom: sender };
    try {
      return await acceptForEach(stream, client, recipients, parts);
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
    useProxy: listen.proxy_from.length > 0 ? listen.proxy_from : false,
    logger: false,
    onConnect: ({ id, remoteAddress }, done) =>
      done(clients.enter(id, remoteAddress) ? null : replyWith("421 4.7.0", "Too many connections")),
    onClose: ({ id }) => clients.leave(id),
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

/** Open sessions by the address of the peer. */
function countClients() {
  const peers = new Map<string, string>();
  return {
    enter: (session: string, peer: string) => {
      peers.set(session, peer);
      return [...peers.values()].filter((each) => each === peer).length <= MOST_FROM_ONE;
    },
    leave: (session: string) => peers.delete(session),
  };
}

async function acceptForEach(
  stream: SMTPServerDataStream,
  client: SmtpClient,
  recipients: readonly string[],
  { listen, own, host, assess }: IntakeParts,
): Promise<Ending[]> {
  await using spooled = await spool(stream, listen.max_bytes);
  const mail = await readMail(spooled, host.languages);
  // By LMTP it is always a server of the operator that hands mail in.
  const assessment = await assess(spooled, mail, listen.protocol === "smtp" ? client : undefined);
  if (assessment.rule === "refuse") return recipients.map(() => "forged");
  const receivedAt = host.now();
  const endings: Ending[] = [];
  for (const recipient of recipients) {
    // A mail server that lost our 250 offers the same mail again. Without a Message-ID equal ones may be two mails.
    const dedupeKey = mail.remoteId === undefined ? `smtp:${randomUUID()}` : nameArrival(recipient, spooled.digest);
    const arrival = { dedupeKey, receivedAt, recipient, envelopeFrom: client.mailFrom, assessment };
    endings.push(
      await acceptMail(mail, arrival, own, host).catch((fault: unknown) => {
        host.log.error({ err: fault, code: "EMAIL_NOT_STORED" }, "mail could not be stored, the sender tries again");
        return "failed" as const;
      }),
    );
  }
  return endings;
}

const nameArrival = (recipient: string, digest: string) =>
  `smtp:${createHash("sha256").update(`${recipient.toLowerCase()}\n${digest}`).digest("hex")}`;

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
