import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { readMail } from "../../bridges/email/read-mail.ts";
import { spool } from "../../bridges/email/spool.ts";
import { mutateMail, seededNumbers } from "../../test/support/mutate-mail.ts";
import type { Score, ScoreCorpora } from "./score.ts";

const MAILS = 10_000;
/** Another one makes other mails. */
const SEED = Number(process.env.GUICHET_FUZZ_SEED ?? 20_260_101);
/** The process itself grows too: both are watched. */
const SLOWEST_MS = 2000;
const AT_ONCE = 2;

/** Mutated mails of all corpora, the same ones on each run: each must end in words or in a file with a reason. */
export const scoreFuzz: ScoreCorpora = async (folder) => {
  const mails = await corpusMails(folder);
  const number = seededNumbers(SEED);
  const outcome = { ended: 0, quarantined: 0, inTime: 0, slowest: 0, peak: 0 };
  const pick = () => mails[number(mails.length)] ?? Buffer.alloc(0);
  for (let done = 0; done < MAILS; done += AT_ONCE) {
    const batch = Array.from({ length: AT_ONCE }, () => mutateMail(pick(), pick(), number));
    await Promise.all(batch.map((bytes) => readToEnd(bytes, outcome)));
    outcome.peak = Math.max(outcome.peak, process.memoryUsage().rss);
  }
  const about = `${outcome.quarantined} as a file with a reason, slowest ${outcome.slowest.toFixed()} ms, peak RSS ${Math.round(outcome.peak / 1024 / 1024)} MB`;
  const rows: Score[] = [
    { corpus: "mime-*", measure: "mutated mails that came to an end", right: outcome.ended, of: MAILS, peers: about },
    { corpus: "mime-*", measure: "mutated mails read in 2 s", right: outcome.inTime, of: MAILS },
  ];
  return rows;
};

async function readToEnd(
  bytes: Buffer,
  outcome: { ended: number; quarantined: number; inTime: number; slowest: number },
) {
  const startedAt = performance.now();
  try {
    await using mail = await spool(Readable.from([bytes]));
    const found = await readMail(mail);
    for (const { content } of found.attachments())
      for await (const chunk of content) if (!Buffer.isBuffer(chunk)) return;
    outcome.ended += 1;
    if (found.lines.length === 0 && found.leaves.length === 0) outcome.quarantined += 1;
  } catch (fault) {
    process.stderr.write(`a mutated mail came to no end: ${String(fault)}\n`);
  }
  const ms = performance.now() - startedAt;
  outcome.slowest = Math.max(outcome.slowest, ms);
  if (ms <= SLOWEST_MS) outcome.inTime += 1;
}

async function corpusMails(folder: string): Promise<Buffer[]> {
  const names = await readdir(folder, { recursive: true });
  const mails = names.filter((name) => name.startsWith("mime-") && /\.(?:eml|msg)$/.test(name)).sort();
  return Promise.all(mails.map((name) => readFile(join(folder, name))));
}
