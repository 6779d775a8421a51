import { randomUUID } from "node:crypto";
import { type IncomingMessage, request } from "node:http";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";

export interface Page {
  readonly status: number;
  /** Address that it was found at in the end. */
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
  readonly text: string;
}

export interface PostedFile {
  readonly name: string;
  readonly type?: string;
  open(): Readable;
}

export interface Posting {
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly files?: readonly PostedFile[];
}

export interface AskOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readable;
  /** Whether to go where the answer leads. */
  readonly follow?: boolean;
}

/** Asks as a browser without JavaScript does, each time over a connection of its own. */
export async function ask(
  url: string,
  { method = "GET", headers = {}, body, follow = true }: AskOptions = {},
): Promise<Page> {
  const sent = request(url, { method, agent: false, headers: { "accept-language": "en", ...headers } });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    sent.once("response", resolve);
    sent.once("error", reject);
  });
  answered.catch(() => undefined);
  if (body === undefined) sent.end();
  // An answer may come, and the connection end, before all was sent.
  else void pipeline(body, sent).catch(() => undefined);
  const answer = await answered;
  const { location } = answer.headers;
  if (follow && answer.statusCode === 303 && location !== undefined) {
    answer.resume();
    return ask(new URL(location, url).href);
  }
  const read = await buffer(answer);
  return { status: answer.statusCode ?? 0, url, headers: answer.headers, body: read, text: read.toString("utf8") };
}

/** Sends a form, as `multipart/form-data`. */
export function post(url: string, posting: Posting, options: AskOptions = {}): Promise<Page> {
  const boundary = `----guichet${randomUUID()}`;
  return ask(url, {
    method: "POST",
    ...options,
    headers: { "content-type": `multipart/form-data; boundary=${boundary}`, ...options.headers },
    body: Readable.from(write(posting, boundary), { objectMode: false }),
  });
}

async function* write({ fields, files = [] }: Posting, boundary: string): AsyncGenerator<string | Buffer> {
  for (const [name, value] of fields)
    yield `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  for (const { name, type = "application/octet-stream", open } of files) {
    yield `--${boundary}\r\nContent-Disposition: form-data; name="files"; filename="${name}"\r\nContent-Type: ${type}\r\n\r\n`;
    for await (const piece of open()) yield piece;
    yield "\r\n";
  }
  yield `--${boundary}--\r\n`;
}

/** The hidden token of a page's first form. */
export function tokenOf({ text }: Pick<Page, "text">): string {
  const token = /name="token" value="([^"]+)"/.exec(text)?.[1];
  if (token === undefined) throw new Error("the page has no form");
  return token;
}

/** Opens a form and sends it, filled in. */
export async function fillIn(
  url: string,
  fields: Readonly<Record<string, string>>,
  files: readonly PostedFile[] = [],
): Promise<Page> {
  const token = tokenOf(await ask(url));
  return post(url, { fields: Object.entries({ token, ...fields }), files });
}

/** Address of the citizen's page, as the receipt shows it. */
export function caseUrlOf({ text }: Pick<Page, "text">): string {
  const url = /class="address" href="([^"]+)"/.exec(text)?.[1];
  if (url === undefined) throw new Error("the page is no receipt with an address");
  return url.replaceAll("&amp;", "&");
}

export const isReceipt = ({ status, text }: Pick<Page, "status" | "text">) =>
  status === 200 && text.includes("Your message has arrived");
