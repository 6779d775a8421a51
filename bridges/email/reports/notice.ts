import { isVacationSubject } from "../automatic.ts";
import { type HeaderLines, shortValue } from "../headers.ts";
import { readAbout } from "./about.ts";
import { addressIn } from "./address.ts";
import { holdsStatusFields, readDeliveryStatus } from "./delivery-status.ts";
import { judge } from "./judge.ts";
import {
  hintsAtFailure,
  isFailureSubject,
  startsReturned,
  tellsDelay,
  tellsFailure,
  tellsSuccess,
} from "./notice-phrases.ts";
import { type NamedRecipient, nameRecipients } from "./notice-recipients.ts";
import { LONGEST_NOTICE, MOST_NOTICE_LINES, type ReadableMail } from "./readable-mail.ts";
import type { DeliveryReport } from "./report.ts";

export interface Notice {
  /** What the server says. */
  readonly text: string;
  /** What it quotes of the message, from there to the end. */
  readonly returned: string;
  /** `text` in lower case, white space folded, for phrases. */
  readonly words: string;
}

const MOST_WORDS = 8_192;

/** Parts the words of a report into those of the server and the quoted message. */
export function splitNotice(text: string): Notice {
  const lines = text.slice(0, LONGEST_NOTICE).split("\n", MOST_NOTICE_LINES);
  const found = lines.findIndex((line) => startsReturned(line.slice(0, 300)));
  const end = found < 0 ? lines.length : found;
  const own = lines.slice(0, end).join("\n");
  return {
    text: own,
    returned: lines.slice(end).join("\n"),
    words: own.slice(0, MOST_WORDS).toLowerCase().replace(/\s+/g, " "),
  };
}

/**
 * Reads a notice in free text, as servers of all ages and makes write them: by signs that they share, a rule for a
 * product only where its notices have none of these.
 * @returns undefined when it is no news of a delivery.
 */
export function readNotice(mail: ReadableMail, notice: Notice): DeliveryReport | undefined {
  const listed = (shortValue(mail.lines, "x-failed-recipients", 16_384) ?? "")
    .split(/[,\s]+/)
    .flatMap((each) => addressIn(each) ?? []);
  const subject = mail.subject.slice(0, 500).toLowerCase();
  const about = readAbout(mail, {}, notice.returned);
  const from = addressIn(shortValue(mail.lines, "from"));
  const named = nameRecipients(notice.text, {
    listed,
    notMeant: [...about.cameTo, ...(from === undefined ? [] : [from])],
    from,
  });
  if (listed.length === 0 && !isNotice(mail.lines, subject, notice, named)) return undefined;
  const state = tellsDelay(notice.words) || tellsDelay(subject) ? "delayed" : "failed";
  const recipients = named.map(({ address, told, answer }) => judge({ address, state, answer, notice: told }));
  if (recipients.length > 0) return { kind: "delivery", recipients, about };
  return (
    readWrapped(mail, notice) ?? {
      kind: "delivery",
      recipients: [judge({ state, answer: undefined, notice: `${notice.text}\n${subject}` })],
      about,
    }
  );
}

/** A gateway may send a report on inside a notice of its own that names nobody. */
function readWrapped(mail: ReadableMail, notice: Notice): DeliveryReport | undefined {
  const inner = mail.parts.find(({ type }) => type === "message/rfc822")?.text.slice(0, LONGEST_NOTICE);
  return inner !== undefined && holdsStatusFields(inner) ? readDeliveryStatus(mail, inner, notice.text) : undefined;
}

function isNotice(lines: HeaderLines, subject: string, notice: Notice, named: readonly NamedRecipient[]): boolean {
  const failing = isFailureSubject(subject);
  const told = tellsFailure(notice.words);
  if (!told && (tellsSuccess(notice.words) || tellsSuccess(subject))) return false;
  if (isMailSystem(lines))
    return told || failing || (hintsAtFailure(notice.words) && named.length > 0) || hasHeading(notice.text);
  // People pass notices on, and answering machines say that somebody cannot be reached.
  if (isVacationSubject(subject)) return false;
  const opensWithFailure = tellsFailure(notice.words.slice(0, 300));
  const isFirstHand = !PASSED_ON.test(subject) || opensWithFailure;
  if (failing && told && isFirstHand) return true;
  const isReply = /^auto-replied/i.test(shortValue(lines, "auto-submitted") ?? "");
  return hasNullPath(lines) && isFirstHand && (failing || (opensWithFailure && !isReply));
}

const PASSED_ON = /^\s*(?:re|aw|fwd?|wg|tr|rv|i|vs|sv|odp|enc)\s*:/;

/** Mail systems by the names they go by; in every language the same. */
const MAIL_SYSTEM =
  /^"?(?:mail(?:er)?[-_. ]?d(?:a?e)mon|post[-_]?master|mail[-_. ]?deliver(?:y|er)?(?:[-_. ]?(?:sub)?system)?|mdaemon|mailadm(?:in)?|mailsystem|bounces?|ndr|system administrator|mailer)"?\b/i;

function isMailSystem(lines: HeaderLines): boolean {
  const from = shortValue(lines, "from") ?? "";
  const name = from.replace(/<[^>]{0,400}>?/g, "").trim();
  const local = (addressIn(from) ?? from).split("@")[0] ?? "";
  return MAIL_SYSTEM.test(local.trim()) || MAIL_SYSTEM.test(name) || /\(mail delivery|mailer-daemon/i.test(from);
}

/** RFC 5321, 4.5.5: notices have no return path, so that they make no further notices. */
const hasNullPath = (lines: HeaderLines): boolean =>
  /^<?\s*(?:mailer-daemon)?\s*>?$/i.test(shortValue(lines, "return-path") ?? "-");

/** `<anna@example.org>:` on a line of its own, as qmail and its kin write it. */
const hasHeading = (text: string): boolean => /^<[^\s<>@]{1,128}@[^\s<>]{1,255}>:/m.test(text);
