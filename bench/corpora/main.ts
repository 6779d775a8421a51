import { existsSync } from "node:fs";
import { join } from "node:path";
import { projectFolder } from "../../demo/setup/paths.js";
import { scoreMime } from "./mime.ts";
import type { Score, ScoreCorpora } from "./score.ts";

/** Each measures what its module is about. */
const SCORERS: readonly ScoreCorpora[] = [scoreMime];

const folder = process.env.GUICHET_CORPORA ?? join(projectFolder, "..", "shared", "corpora");
if (!existsSync(folder)) {
  process.stderr.write(`There are no corpora in ${folder}: set GUICHET_CORPORA to their folder.\n`);
  process.exit(1);
}

const row = ({ corpus, measure, right, of, peers }: Score) =>
  `${corpus.padEnd(18)} ${measure.padEnd(40)} ${((100 * right) / of).toFixed(2).padStart(6)} %  ${right} of ${of}${peers ? `   ${peers}` : ""}\n`;

for (const score of SCORERS) for (const line of await score(folder)) process.stdout.write(row(line));
