import type { Consequence } from "../../src/adapter/index.ts";

/** What is known of a failed attempt to send, from the fields of nodemailer's error and from our own watch over the data. */
export interface SmtpFailure {
  /** nodemailer's code: ECONNECTION, EAUTH, EENVELOPE, EMESSAGE, … */
  readonly code?: string | undefined;
  /** Reply code of the server, when it was a reply that ended the attempt. */
  readonly responseCode?: number | undefined;
  /** SMTP command that was answered: "MAIL FROM", "RCPT TO", "DATA", "AUTH PLAIN", "CONN". */
  readonly command?: string | undefined;
  /** The whole mail, its end included, was given to the connection. */
  readonly handedOver: boolean;
  /** A file of the answer could not be read to its end. */
  readonly fileFailed: boolean;
}

export interface SmtpRuling {
  readonly consequence: Consequence;
  readonly code: string;
}

/**
 * Decides what follows from a failed attempt. A reply is final for the message only when it answers one of the commands
 * that name it; a refusal at the door (greeting, TLS, login) says nothing about the message and is for operators to cure.
 */
export function ruleOnFailure(failure: SmtpFailure): SmtpRuling {
  const { code, responseCode, command = "", handedOver } = failure;
  if (failure.fileFailed && !handedOver) return { consequence: "retry", code: "ATTACHMENT_UNREADABLE" };
  if (isAuthentication(failure)) return { consequence: "retry", code: "SMTP_AUTH" };
  if (code === "ETLS") return { consequence: "retry", code: "SMTP_TLS" };
  if (responseCode !== undefined) {
    const isPermanent = responseCode >= 500 && responseCode !== BAD_SEQUENCE;
    if (isPermanent && !ABOUT_THE_MESSAGE.has(command)) return { consequence: "retry", code: "SMTP_CONNECT" };
    return { consequence: isPermanent ? "rejected" : "retry", code: `SMTP_${responseCode}` };
  }
  // Unknown comes before everything that a lost connection may be called.
  if (handedOver) return { consequence: "unknown", code: "SMTP_UNKNOWN" };
  if (code === "EMESSAGE") return { consequence: "rejected", code: "SMTP_552" };
  if (code === "EENVELOPE") return { consequence: "rejected", code: "SMTP_ADDRESS" };
  if (code === "EABORT") return { consequence: "retry", code: "SMTP_ABORTED" };
  return { consequence: "retry", code: "SMTP_CONNECT" };
}

const ABOUT_THE_MESSAGE: ReadonlySet<string> = new Set(["MAIL FROM", "RCPT TO", "DATA"]);

/** 503 speaks of the session, not of the message: it can go out over another connection. */
const BAD_SEQUENCE = 503;

/** RFC 4954, 6: replies that ask for a (better) login. */
const isAuthentication = ({ code, responseCode = 0, command = "" }: SmtpFailure) =>
  code === "EAUTH" || code === "ENOAUTH" || command.startsWith("AUTH") || [530, 534, 535, 538].includes(responseCode);
