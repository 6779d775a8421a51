import { existsSync } from "node:fs";
import { join } from "node:path";
import { projectFolder } from "../../demo/setup/paths.js";
import { scoreAuth } from "./auth.ts";
import { scoreBounces } from "./bounce.ts";
import { scoreFuzz } from "./fuzz.ts";
import { scoreMime } from "./mime.ts";
import { scoreReplies } from "./reply.ts";
import type { Score, ScoreCorpora } from "./score.ts";

/** Each measures what its module is about. */
const SCORERS: Readonly<Record<string, ScoreCorpora>> = {
  reply: scoreReplies,
  bounce: scoreBounces,
  auth: scoreAuth,
  mime: scoreMime,
  fuzz: scoreFuzz,
};

const folder = process.env.GUICHET_CORPORA ?? join(projectFolder, "..", "shared", "corpora");
if (!existsSync(folder)) {
  process.stderr.write(`There are no corpora in ${folder}: set GUICHET_CORPORA to their folder.\n`);
  process.exit(1);
}

const row = ({ corpus, measure, right, of, peers }: Score) =>
  `${corpus.padEnd(18)} ${measure.padEnd(40)} ${((100 * right) / of).toFixed(2).padStart(6)} %  ${right} of ${of}${peers ? `   ${peers}` : ""}\n`;

// `npm run bench -- corpora mime` measures only that.
const asked = process.argv.slice(2).filter((word) => word in SCORERS);
for (const [name, score] of Object.entries(SCORERS)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  for (const line of await score(folder)) process.stdout.write(row(line));
}
