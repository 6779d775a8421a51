import { isRecord } from "../domain/is-record.ts";
import type { Margin } from "./compose-head.ts";

/** Key of our events that tells where in their bodies the citizen's own words stand: `[start, length]` in UTF-16 units. */
const WORDS = "org.guichet.words";

interface Bodies {
  readonly body: string;
  readonly formatted_body?: string;
}

/** Puts head and foot around words; nothing is said of their place when there is neither. */
export function frameWords(
  words: { text: string; html: string | undefined },
  head: Margin | undefined,
  foot: Margin | undefined,
): Bodies & { readonly [WORDS]?: Readonly<Record<string, readonly [start: number, length: number]>> } {
  const above = head === undefined ? "" : `${head.text}\n\n`;
  const below = foot === undefined ? "" : `\n\n${foot.text}`;
  // Nothing but a foot: no empty lines above it.
  const body = words.text === "" ? `${above}${foot?.text ?? ""}`.trim() : above + words.text + below;
  const html = words.html === undefined ? undefined : (head?.html ?? "") + words.html + (foot?.html ?? "");
  return {
    body,
    ...(html === undefined ? {} : { format: "org.matrix.custom.html", formatted_body: html }),
    ...(head === undefined && foot === undefined
      ? {}
      : {
          [WORDS]: {
            body: [words.text === "" ? 0 : above.length, words.text.length],
            ...(words.html === undefined ? {} : { formatted_body: [head?.html.length ?? 0, words.html.length] }),
          },
        }),
  };
}

/** The citizen's own words in an event of ours, without what we put around them; undefined when it shows none. */
export function readWords(content: Readonly<Record<string, unknown>>): { text: string; html?: string } | undefined {
  if (content.msgtype !== "m.text" || typeof content.body !== "string") return undefined;
  const places = isRecord(content[WORDS]) ? content[WORDS] : {};
  const text = cut(content.body, places.body).trim();
  const html = typeof content.formatted_body === "string" ? cut(content.formatted_body, places.formatted_body) : "";
  if (text === "") return undefined;
  return html === "" ? { text } : { text, html };
}

function cut(whole: string, place: unknown): string {
  if (!Array.isArray(place)) return whole;
  const [start, length]: unknown[] = place;
  return typeof start === "number" && typeof length === "number" ? whole.slice(start, start + length) : whole;
}
