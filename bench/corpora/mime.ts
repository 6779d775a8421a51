import { readdir } from "node:fs/promises";
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
];

const SLOWEST_MS = 2000;

/** Every mail of every corpus of whole mails ends in words, in files, or in a file with a reason. */
async function scoreSurvival(folder: string): Promise<Score[]> {
  const out: Score[] = [];
  for (const corpus of (await readdir(folder)).filter((name) => name.startsWith("mime-")).sort()) {
    const count = new Count(corpus, "shown or quarantined in 2 s, none empty");
    let slowest = 0;
    for (const path of await filesIn(join(folder, corpus), MAILS)) {
      const { mail, files, ms } = await readWhole(path);
      slowest = Math.max(slowest, ms);
      const hasWords = mail.leaves.some(({ text }) => (text ?? "").replace(/<[^>]*>/g, "").trim() !== "");
      const isEmpty = mail.text.trim() === "" && files.length === 0 && hasWords;
      count.add(ms <= SLOWEST_MS && !isEmpty, `${path}: ${ms.toFixed()} ms${isEmpty ? ", empty" : ""}`);
    }
    out.push(...scores(count).map((score) => ({ ...score, peers: `slowest ${slowest.toFixed()} ms` })));
  }
  return out;
}

/** Mails end in .eml or .msg; two corpora name them .txt, beside expectations and licences. */
const MAILS = /(?:\.eml|\.msg|^m[\w]*\d+a?\.txt|^github[\w-]*\.txt)$/;
