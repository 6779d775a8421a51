import type { Readable } from "node:stream";
import type { Logger } from "pino";
import { toWebStream } from "../adapter/index.ts";
import { isRecord } from "../domain/is-record.ts";
import type { PageStatus } from "./pages.ts";

/** A file that a link leads to. */
export interface ServedFile {
  readonly name: string;
  readonly type: string;
  /** Opens it where it is kept; undefined when it is not there any more. */
  open(signal: AbortSignal): Promise<{ readonly content: Readable; readonly bytes: number | undefined } | undefined>;
}

/** @returns "gone" for a link that was good once. */
export type FindFile = (token: string) => Promise<ServedFile | "gone" | "unknown">;

/** Files that leave at once: each holds a connection to the homeserver, which sending needs, too. */
const AT_ONCE = 8;
/** Longest time for one file, in milliseconds. */
const LONGEST_MS = 30 * 60_000;

/** Serves files as downloads that no browser opens on this site. */
export function serveFiles(find: FindFile, log: Logger) {
  let running = 0;
  return async (token: string, signal: AbortSignal): Promise<Response | PageStatus> => {
    if (running >= AT_ONCE) return 503;
    running += 1;
    const leave = () => {
      running -= 1;
    };
    try {
      const file = await find(token);
      const opened = typeof file === "string" ? undefined : await file.open(limit(signal));
      if (typeof file === "string" || opened === undefined) {
        leave();
        return file === "unknown" ? 404 : 410;
      }
      const { content, bytes } = opened;
      content.once("close", leave);
      return new Response(toWebStream(content), {
        headers: {
          "content-type": harmless(file.type),
          "content-disposition": sayAttachment(file.name),
          ...(bytes === undefined ? {} : { "content-length": String(bytes) }),
          "content-security-policy": "default-src 'none'; sandbox",
          "x-robots-tag": "noindex, nofollow, noarchive",
        },
      });
    } catch (error) {
      leave();
      if (signal.aborted) return 408;
      const code = isRecord(error) ? error.errcode : undefined;
      log.warn({ code, err: code === undefined ? error : undefined }, "a file of an answer could not be fetched");
      return 502;
    }
  };
}

const limit = (signal: AbortSignal) => AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)]);

/** A type that programs may act upon when it is opened is not said: the name is enough to save it. */
const harmless = (type: string): string =>
  /^(?:image|audio|video|text|application)\/[\w.+-]{1,100}$/.test(type) && !/html|xml|svg|script|xsl/i.test(type)
    ? type.toLowerCase()
    : "application/octet-stream";

/** RFC 6266, appendix D: the name twice, for programs that read no UTF-8. */
function sayAttachment(name: string): string {
  // Neither a path nor what could end the header.
  const bare =
    name
      .toWellFormed()
      .replace(/[\p{Cc}/\\]/gu, "_")
      .slice(0, 150) || "file";
  const plain = bare.replace(/[^\x20-\x7e]|["%]/g, "_");
  const encoded = encodeURIComponent(bare).replace(/['()*]/g, (one) => `%${one.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
