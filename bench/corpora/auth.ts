import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { spool } from "../../bridges/email/spool.ts";
import { authenticate } from "../../bridges/email/trust/authenticate.ts";
import { checkSpf } from "../../bridges/email/trust/check-spf.ts";
import type { Dns } from "../../bridges/email/trust/dns.ts";
import type { Score, ScoreCorpora } from "./score.ts";

/** Authentication of senders: results of SPF, DKIM, DMARC and ARC over the corpora's own DNS. */
export const scoreAuth: ScoreCorpora = async (folder) => [
  await scoreSpf(join(folder, "auth-spf")),
  await scoreArc(join(folder, "auth-arc")),
  await scoreRspamd(join(folder, "auth-rspamd")),
];

type Rows = (kind: string) => readonly string[];

/** @param find records of a name, or a throw for a name server that does not answer. */
function dnsFrom(find: (name: string, kind: string) => readonly string[]): Dns {
  const ask = async (name: string, kind: string) => find(name.toLowerCase().replace(/\.$/, ""), kind);
  return {
    txt: (name) => ask(name, "TXT"),
    addresses: (name, family) => ask(name, family === 4 ? "A" : "AAAA"),
    mx: async (name) =>
      (await ask(name, "MX"))
        .map((record) => record.split(" "))
        .sort(([one], [other]) => Number(one) - Number(other))
        .map(([, host = ""]) => host),
    ptr: (name) => ask(name, "PTR"),
  };
}

class NoAnswer extends Error {}

const spfTest = z.object({
  helo: z.string(),
  host: z.string(),
  mailfrom: z.string(),
  result: z.union([z.string(), z.array(z.string())]),
});
const spfDocument = z.object({
  tests: z.record(z.string(), spfTest),
  zonedata: z.record(z.string(), z.array(z.union([z.string(), z.record(z.string(), z.unknown())]))),
});

async function scoreSpf(folder: string): Promise<Score> {
  const documents = parseAllDocuments(await readFile(join(folder, "rfc7208-tests.yml"), "utf8"));
  let [right, of] = [0, 0];
  for (const document of documents) {
    const parsed = spfDocument.safeParse(document.toJS());
    if (!parsed.success) continue;
    const zone = new Map(
      Object.entries(parsed.data.zonedata).map(([name, rows]) => [name.toLowerCase(), recordsIn(rows)]),
    );
    const dns = dnsFrom((name, kind) => zone.get(name)?.(kind) ?? []);
    for (const [name, { helo, host, mailfrom, result }] of Object.entries(parsed.data.tests)) {
      const found = await checkSpf(dns, { ip: host, helo, mailFrom: mailfrom });
      const isRight = [result].flat().includes(found.result);
      if (!isRight) note("auth-spf", name, String(result), found.result);
      right += Number(isRight);
      of += 1;
    }
  }
  return { corpus: "auth-spf", measure: "results of RFC 7208's suite", right, of };
}

/** The suite's own rules: SPF stands for TXT unless TXT is given too; TIMEOUT for a server that does not answer. */
function recordsIn(rows: readonly (string | Record<string, unknown>)[]): Rows {
  const named = rows.flatMap((row) => (typeof row === "string" ? [] : Object.entries(row)));
  const hasTxt = named.some(([kind]) => kind === "TXT");
  return (kind) => {
    const own = named.filter(([each]) => each === kind || (kind === "TXT" && each === "SPF" && !hasTxt));
    if (own.some(([, value]) => value === "TIMEOUT")) throw new NoAnswer();
    const values = own.filter(([, value]) => value !== "NONE").map(([, value]) => value);
    if (values.length === 0 && rows.includes("TIMEOUT")) throw new NoAnswer();
    return values.map((value) => (Array.isArray(value) ? value.join(kind === "MX" ? " " : "") : String(value)));
  };
}

const arcSuite = z.array(
  z.object({
    tests: z.record(z.string(), z.object({ message: z.string(), cv: z.string() })),
    "txt-records": z.record(z.string(), z.string()),
  }),
);

