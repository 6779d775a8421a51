import { shortValue } from "../headers.ts";
import { readAbout, returnedHeaders } from "./about.ts";
import { findAddresses } from "./address.ts";
import { fieldOf, readBlocks } from "./fields.ts";
import type { ReadableMail } from "./readable-mail.ts";
import type { ComplaintReport } from "./report.ts";

/** Reads an abuse report (RFC 5965). */
export function readComplaint(mail: ReadableMail, part: string): ComplaintReport {
  const blocks = readBlocks(part);
  const fields = blocks.find((each) => each.has("feedback-type")) ?? blocks[0];
  const named = ["original-rcpt-to", "removal-recipient", "redacted-address"].flatMap(
    (name) => fields?.get(name) ?? [],
  );
  return {
    kind: "complaint",
    type: /[a-z-]+/.exec((fieldOf(fields, "feedback-type") ?? "").toLowerCase())?.[0] ?? "abuse",
    addresses: addressesIn(named),
    about: readAbout(mail, { envelopeId: fieldOf(fields, "original-envelope-id") }),
  };
}

/**
 * Complaints without the part that RFC 5965 asks for: Outlook's programme for senders (JMRP) returns the bare message and
 * says the rest in its subject; Apple's mail programs ask to be left alone in the reader's name.
 */
export function readBareComplaint(mail: ReadableMail): ComplaintReport | undefined {
  if (shortValue(mail.lines, "x-apple-unsubscribe") === "true") {
    const from = addressesIn([shortValue(mail.lines, "from") ?? ""]);
    return { kind: "complaint", type: "opt-out", addresses: from, about: readAbout(mail) };
  }
  const returned = returnedHeaders(mail);
  if (returned === undefined || !/^complaint about message from\b/i.test(mail.subject.trim())) return undefined;
  const named = ["x-hmxmroriginalrecipient", "to"].flatMap((name) => returned.get(name)?.[0] ?? []).slice(0, 1);
  return { kind: "complaint", type: "abuse", addresses: addressesIn(named), about: readAbout(mail) };
}

const addressesIn = (values: readonly string[]) =>
  [...new Set(values.flatMap((value) => findAddresses(value)).map(({ address }) => address))].slice(0, 50);
