import ipaddr from "ipaddr.js";
import type { BridgeHost, SenderTrust } from "../../../src/adapter/index.ts";
import { headerValues } from "../headers.ts";
import type { ReadMail } from "../read-mail.ts";
import type { SpooledMail } from "../spool.ts";
import { authenticate } from "./authenticate.ts";
import { trustedResults } from "./authentication-results.ts";
import type { SmtpClient } from "./check-spf.ts";
import { createDns, untilAborted } from "./dns.ts";
import { fromDomains } from "./from-domains.ts";
import { readHead } from "./head.ts";
import { type Evidence, evidenceFrom, evidenceOf, judge, type Verdict } from "./judge.ts";
import { remarkOnSender } from "./remark.ts";
import type { TrustSettings } from "./settings.ts";
import { chooseTrustWords } from "./words.ts";

/** What is thought of a mail's sender, and what follows from it. */
export interface Assessment {
  readonly trust: SenderTrust | undefined;
  readonly remarks: readonly string[];
  /** `refuse`: only of mail that our own intake still can refuse without making another server send a bounce. */
  readonly rule: "show" | "hold" | "refuse";
}

/** @param client who handed the mail in at our own door; undefined when other servers of the operator passed it on. */
export type AssessSender = (mail: SpooledMail, read: ReadMail, client: SmtpClient | undefined) => Promise<Assessment>;

/** Until then the DNS must have answered; a sender is unverified after it. Milliseconds. */
const LONGEST_CHECK = 10_000;

/** The assessor never rejects: a check that fails leaves the sender unverified, and costs no mail. */
export function createAssessor(
  settings: TrustSettings | undefined,
  { languages, log }: Pick<BridgeHost, "languages" | "log">,
): AssessSender {
  const words = chooseTrustWords(languages);
  const dns = settings?.verify === true ? createDns(settings.name_servers) : undefined;

  const evidence = async (
    mail: SpooledMail,
    { from }: ReadMail,
    client: SmtpClient | undefined,
  ): Promise<Evidence[]> => {
    if (dns !== undefined && settings !== undefined) {
      const ending = new AbortController();
      const timer = setTimeout(() => ending.abort(), LONGEST_CHECK);
      try {
        const found = await authenticate(mail, client, untilAborted(dns, ending.signal), from?.address);
        return evidenceFrom(found, settings.arc_sealers);
      } finally {
        clearTimeout(timer);
      }
    }
    const { lines } = await readHead(mail);
    return evidenceOf(trustedResults(lines, settings?.results_of ?? ""), fromDomains(headerValues(lines, "from")));
  };

  return async (mail, read, client) => {
    const door = client !== undefined && isPublic(client.ip) ? client : undefined;
    const remarks = remarkOnSender(read, words);
    if (settings === undefined) return { trust: undefined, remarks, rule: "show" };
    const found = await evidence(mail, read, door).then(judge, (fault: unknown) => {
      log.warn({ err: fault, code: "EMAIL_SENDER_UNCHECKED" }, "a sender could not be checked");
      return judge([]);
    });
    const remark = found.forged && words.forged(found.forged.domain, found.forged.policy);
    const trust = { verdict: found.verdict, ...(remark === undefined ? {} : { remark }) };
    return { trust, remarks, rule: ruleOn(found, settings.on_forged, door !== undefined) };
  };
}

/** A server of ours that has taken the mail would send the refusal to the forged address: there, refusing is holding. */
function ruleOn({ forged }: Verdict, onForged: TrustSettings["on_forged"], isAtTheDoor: boolean): Assessment["rule"] {
  if (forged === undefined || onForged === "show") return "show";
  if (onForged === "hold") return "hold";
  if (forged.policy !== "reject") return "show";
  return isAtTheDoor ? "refuse" : "hold";
}

/** A client in our own network is a server of ours: SPF is about the one before it. */
const isPublic = (ip: string) => ipaddr.isValid(ip) && ipaddr.process(ip).range() === "unicast";
