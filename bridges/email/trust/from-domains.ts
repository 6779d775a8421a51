import addressparser from "nodemailer/lib/addressparser";
import { domainOf } from "./domain.ts";

/** Few enough to ask the DNS about each. */
const MOST_DOMAINS = 4;
const LONGEST_FIELD = 10_000;

/** The different domains that a mail's From fields name. @param fields values of From, as they stand in the mail. */
export function fromDomains(fields: readonly string[]): string[] {
  const addresses = fields.flatMap((field) => addressparser(field.slice(0, LONGEST_FIELD), { flatten: true }));
  const domains = addresses.map(({ address }) => domainOf(Buffer.from(address, "latin1").toString()));
  return [...new Set(domains.filter((domain) => domain !== ""))].slice(0, MOST_DOMAINS);
}
