/** One line of the table: a measure that the corpus' README defines, on the code that runs in production. */
export interface Score {
  /** Folder of the corpus: `reply-talon`. */
  readonly corpus: string;
  /** What is counted: `visible text exact`. */
  readonly measure: string;
  readonly right: number;
  readonly of: number;
  /** Figures of other tools, as the corpora's README gives them. */
  readonly peers?: string;
}

/** Measures one kind of corpus. @param folder the folder that holds all corpora. */
export type ScoreCorpora = (folder: string) => Promise<readonly Score[]>;

/** The corpora's norm: LF line ends, NFC, trailing blanks cut, runs of blank lines folded, ends stripped. */
export const norm = (text: string): string =>
  text
    .replace(/\r\n?/g, "\n")
    .normalize("NFC")
    .replace(/[ \t\u00a0]+$/gm, "")
    .replace(/\n{2,}/g, "\n\n")
    .trim();
