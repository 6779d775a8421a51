import { createHash } from "node:crypto";
import { z } from "zod";
import type { Notes } from "../../src/adapter/index.ts";
import { spellingsOf } from "./message-ids.ts";

/** Of texts in several parts the core knows one name; the others are kept here, so that a receipt for each part counts. */
export interface SentParts {
  /** Durable when it resolves. */
  remember(deliveryId: string, ids: readonly string[]): Promise<void>;
  /** The text that a part belongs to; undefined for one that is not known. */
  find(id: string): Promise<SentPart | undefined>;
  /** Counts a part as delivered. @returns true when all parts of its text are. */
  deliver(part: SentPart): Promise<boolean>;
}

const note = z.object({
  id: z.string(),
  deliveryId: z.string(),
  of: z.number(),
  first: z.string(),
  number: z.number(),
});
const tally = z.object({ id: z.string(), delivered: z.array(z.number()) });
export type SentPart = z.output<typeof note>;

/** Notes cannot be removed: new ones take the place of old ones. */
const PLACES = 65_536;
const placeOf = (id: string) => createHash("sha256").update(id).digest().readUInt32BE() % PLACES;

export function openSentParts(notes: Notes): SentParts {
  const read = async <Shape>(name: string, schema: z.ZodType<Shape>) => {
    const kept = await notes.get(name);
    return kept === undefined ? undefined : schema.safeParse(JSON.parse(kept)).data;
  };
  return {
    remember: async (deliveryId, ids) => {
      const [first = ""] = ids;
      const parts = ids.map((id, place) => ({ id, deliveryId, of: ids.length, first, number: place + 1 }));
      await Promise.all(parts.map((part) => notes.set(`part-${placeOf(part.id)}`, JSON.stringify(part))));
    },
    find: async (id) => {
      for (const spelling of spellingsOf(id)) {
        const part = await read(`part-${placeOf(spelling)}`, note);
        if (part?.id === spelling) return part;
      }
      return undefined;
    },
    deliver: async ({ first, number, of }) => {
      const name = `parts-${placeOf(first)}`;
      const before = await read(name, tally);
      const delivered = new Set(before?.id === first ? before.delivered : []).add(number);
      await notes.set(name, JSON.stringify({ id: first, delivered: [...delivered] }));
      return delivered.size === of;
    },
  };
}
