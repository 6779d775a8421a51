/**
 * Lines of format=flowed as the paragraphs they were (RFC 3676): a line that ends in a space goes on in the next one of
 * the same quote depth. Quote marks stay in front of each paragraph.
 * @param deletesSpace DelSp=yes: the space at the end is no part of the words.
 */
export function unflow(text: string, deletesSpace: boolean): string {
  const out: string[] = [];
  let open: { depth: number; words: string[] } | undefined;
  const close = () => {
    if (open !== undefined) out.push(`${">".repeat(open.depth)}${open.depth > 0 ? " " : ""}${open.words.join("")}`);
    open = undefined;
  };
  for (const line of text.split(/\r?\n/)) {
    const depth = /^>*/.exec(line)?.[0].length ?? 0;
    const words = line.slice(depth).replace(/^ /, "");
    const isSignature = words === "-- ";
    const flows = words.endsWith(" ") && !isSignature;
    if (open !== undefined && (open.depth !== depth || isSignature)) close();
    const kept = flows && deletesSpace ? words.slice(0, -1) : words;
    if (open === undefined) open = { depth, words: [kept] };
    else open.words.push(kept);
    if (!flows) close();
  }
  close();
  return out.join("\n");
}
