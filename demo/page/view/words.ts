import { html } from "hono/html";

export type Markup = ReturnType<typeof html>;

const two = (number: number) => String(number).padStart(2, "0");

/** Clock time of this machine. */
export const clock = (at: Date) => `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;

export const time = (at: Date): Markup => html`<time datetime="${at.toISOString()}">${clock(at)}</time>`;

/** 40 ms, 2.1 s, 3 min. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return ms < 3_600_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}

/** A page is small: what is longer is cut, and says so. */
export const shorten = (text: string, most: number) =>
  text.length <= most ? text : `${text.slice(0, most)} … (cut here)`;

/** Its first line with anything in it. */
export const firstLine = (text: string, most: number) => {
  const [line = ""] = text.split("\n").filter((each) => each.trim() !== "");
  return line.length <= most ? line : `${line.slice(0, most)}…`;
};

/** Its beginning, on one line. */
export const excerpt = (text: string, most: number) => firstLine(text.replace(/\s+/g, " ").trim(), most);

/** An id of an element that is the same whenever the page is drawn. */
export const elementId = (kind: string, name: string) =>
  `${kind}-${Buffer.from(name).toString("base64url").slice(-24)}`;

export const bytes = (size: number) => (size < 1_000 ? `${size} bytes` : `${Math.round(size / 1_000)} kB`);
