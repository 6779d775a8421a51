import { Readable } from "node:stream";
import { arc as checkSeals, type DNSResolver, dkimVerify } from "mailauth";
import { z } from "zod";
import type { HeaderLines } from "../headers.ts";
import type { SpooledMail } from "../spool.ts";
import { isSealSyntaxRight } from "./arc-tags.ts";
import type { CheckedDomain, CheckResult } from "./check-dmarc.ts";
import { faultOfKey } from "./dkim-key.ts";
import type { Dns } from "./dns.ts";
import { normaliseDomain } from "./domain.ts";

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

/** Verifies a mail's own signatures and those of the servers that passed it on. Rejects for a mail that cannot be hashed. */
export async function checkSignatures(mail: SpooledMail, head: HeaderLines, dns: Dns): Promise<Signatures> {
  const resolver = asResolver(dns);
  const verified = await dkimVerify(Readable.from(boundBytes(mail, head)), { resolver, minBitLength: 1024 });
  const dkim = verified.results.map(async (each): Promise<CheckedDomain[]> => {
    const found = signatureShape.safeParse(each);
    if (!found.success) return [];
    const domain = normaliseDomain(found.data.signingDomain);
    return [{ domain, result: await ruleOnSignature(found.data, domain, dns) }];
  });
  return { dkim: (await Promise.all(dkim)).flat(), arc: await checkChain(verified.arc, head, resolver) };
}

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
  arc: Awaited<ReturnType<typeof dkimVerify>>["arc"],
  head: HeaderLines,
  resolver: DNSResolver,
): Promise<Signatures["arc"]> {
  if (arc === undefined || (arc.chain === false && arc.error === undefined)) return "none";
  if (!isSealSyntaxRight(head)) return "fail";
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

/** The mail's bytes, with surplus signatures renamed so that the library passes them by. */
async function* boundBytes(mail: SpooledMail, head: HeaderLines): AsyncGenerator<Buffer> {
  const isSurplus = head.filter(({ key }) => key === "dkim-signature").length > MOST_SIGNATURES;
  let rest = isSurplus ? head.reduce((size, { line }) => size + line.length, 0) + 2 * head.length : 0;
  let start = "";
  let line = 0;
  for await (const chunk of mail.open()) {
    const bytes: Buffer = chunk;
    const end = bytes.lastIndexOf(0x0a);
    line = end < 0 ? line + bytes.length : bytes.length - end;
    if (line > LONGEST_LINE) throw new UnverifiableError("a line is too long");
    if (rest <= 0) {
      yield bytes;
      continue;
    }
    start += bytes.toString("latin1");
    rest -= bytes.length;
    if (rest <= 0) yield Buffer.from(renameSurplus(start), "latin1");
  }
  if (rest > 0) yield Buffer.from(renameSurplus(start), "latin1");
}

function renameSurplus(start: string): string {
  let seen = 0;
  const end = /\r?\n\r?\n/.exec(start)?.index ?? start.length;
  const head = start
    .slice(0, end)
    .replace(/^dkim-signature(?=[ \t]*:)/gim, (name) => (++seen > MOST_SIGNATURES ? "X-Surplus-Signature" : name));
  return head + start.slice(end);
}

class UnverifiableError extends Error {
  override readonly name = "UnverifiableError";
}
