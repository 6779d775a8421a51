import { REASON_WORDS } from "./reason-words.ts";
import type { Reason } from "./report.ts";
import type { Codes } from "./status.ts";

/** RFC 3463, 3: what subject and detail say, for answers without words that tell. */
const DETAILS: Readonly<Record<string, Reason>> = {
  "1.1": "NO_SUCH_USER",
  "1.2": "NO_SUCH_DOMAIN",
  "1.3": "NO_SUCH_USER",
  "1.4": "NO_SUCH_USER",
  "1.6": "MOVED",
  "1.7": "SENDER_REFUSED",
  "1.8": "SENDER_REFUSED",
  "1.10": "NO_MAIL_SERVER",
  "2.0": "MAILBOX_DISABLED",
  "2.1": "MAILBOX_DISABLED",
  "2.2": "MAILBOX_FULL",
  "2.3": "TOO_LARGE",
  "3.0": "SERVER_ERROR",
  "3.1": "SERVER_ERROR",
  "3.2": "SERVER_ERROR",
  "3.4": "TOO_LARGE",
  "3.5": "SERVER_ERROR",
  "4.0": "UNREACHABLE",
  "4.1": "UNREACHABLE",
  "4.2": "UNREACHABLE",
  "4.3": "SERVER_ERROR",
  "4.4": "NO_SUCH_DOMAIN",
  "4.5": "TOO_MANY",
  "4.6": "LOOP",
  "4.7": "EXPIRED",
  "4.14": "LOOP",
  "5.3": "TOO_MANY",
  "6.0": "CONTENT_REFUSED",
  "6.1": "CONTENT_REFUSED",
  "7.0": "POLICY",
  "7.1": "POLICY",
  "7.8": "SENDER_REFUSED",
  "7.10": "ENCRYPTION",
  "7.13": "MAILBOX_DISABLED",
  "7.20": "AUTHENTICATION",
  "7.23": "AUTHENTICATION",
  "7.25": "BLOCKED",
  "7.26": "AUTHENTICATION",
  "7.27": "NO_MAIL_SERVER",
};

const LONGEST = 4_096;

/** Why it did not work: a status that names one cause, else the server's words, else the status' subject. */
export function reasonOf(answer: string, { status }: Codes): Reason {
  const detail = status === undefined ? undefined : DETAILS[status.slice(2)];
  const words = answer.slice(0, LONGEST).toLowerCase().replace(/\s+/g, " ");
  const told = REASON_WORDS.find(([, pattern]) => pattern.test(words))?.[0];
  if (detail !== undefined && SURE.has(detail))
    return told === "NO_SUCH_USER" && detail === "MAILBOX_DISABLED" ? told : detail;
  if (detail === "NO_SUCH_USER" && told !== undefined && VAGUE.has(told)) return detail;
  return told ?? detail ?? "OTHER";
}

/** Servers give these with care; the others they give for many causes. */
const SURE: ReadonlySet<Reason> = new Set<Reason>([
  "MAILBOX_FULL",
  "MOVED",
  "TOO_LARGE",
  "LOOP",
  "EXPIRED",
  "AUTHENTICATION",
  "NO_MAIL_SERVER",
]);

/** Said of an address that is none, too. */
const VAGUE: ReadonlySet<Reason> = new Set<Reason>(["MAILBOX_DISABLED", "POLICY", "CONTENT_REFUSED"]);

/** Reasons for which only another address helps. */
const DEAD_ADDRESS: ReadonlySet<Reason> = new Set<Reason>([
  "NO_SUCH_USER",
  "NO_SUCH_DOMAIN",
  "NO_MAIL_SERVER",
  "MOVED",
]);
export const isDeadAddress = (reason: Reason): boolean => DEAD_ADDRESS.has(reason);

/** For answers without any code: reasons that may pass by themselves. */
const PASSING: ReadonlySet<Reason> = new Set<Reason>(["EXPIRED", "UNREACHABLE", "TOO_MANY"]);
export const mayPass = (reason: Reason): boolean => PASSING.has(reason);
