import { type HeaderLines, headerValues } from "../headers.ts";
import type { SpooledMail } from "../spool.ts";
import { type CheckedDomain, checkDmarc, type DmarcResult } from "./check-dmarc.ts";
import { checkSignatures, type Signatures } from "./check-signatures.ts";
import { checkSpf, type SmtpClient } from "./check-spf.ts";
import type { Dns } from "./dns.ts";
import { domainOf } from "./domain.ts";
import { fromDomains } from "./from-domains.ts";
import { readHead } from "./head.ts";

/** What the checks found out about a mail's sender. */
export interface Authentication extends Signatures {
  /** Undefined when it is not known who handed the mail in. */
  readonly spf: CheckedDomain | undefined;
  /** One result for each domain that From names: more than one is a trick. */
  readonly dmarc: readonly DmarcResult[];
  readonly head: HeaderLines;
}

/**
 * Checks SPF, DKIM, ARC and DMARC of a mail. Never rejects for what a sender wrote or a name server does: what cannot
 * be found out is `none` or `temperror`.
 * @param client undefined when the mail came through other servers of ours.
 * @param from the address that agents are shown as the sender's, in case another reader finds none in From.
 */
export async function authenticate(
  mail: SpooledMail,
  client: SmtpClient | undefined,
  dns: Dns,
  from = "",
): Promise<Authentication> {
  const head = await readHead(mail);
  const [spf, { dkim, arc }] = await Promise.all([client && checkSpf(dns, client), checkSignatures(mail, head, dns)]);
  const domains = new Set([...fromDomains(headerValues(head.lines, "from")), domainOf(from)]);
  domains.delete("");
  const dmarc = await Promise.all([...domains].map((domain) => checkDmarc(dns, domain, { spf, dkim })));
  return { spf, dkim, arc, dmarc, head: head.lines };
}
