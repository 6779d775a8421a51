import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { scoreMailcore, scoreRspamdFrom, scoreZbateson } from "./mime-fields.ts";
import { Count, filesIn, readWhole, scores } from "./mime-read.ts";
import { scoreMime4j, scoreStalwart } from "./mime-structure.ts";
import type { Score, ScoreCorpora } from "./score.ts";

/** Reads the MIME corpora as the bridge does: in its threads, files and all. */
export const scoreMime: ScoreCorpora = async (folder) => [
  ...(await scoreMime4j(join(folder, "mime-mime4j"))),
  ...(await scoreMime4j(join(folder, "mime-mimetools"))),
  ...(await scoreStalwart(join(folder, "mime-stalwart"))),
  ...(await scoreMailcore(join(folder, "mime-mailcore"))),
  ...(await scoreZbateson(join(folder, "mime-zbateson"))),
  ...(await scoreRspamdFrom(join(folder, "mime-rspamd"))),
  ...(await scoreSurvival(folder)),
  ...(await scoreLarge()),
];

const SLOWEST_MS = 2000;
const MOST_MB = 256;
/** Of the one file in a large mail. */
const LARGE_BYTES = 50_000_000;

/** Every mail of every corpus of whole mails ends in words, in files, or in a file with a reason. */
async function scoreSurvival(folder: string): Promise<Score[]> {
  const out: Score[] = [];
  for (const corpus of (await readdir(folder)).filter((name) => name.startsWith("mime-")).sort()) {
    const count = new Count(corpus, "shown or quarantined in 2 s and 256 MB");
    let slowest = 0;
    let largest = 0;
    for (const path of await filesIn(join(folder, corpus), MAILS)) {
      const { mail, files, ms, mb } = await readWhole(path);
      slowest = Math.max(slowest, ms);
      largest = Math.max(largest, mb);
      const hasWords = mail.leaves.some(({ text }) => (text ?? "").replace(/<[^>]*>/g, "").trim() !== "");
      const isEmpty = mail.text.trim() === "" && files.length === 0 && hasWords;
      const isWell = ms <= SLOWEST_MS && mb <= MOST_MB && !isEmpty;
      count.add(isWell, `${path}: ${ms.toFixed()} ms, ${mb} MB${isEmpty ? ", empty" : ""}`);
    }
    out.push(
      ...scores(count).map((score) => ({
        ...score,
        peers: `slowest ${slowest.toFixed()} ms, most memory ${largest} MB`,
      })),
    );
  }
  return out;
}

/** A file of 50 MB in base64, as most mail servers let through. */
async function scoreLarge(): Promise<Score[]> {
  const folder = await mkdtemp(join(tmpdir(), "guichet-large-"));
  try {
    const path = join(folder, "large.eml");
    const line = `${Buffer.alloc(57, 7).toString("base64")}\r\n`;
    const head = `From: anna@example.org\r\nMessage-ID: <large@example.org>\r\nContent-Type: application/zip; name="large.zip"\r\nContent-Disposition: attachment; filename="large.zip"\r\nContent-Transfer-Encoding: base64\r\n\r\n`;
    await writeFile(path, [head, line.repeat(Math.ceil(LARGE_BYTES / 57))]);
    const { files, ms, mb } = await readWhole(path);
    const count = new Count("a file of 50 MB", "read whole, in 256 MB");
    count.add(mb <= MOST_MB && (files[0]?.size ?? 0) >= LARGE_BYTES, `${mb} MB`);
    return scores(count).map((score) => ({ ...score, peers: `${ms.toFixed()} ms, memory ${mb} MB` }));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Mails end in .eml or .msg; two corpora name them .txt, beside expectations and licences. */
const MAILS = /(?:\.eml|\.msg|^m[\w]*\d+a?\.txt|^github[\w-]*\.txt)$/;
