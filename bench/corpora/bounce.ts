import { createReadStream, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { classifyAutomatic } from "../../bridges/email/automatic.ts";
import { readMail } from "../../bridges/email/read-mail.ts";
import { readReport } from "../../bridges/email/reports/read-report.ts";
import type { ReadableMail } from "../../bridges/email/reports/readable-mail.ts";
import { isDeadAddress } from "../../bridges/email/reports/reasons.ts";
import type { RecipientReport, Report } from "../../bridges/email/reports/report.ts";
import { toReadable } from "../../bridges/email/reports/to-readable.ts";
import { spool } from "../../bridges/email/spool.ts";
import type { Score } from "./score.ts";

/** What comes back: who is named as not reached, and whether it is for good. */
export async function scoreBounces(folder: string): Promise<readonly Score[]> {
  return [...(await scoreFlufl(join(folder, "bounce-flufl"))), ...(await scoreSisimai(join(folder, "bounce-sisimai")))];
}

const Flufl = z.record(z.string(), z.object({ permanent: z.array(z.string()), temporary: z.array(z.string()) }));

/** flufl.bounce calls temporary what is still tried. */
async function scoreFlufl(folder: string): Promise<Score[]> {
  const expected = Object.entries(Flufl.parse(readJson(folder)));
  let exact = 0;
  let parted = 0;
  for (const [name, { permanent, temporary }] of expected) {
    const report = await readFile(join(folder, name));
    const undelivered = recipientsOf(report).filter(isUndelivered);
    const delayed = undelivered.filter(({ state }) => state === "delayed");
    if (isSameSet(addressesOf(undelivered), [...permanent, ...temporary])) exact += 1;
    if (isSameSet(addressesOf(delayed), temporary)) parted += 1;
  }
  const corpus = "bounce-flufl";
  const of = expected.length;
  return [
    { corpus, measure: "failed addresses exact", right: exact, of, peers: peers.fluflAddresses },
    { corpus, measure: "delayed told from failed", right: parted, of },
  ];
}

const Sisimai = z.record(
  z.string(),
  z.array(z.object({ status: z.string(), reason: z.string(), hardbounce: z.boolean() })),
);

async function scoreSisimai(folder: string): Promise<Score[]> {
  const expected = Sisimai.parse(readJson(folder));
  const kinds = { right: 0, of: 0 };
  const verdicts = { right: 0, of: 0 };
  const dead = { right: 0, of: 0 };
  for (const name of listMails(folder)) {
    const wanted = expected[name] ?? [];
    const { kind, recipients } = await readKind(join(folder, name));
    const wantedKind = name.startsWith("not/") ? "none" : (KINDS[wanted[0]?.reason ?? ""] ?? "non-delivery");
    kinds.of += 1;
    if (kind === wantedKind) kinds.right += 1;
    if (wantedKind !== "non-delivery") continue;
    for (const [index, { status, hardbounce }] of wanted.entries()) {
      const got = recipients[index];
      verdicts.of += 1;
      dead.of += 1;
      if (got?.verdict === (status.startsWith("5") ? "permanent" : "temporary")) verdicts.right += 1;
      if (got !== undefined && isDeadAddress(got.reason) === hardbounce) dead.right += 1;
    }
  }
  const corpus = "bounce-sisimai";
  return [
    { corpus, measure: "non-delivery or not", ...kinds, peers: peers.sisimaiKinds },
    { corpus, measure: "permanent or temporary", ...verdicts, peers: peers.sisimaiVerdicts },
    { corpus, measure: "address dead or not", ...dead },
  ];
}

/** Measured on this half of the corpora; its detectors were written on its own set. */
const peers = {
  fluflAddresses: "flufl.bounce 6.0: 100.00 %",
  sisimaiKinds: "flufl.bounce 6.0: 84.81 %",
  sisimaiVerdicts: "flufl.bounce 6.0: 74.19 %",
};

type Kind = "non-delivery" | "complaint" | "success" | "vacation" | "none";
const KINDS: Readonly<Record<string, Kind>> = { feedback: "complaint", vacation: "vacation", delivered: "success" };

async function readKind(file: string): Promise<{ kind: Kind; recipients: readonly RecipientReport[] }> {
  const mail = await readReadable(file);
  const report = readReport(mail);
  const recipients = recipientsOf(report);
  if (report?.kind === "complaint") return { kind: "complaint", recipients };
  if (recipients.some(isUndelivered)) return { kind: "non-delivery", recipients };
  if (recipients.length > 0) return { kind: "success", recipients };
  return {
    kind: classifyAutomatic(mail.lines, undefined, mail.subject) === "vacation" ? "vacation" : "none",
    recipients,
  };
}

async function readReadable(file: string): Promise<ReadableMail> {
  await using spooled = await spool(createReadStream(file));
  return toReadable(await readMail(spooled));
}

const readFile = async (file: string): Promise<Report | undefined> => readReport(await readReadable(file));

const recipientsOf = (report: Report | undefined) => (report?.kind === "delivery" ? report.recipients : []);
const isUndelivered = ({ state }: RecipientReport) => state === "failed" || state === "delayed";
const addressesOf = (recipients: readonly RecipientReport[]) => recipients.flatMap(({ address }) => address ?? []);

/** Compared as the bridge compares addresses: without case. */
function isSameSet(some: readonly string[], others: readonly string[]): boolean {
  const one = new Set(some.map((each) => each.toLowerCase()));
  const other = new Set(others.map((each) => each.toLowerCase()));
  return one.size === other.size && [...one].every((each) => other.has(each));
}

const readJson = (folder: string): unknown => JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));

const listMails = (folder: string): string[] =>
  ["", "not"].flatMap((sub) => {
    const place = join(folder, sub);
    const names = existsSync(place) ? readdirSync(place).filter((name) => name.endsWith(".eml")) : [];
    return names.map((name) => (sub === "" ? name : `${sub}/${name}`));
  });
