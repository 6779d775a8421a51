import { createHash } from "node:crypto";
import type { Notes } from "../../src/adapter/index.ts";

/** A text cites nothing: it continues what was last said with its number, as the phone shows it. */
export interface Talks {
  /**
   * The message that a text continues: our last answer, or the text that began; its own name when it begins. Durable, and
   * the same when the text comes again.
   */
  cited(address: string, name: string): Promise<string>;
  /** We wrote: what comes next belongs to it. */
  wrote(address: string, remoteId: string): Promise<void>;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** @param days of silence after which a text begins anew. */
export function createTalks(notes: Notes, days: number, now: () => Date): Talks {
  const nameOf = (address: string) => `talk-${createHash("sha256").update(address).digest("hex").slice(0, 32)}`;
  const write = (address: string, remoteId: string) => notes.set(nameOf(address), `${now().getTime()} ${remoteId}`);
  return {
    cited: async (address, name) => {
      const [since = "", ...rest] = ((await notes.get(nameOf(address))) ?? "").split(" ");
      const silence = now().getTime() - Number(since);
      const known = rest.join(" ");
      const cited = known === "" || silence > days * DAY_MS ? name : known;
      // One write a day is enough to know that they still talk.
      if (cited !== known || silence > DAY_MS) await write(address, cited);
      return cited;
    },
    wrote: write,
  };
}
