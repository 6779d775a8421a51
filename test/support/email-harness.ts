import { randomUUID } from "node:crypto";
import type { SMTPServerOptions } from "smtp-server";
import type { Harness, Remote } from "../../src/conformance/index.ts";
import { hand, writeMail } from "./letter-mail.ts";
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
  const intake = { port: listenPort, to: CHANNEL };
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
    takenBytes: LIMIT.taken,
    refusedBytes: LIMIT.refused,
    offer: async (letter) => {
      const id = randomUUID();
      return hand(intake, CITIZEN, () => writeMail(letter, { id, from: CITIZEN, to: CHANNEL }));
    },
    offerNews: async ({ remoteId, to }) => {
      const id = randomUUID();
      return hand(intake, "", () => [writeBounce(remoteId, to, id)]);
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
