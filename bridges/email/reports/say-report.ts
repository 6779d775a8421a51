import type { Report } from "./report.ts";
import { chooseReportTexts } from "./texts.ts";

/** What agents are told of a report that stands in the room as a message: one sentence. */
export function sayReport(report: Report, languages: readonly string[]): string {
  const texts = chooseReportTexts(languages);
  if (report.kind === "complaint") return texts.complaint;
  if (report.kind === "read") return texts.dispositions[report.disposition];
  const failed = report.recipients.find(({ state }) => state === "failed");
  if (failed !== undefined) return texts.bounced(texts.reasons[failed.reason]);
  const delayed = report.recipients.find(({ state }) => state === "delayed");
  return delayed === undefined ? texts.handedOn : texts.heldUp(texts.reasons[delayed.reason]);
}
