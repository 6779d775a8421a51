import { shortValue } from "../headers.ts";
import { readBareComplaint, readComplaint } from "./complaint.ts";
import { holdsStatusFields, readDeliveryStatus } from "./delivery-status.ts";
import { readDisposition } from "./disposition.ts";
import { readNotice, splitNotice } from "./notice.ts";
import { LONGEST_PART, type ReadableMail } from "./readable-mail.ts";
import type { Report } from "./report.ts";
import { readServiceNotice } from "./service-notice.ts";

/**
 * What a mail says about a message of ours: that it was delivered, delayed, returned, read, or called abuse. By structure
 * first (RFC 3464, 5965, 8098), then by its words. Pure, and never throws for what a sender wrote.
 * @returns undefined for mail that is no such news.
 */
export function readReport(mail: ReadableMail): Report | undefined {
  const isUnstructured = mail.text.trim() === "" && mail.parts.length === 0;
  const notice = splitNotice(isUnstructured ? mail.rawBody : mail.text);
  const complaint = partOf(mail, /^message\/feedback-report$/);
  if (complaint !== undefined) return readComplaint(mail, complaint);
  if (reportType(mail) === "feedback-report") return readComplaint(mail, mail.text.slice(0, LONGEST_PART));
  const status = partOf(mail, /^message\/(?:global-)?delivery-status$/);
  const delivery = status === undefined ? undefined : readDeliveryStatus(mail, status, notice.text);
  if (delivery !== undefined) return delivery;
  const disposition = partOf(mail, /^message\/(?:global-)?disposition-notification$/);
  const read = disposition === undefined ? undefined : readDisposition(mail, disposition, notice.text);
  if (read !== undefined) return read;
  return (
    readServiceNotice(mail) ??
    readBareComplaint(mail) ??
    (holdsStatusFields(notice.text) ? readDeliveryStatus(mail, notice.text, notice.text) : undefined) ??
    readNotice(mail, notice)
  );
}

/** Whether a mail holds a report by its structure: a machine wrote it, and nothing else stands in it. */
export const holdsReport = (mail: ReadableMail): boolean =>
  partOf(mail, /^message\/(?:feedback-report|(?:global-)?(?:delivery-status|disposition-notification))$/) !== undefined;

const partOf = (mail: ReadableMail, type: RegExp): string | undefined =>
  mail.parts.find((part) => type.test(part.type))?.text.slice(0, LONGEST_PART);

const reportType = (mail: ReadableMail): string | undefined =>
  /report-type\s{0,4}=\s{0,4}"?([a-z-]{1,40})/i.exec(shortValue(mail.lines, "content-type") ?? "")?.[1]?.toLowerCase();
