import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { createTransport } from "nodemailer";
import type { SMTPServerOptions } from "smtp-server";
import type { Harness, Letter, Offered, Remote } from "../../src/conformance/index.ts";
import { freePort } from "./ports.ts";
import { type SmtpSink, startSmtpSink } from "./smtp-sink.ts";

const CITIZEN = "anna@example.org";
const CHANNEL = "mairie@town.example";
const MIB = 1024 * 1024;
/** Base64 makes a file a good third longer. */
const LIMIT = { taken: 16 * MIB, mail: 24 * MIB, refused: 32 * MIB };

/** Mail servers around the email bridge: a client that hands mail in by SMTP, and a submission server with a login. */
export const emailHarness: Harness = { open: () => openMailServers(true), patienceMs: 10_000 };

/** A channel that only receives. */
export const emailIntakeHarness: Harness = {
  open: () => openMailServers(false),
  patienceMs: 10_000,
  lacks: {
    sending: "the channel has no submission server",
    outage: "mail comes in by itself: there is nothing to lose touch with",
  },
};

async function openMailServers(isSending: boolean): Promise<Remote> {
  const password = `secret-${randomUUID()}`;
  const login: SMTPServerOptions = {
    authOptional: false,
    onAuth: (given, _session, done) =>
      given.password === password ? done(null, { user: "mairie" }) : done(new Error("Invalid login")),
  };
  const listenPort = await freePort();
  let sink = await startSmtpSink(login);
  const { port } = sink;
  const smtp = { host: "127.0.0.1", port, tls: "none", user: "mairie", password };
  return {
    settings: {
      address: CHANNEL,
      listen: { port: listenPort, max_bytes: LIMIT.mail },
      ...(isSending ? { smtp } : {}),
    },
    secrets: [password, Buffer.from(`\0mairie\0${password}`).toString("base64")],
    citizen: CITIZEN,
    arrivalLimit: LIMIT,
    offer: async (letter) => {
      const id = randomUUID();
      return hand(listenPort, CITIZEN, () => writeMail(letter, id));
    },
    offerNews: async ({ remoteId, to }) => {
      const id = randomUUID();
      return hand(listenPort, "", () => [writeBounce(remoteId, to, id)]);
    },
    behave: (as) => {
      sink.faults = as === undefined ? {} : FAULTS[as];
    },
    received: () =>
      sink.mails.map(({ raw, size }) => {
        const id = /^message-id: <([^>]+)>/im.exec(raw)?.[1];
        return { text: raw, bytes: size, ...(id === undefined ? {} : { id }) };
      }),
    goDown: () => sink.stop(),
    comeBack: async () => {
      const { mails } = sink;
      sink = await startSmtpSink(login, port);
      sink.mails.push(...mails);
    },
    close: () => sink.stop(),
  };
}

const FAULTS = {
  silent: { stall: true },
  busy: { rcptTo: [450, `4.2.1 <${CITIZEN}>: mailbox is busy`] },
  refusing: { rcptTo: [550, `5.1.1 <${CITIZEN}>: no such user`] },
} as const satisfies Record<string, SmtpSink["faults"]>;

/** Hands a mail in over a connection of its own. */
function hand(port: number, from: string, write: () => Iterable<string> | AsyncIterable<string>): Offered {
  let isAcknowledged = false;
  const client = createTransport({ host: "127.0.0.1", port, ignoreTLS: true });
  client
    .sendMail({ envelope: { from, to: [CHANNEL] }, raw: Readable.from(write(), { objectMode: false }) })
    .then(() => {
      isAcknowledged = true;
    })
    .catch(() => undefined);
  return { isAcknowledged: () => isAcknowledged, again: async () => hand(port, from, write) };
}

async function* writeMail({ name, text, files }: Letter, id: string): AsyncGenerator<string> {
  yield `From: ${name} <${CITIZEN.toUpperCase()}>\r\nTo: ${CHANNEL}\r\nSubject: ${text}\r\nMessage-ID: <${id}@example.org>\r\n`;
  yield `MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n${text}\r\n`;
  for (const file of files) {
    yield `--b\r\nContent-Type: ${file.type}\r\nContent-Transfer-Encoding: base64\r\n`;
    yield `Content-Disposition: attachment; filename="${file.name}"\r\n\r\n`;
    yield* encode(file.open());
  }
  yield "--b--\r\n";
}

/** RFC 2045, 6.8: lines of 76 characters are 57 bytes each. */
async function* encode(pieces: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of pieces) {
    const bytes = Buffer.concat([rest, piece]);
    const whole = bytes.length - (bytes.length % 57);
    yield inLines(bytes.subarray(0, whole));
    rest = bytes.subarray(whole);
  }
  yield inLines(rest);
}

const inLines = (bytes: Buffer) => bytes.toString("base64").replace(/.{1,76}/g, "$&\r\n");

const writeBounce = (remoteId: string, to: string, id: string) =>
  `From: MAILER-DAEMON@mx.example
To: ${CHANNEL}
Message-ID: <${id}@mx.example>
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

Your message did not arrive.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; ${to}
Action: failed
Status: 5.2.2
--b
Content-Type: text/rfc822-headers

Message-ID: <${remoteId}>
--b--
`.replaceAll("\n", "\r\n");
