import type { HeaderLines } from "../../bridges/email/headers.ts";
import type { ReadableMail, ReadablePart } from "../../bridges/email/reports/readable-mail.ts";
import type { Report } from "../../bridges/email/reports/report.ts";

/** Header lines of a head, folded ones included. */
export const headerLines = (head: string): HeaderLines =>
  head
    .split(/\n(?![ \t])/)
    .filter((line) => line !== "")
    .map((line) => ({ key: line.slice(0, line.indexOf(":")).toLowerCase(), line }));

export const readable = (head: string, text: string, parts: readonly ReadablePart[] = []): ReadableMail => ({
  lines: headerLines(head),
  subject:
    headerLines(head)
      .find(({ key }) => key === "subject")
      ?.line.slice("subject:".length)
      .trim() ?? "",
  text,
  parts,
  rawBody: text,
});

export const addressesOf = (report: Report | undefined): string[] | undefined =>
  report?.kind === "delivery" ? report.recipients.flatMap(({ address }) => address ?? []) : undefined;
