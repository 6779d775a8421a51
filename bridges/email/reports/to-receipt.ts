import type { DeliveryReceipt } from "../../../src/adapter/index.ts";
import type { OwnAddress } from "../addresses.ts";
import type { DeliveryReport, DeliveryState, RecipientReport, Report } from "./report.ts";
import { chooseReportTexts } from "./texts.ts";

/**
 * A report as the core takes it.
 * @param own the channel's address: a Message-ID of ours is a delivery's name at its domain.
 * @returns undefined for reports that say nothing of an answer's fate: complaints, receipts that tell of no reading,
 * a message handed on to systems that report no further.
 */
export function toReceipt(
  report: Report,
  own: OwnAddress,
  { languages, at }: { languages: readonly string[]; at: Date },
): DeliveryReceipt | undefined {
  const about = nameAnswers(report, own);
  if (report.kind === "read")
    return report.disposition === "displayed" ? { about, state: "read", code: "READ", at } : undefined;
  if (report.kind === "complaint") return undefined;
  const recipient = worstOf(report);
  const state = recipient && STATES[recipient.state];
  if (recipient === undefined || state === undefined) return undefined;
  const base = { about, state, code: recipient.reason, at };
  if (state === "delivered") return base;
  const cause = chooseReportTexts(languages).reasons[recipient.reason];
  const isOneOfMany = report.recipients.length > 1 && recipient.address !== undefined;
  return {
    ...base,
    ...(recipient.address === undefined ? {} : { recipient: recipient.address }),
    remark: isOneOfMany ? `${recipient.address}: ${cause}` : cause,
    ...(recipient.remoteAnswer === undefined ? {} : { remoteAnswer: recipient.remoteAnswer }),
  };
}

const STATES: Readonly<Record<DeliveryState, "failed" | "delayed" | "delivered" | undefined>> = {
  failed: "failed",
  delayed: "delayed",
  delivered: "delivered",
  relayed: undefined,
  expanded: undefined,
};
const WORST_FIRST: readonly DeliveryState[] = ["failed", "delayed", "delivered", "relayed", "expanded"];

/** An answer has not arrived when it has not arrived at one of its recipients. */
const worstOf = ({ recipients }: DeliveryReport): RecipientReport | undefined =>
  WORST_FIRST.flatMap((state) => recipients.find((each) => each.state === state) ?? [])[0];

/** Names of the answers of ours that a report may mean, the surest first. */
export function nameAnswers({ about }: Report, own: OwnAddress) {
  const ending = `@${own.domain}`;
  const named = about.messageIds
    .filter((id) => id.toLowerCase().endsWith(ending))
    .map((id) => id.slice(0, -ending.length));
  return {
    deliveryIds: about.envelopeId === undefined ? named : [...named, about.envelopeId],
    remoteIds: about.messageIds,
  };
}
