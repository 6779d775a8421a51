import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { type AttachmentStream, type Headers, MailParser, type MessageText } from "mailparser";
import { boundWords } from "./bound-words.ts";
import type { HeaderLines } from "./headers.ts";
import type { SpooledMail } from "./spool.ts";

/** A mail's parts as the parser gives them. */
export interface ParsedMail {
  readonly headers: Headers;
  readonly lines: HeaderLines;
  readonly text: string | undefined;
  readonly html: string | undefined;
}

export type ParsedFile = Pick<AttachmentStream, "contentType" | "contentDisposition" | "filename" | "cid" | "related">;

/** Reads a small mail in one pass, files and all. */
export async function parseWhole(bytes: Buffer): Promise<ParsedMail & { files: (ParsedFile & { content: Buffer })[] }> {
  const files: (ParsedFile & { content: Buffer })[] = [];
  const mail = await parse(bytes, async (file) => {
    files.push({ ...describe(file), content: await buffer(file.content) });
  });
  return { ...mail, files };
}

/**
 * Reads headers and words of a mail; its files pass by unread. `hasFiles` says whether a second pass finds any, `isCut`
 * whether there were more words than one mail may have.
 */
export async function parseWords(mail: SpooledMail): Promise<ParsedMail & { hasFiles: boolean; isCut: boolean }> {
  let hasFiles = false;
  let isCut = false;
  const source = boundWords(mail.open(), { words: MOST_WORDS, file: 1024 }, () => {
    isCut = true;
  });
  const parsed = await parse(Readable.from(source), async (file) => {
    hasFiles = true;
    file.content.resume();
  });
  return { ...parsed, hasFiles, isCut };
}

/** In bytes as they are encoded in the mail. */
const MOST_WORDS = 4_000_000;

/** Files of a mail one after the other, each as a stream that is read, or destroyed, before the next is asked for. */
export async function* parseFiles(mail: SpooledMail): AsyncGenerator<ParsedFile & { content: Readable }> {
  const bounds = { words: MOST_WORDS, file: Number.POSITIVE_INFINITY };
  const source = Readable.from(boundWords(mail.open(), bounds, () => {}));
  const parser = createParser();
  source.on("error", (fault) => parser.destroy(fault)).pipe(parser);
  const items: AsyncIterable<AttachmentStream | MessageText> = parser;
  try {
    for await (const item of items) {
      if (item.type !== "attachment") continue;
      // A stream of its own: the parser writes on into a stream that its reader gave up.
      const content = item.content.pipe(new PassThrough());
      item.content.on("error", (fault) => content.destroy(fault));
      content.on("error", () => {});
      yield { ...describe(item), content };
      item.content.unpipe(content);
      item.content.resume();
      item.release?.();
    }
  } finally {
    source.destroy();
    parser.destroy();
  }
}

/** A mail on which the parser takes longer than this is read as one that cannot be parsed; milliseconds. */
const LONGEST_PARSE = 120_000;

async function parse(source: Buffer | Readable, take: (file: AttachmentStream) => Promise<void>): Promise<ParsedMail> {
  const parser = createParser();
  const timer = setTimeout(() => parser.destroy(new Error("parsing takes too long")), LONGEST_PARSE);
  let headers: Headers = new Map();
  let words: MessageText | undefined;
  parser.once("headers", (parsed) => {
    headers = parsed;
    // The parser would break lines at 80 columns; a body that is all HTML is made into text by html-text.ts instead.
    parser.options.skipHtmlToText = contentTypeOf(parsed) === "text/html";
  });
  if (Buffer.isBuffer(source)) parser.end(source);
  else source.on("error", (fault) => parser.destroy(fault)).pipe(parser);
  const items: AsyncIterable<AttachmentStream | MessageText> = parser;
  try {
    for await (const item of items) {
      if (item.type === "text") words = item;
      else {
        await take(item);
        item.release?.();
      }
    }
  } finally {
    clearTimeout(timer);
    if (!Buffer.isBuffer(source)) source.destroy();
  }
  return { headers, lines: parser.headerLines || [], text: words?.text, html: words?.html };
}

function contentTypeOf(headers: Headers): unknown {
  const value = headers.get("content-type");
  return typeof value === "object" && "params" in value ? value.value : undefined;
}

const describe = ({ contentType, contentDisposition, filename, cid, related }: AttachmentStream): ParsedFile => ({
  contentType,
  ...(contentDisposition === undefined ? {} : { contentDisposition }),
  ...(filename === undefined ? {} : { filename }),
  ...(cid === undefined ? {} : { cid }),
  ...(related === undefined ? {} : { related }),
});

function createParser(): MailParser {
  const parser = new WordsParser({ checksumAlgo: false, skipTextLinks: true, ignoreEmbedded: true });
  parser.on("error", () => {});
  return parser;
}

/** In characters: longer plain parts stay out of the HTML form, and are shown as text. */
const LONGEST_PLAIN_PART = 1_000_000;

/** The library's own way finds links and names every entity, which costs more than all the rest of the parsing. */
class WordsParser extends MailParser {
  override textToHtml(text: string): string {
    if (text.length > LONGEST_PLAIN_PART) return "";
    const escaped = text.replace(/[&<>]/g, (sign) => (sign === "&" ? "&amp;" : sign === "<" ? "&lt;" : "&gt;"));
    return `<p>${escaped.trim().replace(/\n/g, "<br/>")}</p>`;
  }
}
