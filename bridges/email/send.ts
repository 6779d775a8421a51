import { createPrivateKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { createTransport, type NodemailerError, type SMTPPoolOptions } from "nodemailer";
import { DeliveryError, type OutboundMessage, type RefusedRecipient, type Sent } from "../../src/adapter/index.ts";
import type { OwnAddress } from "./addresses.ts";
import { composeMail, messageIdOf } from "./compose-mail.ts";
import { type Layout, openLayout } from "./layout.ts";
import type { LayoutSettings } from "./layout-settings.ts";
import type { TokenSource } from "./oauth2.ts";
import type { SmtpSettings } from "./settings.ts";
import { ruleOnFailure } from "./smtp-error.ts";
import { tidyLine } from "./tidy.ts";

/** Hands answers to the submission server over connections that are kept open. */
export interface MailSender {
  /** Reads what the settings name; connects nothing. Rejects for a file that cannot be used. */
  open(): Promise<void>;
  /** Resolves when the server has taken responsibility; any other ending is a `DeliveryError`. */
  send(message: OutboundMessage, signal: AbortSignal): Promise<Sent>;
  /** Ends the connections; a mail on its way is finished first, unless `deadline` aborts. */
  close(deadline: AbortSignal): void;
}

/** How far one attempt came; nodemailer's errors do not say whether a lost connection had the whole mail. */
interface Attempt {
  handedOver: boolean;
  fileFailed: boolean;
}

/**
 * @param tokens what the login is made with, when the settings name OAuth 2.0.
 * @param onOutcome gets the code of what operators must cure (no connection, no login), or undefined when all is well.
 */
export function createSender(
  smtp: SmtpSettings,
  own: OwnAddress,
  form: { layout: LayoutSettings | undefined; languages: readonly string[] },
  tokens: TokenSource | undefined,
  onOutcome: (trouble: string | undefined) => void,
): MailSender {
  const attempts = new WeakMap<AbortSignal, Attempt>();
  let transport: ReturnType<typeof createPool> | undefined;
  let layout: Layout | undefined;
  return {
    open: async () => {
      layout = await openLayout(form.layout, form.languages);
      const ca = smtp.ca === undefined ? undefined : await readFile(smtp.ca);
      transport = createPool({ ...poolOptions(smtp, own, ca), ...(await readDkim(smtp, own)) }, attempts, tokens);
    },
    send: async (message, signal) => {
      if (transport === undefined || layout === undefined) throw new DeliveryError("retry", "SMTP_CONNECT");
      const words = await layout.lay(message);
      const attempt: Attempt = { handedOver: false, fileFailed: false };
      const ownSignal = AbortSignal.any([signal]);
      const over = new AbortController();
      attempts.set(ownSignal, attempt);
      const onUnreadable = () => {
        attempt.fileFailed = true;
      };
      let refused: readonly RefusedRecipient[];
      try {
        const mail = composeMail(message, words, own, onUnreadable, AbortSignal.any([signal, over.signal]));
        refused = readRefused(await transport.sendMail({ ...mail, signal: ownSignal }));
      } catch (fault) {
        const failure = explain(fault, attempt);
        onOutcome(isForOperators(failure.code) ? failure.code : undefined);
        throw failure;
      } finally {
        over.abort();
      }
      onOutcome(undefined);
      return { remoteId: messageIdOf(message.deliveryId, own), ...(refused.length === 0 ? {} : { refused }) };
    },
    close: (deadline) => {
      const pool = transport;
      pool?.close();
      if (deadline.aborted) pool?.close({ force: true });
      else deadline.addEventListener("abort", () => pool?.close({ force: true }), { once: true });
    },
  };
}

/** Servers may take a mail for some of its recipients and refuse others (RFC 5321, 3.3). */
function readRefused({ rejected = [], rejectedErrors = [] }: RefusalInfo): RefusedRecipient[] {
  return rejected.map((address) => {
    const error = rejectedErrors.find(({ recipient }) => recipient === address);
    const { responseCode, response } = error ?? {};
    return {
      address,
      code: responseCode === undefined ? "SMTP_ADDRESS" : `SMTP_${responseCode}`,
      ...(response === undefined ? {} : { remoteAnswer: tidyLine(response, 500) }),
    };
  });
}

interface RefusalInfo {
  readonly rejected?: readonly string[] | undefined;
  readonly rejectedErrors?: readonly Pick<NodemailerError, "recipient" | "responseCode" | "response">[] | undefined;
}

/** @throws Error for a file that cannot be read or holds no private key: answers must not leave unsigned unasked. */
async function readDkim({ dkim }: SmtpSettings, own: OwnAddress) {
  if (dkim === undefined) return {};
  const privateKey = await readFile(dkim.key, "utf8").catch((cause: unknown) => {
    throw new Error(`The key ${dkim.key} of smtp.dkim.key cannot be read.`, { cause });
  });
  checkKey(privateKey, dkim.key);
  const key = { domainName: dkim.domain ?? own.domain, keySelector: dkim.selector, privateKey };
  // The signature stands before the body: a large mail waits on disk until it is known.
  return { dkim: { ...key, cacheDir: tmpdir(), cacheTreshold: KEPT_IN_MEMORY } };
}

/** nodemailer signs with RSA, which every receiver knows (RFC 6376, 3.3). */
function checkKey(pem: string, file: string): void {
  let type: string | undefined;
  try {
    type = createPrivateKey(pem).asymmetricKeyType;
  } catch (cause) {
    throw new Error(`The file ${file} of smtp.dkim.key holds no private key in PEM form, or one with a password.`, {
      cause,
    });
  }
  if (type !== "rsa")
    throw new Error(`The key ${file} of smtp.dkim.key is of the kind ${type}: answers are signed with RSA.`);
}

const KEPT_IN_MEMORY = 1024 * 1024;

function createPool(
  options: SMTPPoolOptions & { pool: true },
  attempts: WeakMap<AbortSignal, Attempt>,
  tokens: TokenSource | undefined,
) {
  const pool = createTransport(options);
  if (tokens !== undefined)
    pool.set("oauth2_provision_cb", (_user, renew, done) => {
      tokens.get(renew).then(
        ({ token, until }) => done(null, token, until.getTime()),
        (fault: Error) => done(fault),
      );
    });
  pool.use("stream", (mail, done) => {
    const attempt = mail.data.signal === undefined ? undefined : attempts.get(mail.data.signal);
    mail.message.processFunc((input) => {
      // Read to its end by the connection, which then writes the final dot.
      input.once("end", () => {
        if (attempt !== undefined) attempt.handedOver = true;
      });
      return input;
    });
    done();
  });
  return pool;
}

const isForOperators = (code: string) => code === "SMTP_AUTH" || code === "SMTP_CONNECT" || code === "SMTP_TLS";

function explain(fault: unknown, attempt: Attempt): DeliveryError {
  const error: Partial<NodemailerError> = fault instanceof Error ? fault : {};
  const { code, responseCode, command, response } = error;
  const ruling = ruleOnFailure({ ...attempt, code, responseCode, command });
  return new DeliveryError(ruling.consequence, ruling.code, {
    cause: fault,
    ...(response === undefined ? {} : { remoteAnswer: tidyLine(response, 500) }),
  });
}

/** RFC 5321, 4.5.3.2: clients wait minutes for a server; milliseconds. */
const CONNECT_LIMIT = 30_000;
const SILENCE_LIMIT = 300_000;

function poolOptions(smtp: SmtpSettings, own: OwnAddress, ca: Buffer | undefined): SMTPPoolOptions & { pool: true } {
  const isLax = smtp.tls === "opportunistic";
  return {
    pool: true,
    host: smtp.host,
    port: smtp.port,
    name: own.domain,
    secure: smtp.tls === "implicit",
    requireTLS: smtp.tls === "starttls",
    ignoreTLS: smtp.tls === "none",
    tls: {
      ...(isLax ? { rejectUnauthorized: false } : {}),
      ...(ca === undefined ? {} : { ca }),
    },
    ...(smtp.user === undefined ? {} : { auth: authOf(smtp.user, smtp) }),
    maxConnections: 5,
    maxMessages: 1000,
    // The pool sends again only what no connection has begun to read; everything else is the outbox's decision.
    maxRequeues: 1,
    connectionTimeout: CONNECT_LIMIT,
    greetingTimeout: CONNECT_LIMIT,
    socketTimeout: SILENCE_LIMIT,
    disableFileAccess: true,
    disableUrlAccess: true,
    logger: false,
  };
}

const authOf = (user: string, { password, oauth2 }: SmtpSettings): NonNullable<SMTPPoolOptions["auth"]> =>
  oauth2 === undefined ? { user, pass: password ?? "" } : { type: "OAuth2", user };
