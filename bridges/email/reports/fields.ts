/** Fields of a header block or of a report's block, names in lower case; of a repeated field all values. */
export type Fields = ReadonlyMap<string, readonly string[]>;

/** In lines and blocks of one part. */
const MOST_LINES = 5_000;
const MOST_BLOCKS = 500;
/** In characters, of one value with its folded lines. */
const LONGEST_VALUE = 4_000;

/** Blocks of fields, divided by empty lines (RFC 3464, 2.1). What is no field is passed over. */
export function readBlocks(text: string): Fields[] {
  const blocks: Map<string, string[]>[] = [];
  let block: Map<string, string[]> | undefined;
  let last: string[] | undefined;
  for (const line of text.split(/\r?\n/, MOST_LINES)) {
    if (line.trim() === "") {
      block = undefined;
      last = undefined;
      continue;
    }
    if (/^[ \t]/.test(line) && last !== undefined) {
      last.push(`${last.pop() ?? ""} ${line.trim()}`.slice(0, LONGEST_VALUE));
      continue;
    }
    const [, name, value] = /^[ \t]{0,20}([A-Za-z][\w-]{0,60})[ \t]{0,20}:(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      last = undefined;
      continue;
    }
    if (block === undefined) {
      if (blocks.length === MOST_BLOCKS) break;
      block = new Map();
      blocks.push(block);
    }
    const key = name.toLowerCase();
    last = block.get(key) ?? [];
    last.push(value.trim().slice(0, LONGEST_VALUE));
    block.set(key, last);
  }
  return blocks;
}

export const fieldOf = (fields: Fields | undefined, name: string): string | undefined => fields?.get(name)?.[0];

/** Value of a typed field without its type: `rfc822; a@b` gives `a@b` (RFC 3464, 2.1.2). */
export function untyped(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const semicolon = value.indexOf(";");
  const bare =
    semicolon >= 0 && /^\s*[\w-]{1,40}\s*$/.test(value.slice(0, semicolon)) ? value.slice(semicolon + 1) : value;
  return bare.trim() || undefined;
}
