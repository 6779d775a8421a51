import { Readable } from "node:stream";
import type { ARCSigningData, DNSResolver } from "mailauth";
import { z } from "zod";
import type { HeaderLines } from "../headers.ts";
import type { SpooledMail } from "../spool.ts";
import { isSealSyntaxRight } from "./arc-tags.ts";
import type { CheckedDomain, CheckResult } from "./check-dmarc.ts";
import { faultOfKey } from "./dkim-key.ts";
import type { Dns } from "./dns.ts";
import { normaliseDomain } from "./domain.ts";
import type { Head } from "./head.ts";

export interface Signatures {
  /** One result for each DKIM signature that was looked at (RFC 6376). */
  readonly dkim: readonly CheckedDomain[];
  /** Result of the ARC chain (RFC 8617). */
  readonly arc: "pass" | "fail" | "none";
}

/** Each signature costs a look-up and may cost a hash over the whole mail: what comes after so many is not looked at. */
const MOST_SIGNATURES = 10;
/** In bytes: RFC 5322, 2.1.1 allows 998. The library copies an unfinished line with every piece that it reads. */
const LONGEST_LINE = 1024 * 1024;
/** In bytes. The library keeps each blank line as an object of its own until it knows whether it is one of the last. */
const LONGEST_BLANK = 1024 * 1024;

/** What mailauth gives of a signature; its own types leave most of it out. */
const signatureShape = z.object({
  signingDomain: z.string(),
  selector: z.string(),
  algo: z.string(),
  bodyHash: z.string().optional(),
  bodyHashExpecting: z.string().optional(),
  signingHeaders: z.object({ keys: z.string() }),
  status: z.object({ result: z.string(), underSized: z.number().optional() }),
});

/** A mail of any honest shape takes less than a second; milliseconds. */
const LONGEST_WORK = 8_000;

/** Verifies a mail's own signatures and those of the servers that passed it on; never rejects for what they say. */
export async function checkSignatures(mail: SpooledMail, head: Head, dns: Dns): Promise<Signatures> {
  if (!head.isSound) return { dkim: [], arc: "none" };
  const resolver = asResolver(dns);
  // Loaded for those who verify: it takes 45 MB.
  const { dkimVerify } = await import("mailauth");
  try {
    const verified = await dkimVerify(Readable.from(boundBytes(mail, head.lines)), { resolver, minBitLength: 1024 });
    const dkim = verified.results.map(async (each): Promise<CheckedDomain[]> => {
      const found = signatureShape.safeParse(each);
      if (!found.success) return [];
      const domain = normaliseDomain(found.data.signingDomain);
      return [{ domain, result: await ruleOnSignature(found.data, domain, dns) }];
    });
    return { dkim: (await Promise.all(dkim)).flat(), arc: await checkChain(verified.arc, head.lines, resolver) };
  } catch (fault) {
    // What is left open by our own limits must not make a sender forged.
    return { dkim: fault instanceof LimitError && fault.isOurs ? openSignatures(head.lines) : [], arc: "none" };
  }
}

const openSignatures = (head: HeaderLines): CheckedDomain[] =>
  head
    .filter(({ key }) => key === "dkim-signature")
    .slice(0, MOST_SIGNATURES)
    .map(({ line }) => ({
      domain: normaliseDomain(/[;:\s]d\s*=\s*([^;\s]+)/.exec(line)?.[1] ?? ""),
      result: "temperror",
    }));

async function ruleOnSignature(
  signature: z.output<typeof signatureShape>,
  domain: string,
  dns: Dns,
): Promise<CheckResult> {
  const { selector, algo, status } = signature;
  // RFC 6376, 5.4: a signature that leaves From out says nothing about who wrote.
  if (!/(?:^|[:\s])from(?:[:\s]|$)/i.test(signature.signingHeaders.keys)) return "permerror";
  const fault = await faultOfKey(dns, { selector, domain, algorithm: algo });
  if (fault !== undefined) return fault;
  if (signature.bodyHash !== signature.bodyHashExpecting) return "fail";
  // With l= anybody can add to the mail what the signer never saw (RFC 6376, 8.2).
  if (status.result === "pass") return status.underSized === undefined ? "pass" : "policy";
  return RESULTS.find((result) => result === status.result) ?? "permerror";
}

const RESULTS: readonly CheckResult[] = ["fail", "neutral", "policy", "temperror"];

async function checkChain(
  arc: ARCSigningData | undefined,
  head: HeaderLines,
  resolver: DNSResolver,
): Promise<Signatures["arc"]> {
  if (arc === undefined || (arc.chain === false && arc.error === undefined)) return "none";
  if (!isSealSyntaxRight(head)) return "fail";
  const { arc: checkSeals } = await import("mailauth");
  const { status } = await checkSeals({ ...arc, chain: arc.chain || [] }, { resolver, minBitLength: 1024 });
  return status.result === "pass" || status.result === "none" ? status.result : "fail";
}

/** The library knows a missing record by the code that Node gives it. */
const asResolver =
  (dns: Dns): DNSResolver =>
  async (name) => {
    const records = await dns.txt(name);
    if (records.length === 0) throw Object.assign(new Error("no record"), { code: "ENODATA" });
    return records.map((record) => [record]);
  };

/**
 * The mail's bytes with lines that end as they must, and with surplus signatures renamed so that the library passes them
 * by. It takes each line with another ending as a piece of its own, which costs a hundred times as much.
 */
async function* boundBytes(mail: SpooledMail, head: HeaderLines): AsyncGenerator<Buffer> {
  const until = performance.now() + LONGEST_WORK;
  const isSurplus = head.filter(({ key }) => key === "dkim-signature").length > MOST_SIGNATURES;
  let start = isSurplus ? "" : undefined;
  let last = "";
  let line = 0;
  let blank = 0;
  for await (const chunk of mail.open()) {
    const bytes: Buffer = chunk;
    const end = bytes.lastIndexOf(0x0a);
    line = end < 0 ? line + bytes.length : bytes.length - end;
    const words = bytes.findLastIndex((byte) => byte > 0x20);
    blank = words < 0 ? blank + bytes.length : bytes.length - words;
    if (line > LONGEST_LINE || blank > LONGEST_BLANK) throw new LimitError(false);
    if (performance.now() > until) throw new LimitError(true);
    const text = (last + bytes.toString("latin1")).replace(/(?<!\r)\n/g, "\r\n");
    last = text.endsWith("\r") ? "\r" : "";
    const whole = last === "" ? text : text.slice(0, -1);
    if (start === undefined) yield Buffer.from(whole, "latin1");
    else {
      start += whole;
      if (!start.includes("\r\n\r\n")) continue;
      yield Buffer.from(renameSurplus(start), "latin1");
      start = undefined;
    }
  }
  yield Buffer.from(renameSurplus(start ?? "") + last, "latin1");
}

function renameSurplus(start: string): string {
  let seen = 0;
  const end = start.indexOf("\r\n\r\n");
  const head = start
    .slice(0, end < 0 ? start.length : end)
    .replace(/^dkim-signature(?=[ \t]*:)/gim, (name) => (++seen > MOST_SIGNATURES ? "X-Surplus-Signature" : name));
  return head + start.slice(head.length === 0 || end < 0 ? start.length : end);
}

class LimitError extends Error {
  override readonly name = "LimitError";
  /** The time was too short, which an honest mail can meet on a busy machine. */
  readonly isOurs: boolean;
  constructor(isOurs: boolean) {
    super("the signatures are not looked at");
    this.isOurs = isOurs;
  }
}
