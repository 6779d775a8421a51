/** How much of a mail's parts is let through; in bytes. */
export interface Bounds {
  /** Of all text parts together, still encoded. */
  readonly words: number;
  /** Of each file, still encoded. */
  readonly file: number;
}

/** A header block above this is no header block. */
const LONGEST_HEAD = 256 * 1024;
/** RFC 2046, 5.1.1 allows 70 characters in a boundary; senders write more. */
const LONGEST_DELIMITER = 1000;

/**
 * Passes a mail on and leaves out what is above the bounds. The parser gathers text parts in memory, some ten times
 * their size: a sender must not decide how much that is. Where the structure is not understood, all counts as words.
 * @param onCut called when words were left out.
 */
export async function* boundWords(
  source: AsyncIterable<Buffer>,
  bounds: Bounds,
  onCut: () => void,
): AsyncGenerator<Buffer> {
  const boundaries = new Set<string>();
  let wordsLeft = bounds.words;
  let fileLeft = 0;
  let isHead = true;
  let isFile = false;
  let waiting: Buffer = Buffer.alloc(0);

  const admit = (body: Buffer): Buffer => {
    const passed = body.subarray(0, Math.max(0, isFile ? fileLeft : wordsLeft));
    if (isFile) fileLeft -= passed.length;
    else wordsLeft -= passed.length;
    if (!isFile && passed.length < body.length) onCut();
    return passed;
  };
  const startPart = (head: string) => {
    const type = /^content-type[ \t]*:[ \t]*([^;\s]*)/im.exec(head)?.[1]?.toLowerCase() ?? "";
    const isAttached = /^content-disposition[ \t]*:[ \t]*attachment/im.test(head);
    const boundary = /^content-type[ \t]*:.*?;[ \t]*boundary[ \t]*=[ \t]*(?:"([^"]*)"|([^;\s]+))/im.exec(head);
    if (type.startsWith("multipart/") && boundary !== null)
      boundaries.add((boundary[1] ?? boundary[2] ?? "").trimEnd());
    isFile =
      isAttached || (type.includes("/") && !/^(text\/(plain|html)|multipart\/|message\/delivery-status)/.test(type));
    fileLeft = bounds.file;
  };

  for await (const chunk of source) {
    waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk]);
    for (;;) {
      if (isHead) {
        const end = endOfHead(waiting);
        if (end === undefined && waiting.length < LONGEST_HEAD) break;
        const head = waiting.subarray(0, end ?? waiting.length);
        startPart(head.toString("latin1").replace(/\r?\n[ \t]+/g, " "));
        yield head;
        waiting = waiting.subarray(head.length);
        isHead = false;
      }
      const delimiter = findDelimiter(waiting, boundaries);
      const body = admit(waiting.subarray(0, delimiter.at));
      if (body.length > 0) yield body;
      waiting = waiting.subarray(delimiter.at);
      if (delimiter.is === "none") break;
      // The line break before a delimiter belongs to it (RFC 2046, 5.1.1).
      yield waiting.subarray(0, delimiter.length);
      waiting = waiting.subarray(delimiter.length);
      isHead = delimiter.is === "part";
      isFile = false;
    }
  }
  if (waiting.length > 0) yield isHead ? waiting : admit(waiting);
}

/** Where the body begins; undefined when the head has not ended yet. */
function endOfHead(bytes: Buffer): number | undefined {
  const empty = /^\r?\n/.exec(bytes.subarray(0, 2).toString("latin1"))?.[0].length;
  if (empty !== undefined) return empty;
  const ends = ["\r\n\r\n", "\n\n"].flatMap((mark) => {
    const at = bytes.indexOf(mark, 0, "latin1");
    return at === -1 ? [] : [at + mark.length];
  });
  return ends.length === 0 ? undefined : Math.min(...ends);
}

/** The next delimiter line; with "none", `at` is where bytes begin that may still become one. */
type Delimiter =
  | { readonly is: "none"; readonly at: number }
  | { readonly is: "part" | "end"; readonly at: number; readonly length: number };

function findDelimiter(bytes: Buffer, boundaries: ReadonlySet<string>): Delimiter {
  for (let at = bytes.indexOf("\n--"); at !== -1; at = bytes.indexOf("\n--", at + 1)) {
    const end = bytes.indexOf("\n", at + 1);
    if (end === -1 && bytes.length - at < LONGEST_DELIMITER) return { is: "none", at };
    const line = bytes
      .subarray(at + 3, Math.min(end === -1 ? bytes.length : end, at + LONGEST_DELIMITER))
      .toString("latin1");
    const name = line.trimEnd();
    // The line break after it stays: it may be the one that ends an empty head.
    if (boundaries.has(name)) return { is: "part", at, length: (end === -1 ? bytes.length : end) + 1 - at };
    if (name.endsWith("--") && boundaries.has(name.slice(0, -2))) return { is: "end", at, length: 3 + name.length };
  }
  const tail = bytes.lastIndexOf("\n");
  const mayBegin =
    tail !== -1 && tail >= bytes.length - 2 && "\n--".startsWith(bytes.subarray(tail).toString("latin1"));
  return { is: "none", at: mayBegin ? tail : bytes.length };
}
