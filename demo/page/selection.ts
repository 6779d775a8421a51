import { z } from "zod";

/** What is open on the page: it stands in its address, so that each link and a reload show the same. */
export interface Selection {
  /** Name of a received mail. */
  readonly mail?: string;
  /** Whose phone. */
  readonly phone?: string;
  readonly agency?: string;
  /** Event with which the conversation begins. */
  readonly thread?: string;
  /** Event of that conversation that is answered. */
  readonly reply?: string;
}

const word = z.string().min(1).max(255).optional().catch(undefined);
const selection = z.object({ mail: word, phone: word, agency: word, thread: word, reply: word });

/** What makes no sense counts as not selected. */
export function readSelection(query: Readonly<Record<string, unknown>>): Selection {
  const read = selection.parse(query);
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined));
}

/** Address of the page with something else open; `undefined` closes. */
export function addressOf(open: Selection, change: { [Key in keyof Selection]?: string | undefined } = {}): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries({ ...open, ...change })) if (value !== undefined) query.set(key, value);
  return query.size === 0 ? "/" : `/?${query}`;
}
