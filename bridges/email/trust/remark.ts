import addressparser from "nodemailer/lib/addressparser";
import { normaliseAddress } from "../addresses.ts";
import { headerValue, headerValues } from "../headers.ts";
import type { ReadMail } from "../read-mail.ts";
import { tidyLine } from "../tidy.ts";
import { domainOf, organisationOf } from "./domain.ts";
import type { TrustWords } from "./words.ts";

/** What in a mail's own head should make an agent look twice; no look-up is needed for it. */
export function remarkOnSender({ from, lines }: ReadMail, words: TrustWords): string[] {
  if (from === undefined) return [];
  const remarks: string[] = [];
  const shown = normaliseAddress(ADDRESS.exec(from.name ?? "")?.[0] ?? "");
  if (shown !== undefined && shown !== from.address) remarks.push(words.otherName(shown, from.address));
  if (headerValues(lines, "from").length > 1) remarks.push(words.severalSenders);
  const elsewhere = repliesElsewhere(headerValue(lines, "reply-to") ?? "", from.address);
  // A list's answers go to the list.
  if (elsewhere !== undefined && headerValue(lines, "list-id") === undefined)
    remarks.push(words.answersElsewhere(elsewhere));
  return remarks;
}

/** An address within a name; names are at most 200 characters. */
const ADDRESS = /[^\s<>"'()[\],;:@]+@[^\s<>"'()[\],;:@]+\.[^\s<>"'()[\],;:@.]+/;

function repliesElsewhere(field: string, from: string): string | undefined {
  const organisation = organisationOf(domainOf(from));
  const named = addressparser(field.slice(0, 2_000), { flatten: true });
  const addresses = named.flatMap(({ address }) => normaliseAddress(address) ?? []);
  const elsewhere = addresses.find((address) => organisationOf(domainOf(address)) !== organisation);
  return elsewhere === undefined ? undefined : tidyLine(elsewhere, 320);
}
