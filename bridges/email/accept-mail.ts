import type { Acceptance, BridgeHost } from "../../src/adapter/index.ts";
import type { OwnAddress } from "./addresses.ts";
import { type Arrival, toInbound } from "./arrival.ts";
import { classifyAutomatic } from "./automatic.ts";
import type { ReadMail } from "./read-mail.ts";
import { holdsReport, readReport } from "./reports/read-report.ts";
import { toReadable } from "./reports/to-readable.ts";
import { toReceipt } from "./reports/to-receipt.ts";

/**
 * Gives a mail to the core: as news of an answer when it is a report, and as a message unless those news were all of it.
 * Rejects when the core cannot store it now; to do it again does no harm.
 */
export async function acceptMail(
  mail: ReadMail,
  arrival: Arrival,
  own: OwnAddress,
  { inbox, languages }: Pick<BridgeHost, "inbox" | "languages">,
): Promise<Acceptance> {
  const readable = toReadable(mail);
  const report = readReport(readable);
  if (report === undefined) return inbox.accept(toInbound(mail, arrival, own, { languages }));
  const receipt = isForged(arrival) ? undefined : toReceipt(report, own, { languages, at: arrival.receivedAt });
  const isApplied = receipt !== undefined && (await inbox.receipt(receipt)) === "applied";
  const kind = classifyAutomatic(mail.lines, arrival.envelopeFrom, mail.subject);
  const isNothingElse = holdsReport(readable) || (kind !== undefined && NOTHING_ELSE.has(kind));
  if (isApplied && isNothingElse) return "accepted";
  return inbox.accept(toInbound(mail, arrival, own, { languages, report, isApplied }));
}

/** Kinds of mail in which nobody writes anything beside the report. */
const NOTHING_ELSE = new Set(["bounce", "receipt", "feedback", "notification"]);

const isForged = ({ assessment }: Arrival) => assessment?.rule === "hold" || assessment?.trust?.verdict === "forged";