async function scoreArc(folder: string): Promise<Score> {
  const suites = arcSuite.parse(JSON.parse(await readFile(join(folder, "arc-validation-tests.json"), "utf8")));
  let [right, of] = [0, 0];
  for (const { tests, "txt-records": records } of suites) {
    const dns = dnsFrom((name, kind) => (kind === "TXT" && records[name] !== undefined ? [records[name]] : []));
    for (const [name, { message, cv }] of Object.entries(tests)) {
      const { arc } = await authenticateText(message.replace(/\r?\n/g, "\r\n"), dns, undefined);
      // An empty cv leaves the result open.
      const isRight = cv === "" || cv.toLowerCase() === arc;
      if (!isRight) note("auth-arc", name, cv, arc);
      right += Number(isRight);
      of += 1;
    }
  }
  return { corpus: "auth-arc", measure: "chains judged right", right, of };
}

const rspamdCases = z.array(
  z.object({
    name: z.string(),
    file: z.string(),
    ip: z.string().optional(),
    helo: z.string().optional(),
    mailfrom: z.string().optional(),
    expect: z.array(z.string()),
    reject: z.array(z.string()),
  }),
);
const rspamdDns = z.array(
  z.object({
    name: z.string(),
    type: z.string(),
    replies: z.array(z.string()).optional(),
    rcode: z.string().optional(),
  }),
);

async function scoreRspamd(folder: string): Promise<Score> {
  const cases = rspamdCases.parse(JSON.parse(await readFile(join(folder, "cases.json"), "utf8")));
  const rows = rspamdDns.parse(JSON.parse(await readFile(join(folder, "dns.json"), "utf8")));
  const zone = new Map(rows.map((row) => [`${row.type.toUpperCase()} ${row.name.toLowerCase()}`, row]));
  const dns = dnsFrom((name, kind) => {
    const row = zone.get(`${kind} ${name}`);
    if (row?.rcode === "timeout" || row?.rcode === "servfail") throw new NoAnswer();
    return row?.replies ?? [];
  });
  let right = 0;
  for (const { name, file, ip, helo, mailfrom, expect, reject } of cases) {
    const client = { ip: ip ?? "127.0.0.1", helo: helo ?? "", mailFrom: mailfrom ?? "" };
    const found = symbolsOf(await authenticateText(await readFile(join(folder, "messages", file)), dns, client));
    const isRight = expect.every((symbol) => found.has(symbol)) && !reject.some((symbol) => found.has(symbol));
    if (!isRight) note("auth-rspamd", name, expect.join(), [...found].join());
    right += Number(isRight);
  }
  return { corpus: "auth-rspamd", measure: "results that rspamd's tests expect", right, of: cases.length };
}

const DKIM: Readonly<Record<string, string>> = {
  pass: "ALLOW",
  permerror: "PERMFAIL",
  temperror: "TEMPFAIL",
  none: "NA",
};
const SPF: Readonly<Record<string, string>> = {
  pass: "ALLOW",
  fail: "FAIL",
  softfail: "SOFTFAIL",
  neutral: "NEUTRAL",
  permerror: "PERMFAIL",
  temperror: "DNSFAIL",
};
const DMARC: Readonly<Record<string, string>> = { none: "SOFTFAIL", quarantine: "QUARANTINE", reject: "REJECT" };

/** Our results in rspamd's words. */
function symbolsOf({ spf, dkim, dmarc, arc }: Awaited<ReturnType<typeof authenticate>>): ReadonlySet<string> {
  const signatures = dkim.length === 0 ? ["none"] : dkim.map(({ result }) => result);
  const worst = dmarc.find(({ result }) => result !== "none") ?? dmarc[0];
  const policy = {
    pass: "POLICY_ALLOW",
    none: "NA",
    temperror: "DNSFAIL",
    fail: `POLICY_${DMARC[worst?.policy ?? "none"]}`,
  };
  return new Set([
    ...signatures.map((result) => `R_DKIM_${DKIM[result] ?? "REJECT"}`),
    `R_SPF_${SPF[spf?.result ?? "none"] ?? "NA"}`,
    `DMARC_${policy[worst?.result ?? "none"]}`,
    `ARC_${{ pass: "ALLOW", fail: "INVALID", none: "NA" }[arc]}`,
  ]);
}

async function authenticateText(mail: string | Buffer, dns: Dns, client: Parameters<typeof authenticate>[1]) {
  await using spooled = await spool(piecesOf(Buffer.from(mail)));
  return await authenticate(spooled, client, dns);
}

async function* piecesOf(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

function note(corpus: string, name: string, wanted: string, found: string): void {
  if (process.env.GUICHET_CORPORA_MISSES)
    process.stderr.write(`${corpus}: ${name}: wanted ${wanted}, found ${found}\n`);
}
