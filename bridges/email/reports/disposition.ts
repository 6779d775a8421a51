import { readMessageId, shortValue } from "../headers.ts";
import { readAbout } from "./about.ts";
import { addressIn } from "./address.ts";
import { fieldOf, readBlocks, untyped } from "./fields.ts";
import { judge } from "./judge.ts";
import type { ReadableMail } from "./readable-mail.ts";
import type { DeliveryReport, ReadReport } from "./report.ts";

const DISPOSITIONS: Readonly<Record<string, ReadReport["disposition"]>> = {
  displayed: "displayed",
  deleted: "deleted",
  denied: "denied",
};

/**
 * Reads a message disposition notification (RFC 8098). One that a mailbox' filter sent because it refused the message
 * (RFC 5429, 2.2) is news of a failed delivery.
 */
export function readDisposition(
  mail: ReadableMail,
  part: string,
  notice: string,
): ReadReport | DeliveryReport | undefined {
  const fields = readBlocks(part).find((each) => each.has("disposition"));
  if (fields === undefined) return undefined;
  const [mode = "", type = ""] = (fieldOf(fields, "disposition") ?? "").toLowerCase().split(";");
  const word = /[a-z]+/.exec(type)?.[0] ?? "";
  const address = addressIn(untyped(fieldOf(fields, "original-recipient") ?? fieldOf(fields, "final-recipient")));
  const about = readAbout(mail, { messageIds: [readMessageId(fieldOf(fields, "original-message-id"))] });
  if (word === "deleted" && mode.includes("automatic-action") && isRefusal(mail)) {
    const recipient = judge({
      ...(address === undefined ? {} : { address }),
      state: "failed",
      answer: undefined,
      notice,
    });
    return { kind: "delivery", recipients: [recipient], about };
  }
  return {
    kind: "read",
    disposition: DISPOSITIONS[word] ?? "other",
    ...(address === undefined ? {} : { address }),
    about,
  };
}

const isRefusal = (mail: ReadableMail) =>
  /rejected/i.test(shortValue(mail.lines, "auto-submitted") ?? "") ||
  /\b(?:rejected|refused|refusé)\b/i.test(mail.text.slice(0, 4_096));
