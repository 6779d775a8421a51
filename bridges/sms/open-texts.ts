import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Notes } from "../../src/adapter/index.ts";

/** A text of which parts have come. */
const openText = z.object({
  id: z.string(),
  from: z.string(),
  to: z.string(),
  reference: z.string(),
  of: z.number(),
  /** When its first part and its newest one came, in milliseconds since 1970. */
  since: z.number(),
  newest: z.number(),
  /** How many parts agents have seen, with the gaps. */
  shown: z.number(),
  isDone: z.boolean(),
  /** Words by the number of the part. */
  parts: z.record(z.string(), z.string()),
});

export type OpenText = z.output<typeof openText>;

/** Texts that wait for parts, each in a note of its own: a process that is killed loses none. */
export interface OpenTexts {
  all(): Promise<readonly OpenText[]>;
  /** Durable when it resolves. */
  save(text: OpenText): Promise<void>;
  remove(text: OpenText): Promise<void>;
}

const COUNT = "texts";
const nameOf = (slot: number) => `text-${slot}`;
/** Another process may have gone on with them since, in milliseconds. */
const FRESH_FOR = 5_000;

export const newText = (from: string, to: string, reference: string, of: number, at: number): OpenText => ({
  ...{ id: `text-${randomUUID()}`, from, to, reference, of, since: at, newest: at },
  ...{ shown: 0, isDone: false, parts: {} },
});

/** Notes cannot be removed: their places are used again. */
export function openTexts(notes: Notes): OpenTexts {
  let slots: (string | undefined)[] = [];
  let texts = new Map<string, OpenText>();
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;

  const read = async () => {
    const count = Number((await notes.get(COUNT)) ?? 0);
    const found = await Promise.all(
      Array.from({ length: count }, async (_, slot) => parse(await notes.get(nameOf(slot)))),
    );
    slots = found.map((text) => text?.id);
    texts = new Map(found.flatMap((text) => (text === undefined ? [] : [[text.id, text]])));
  };
  const refresh = async () => {
    if (performance.now() - readAt < FRESH_FOR) return;
    reading ??= read().finally(() => {
      reading = undefined;
    });
    await reading;
    readAt = performance.now();
  };
  const slotFor = async (id: string) => {
    const known = slots.indexOf(id);
    if (known !== -1) return known;
    const free = slots.indexOf(undefined);
    const slot = free === -1 ? slots.length : free;
    slots[slot] = id;
    if (free === -1) await notes.set(COUNT, String(slots.length));
    return slot;
  };
  return {
    all: async () => {
      await refresh();
      return [...texts.values()];
    },
    save: async (text) => {
      await notes.set(nameOf(await slotFor(text.id)), JSON.stringify(text));
      texts.set(text.id, text);
      readAt = performance.now();
    },
    remove: async (text) => {
      const slot = slots.indexOf(text.id);
      texts.delete(text.id);
      if (slot === -1) return;
      await notes.set(nameOf(slot), "");
      slots[slot] = undefined;
    },
  };
}

function parse(note: string | undefined): OpenText | undefined {
  if (note === undefined || note === "") return undefined;
  return openText.safeParse(JSON.parse(note)).data;
}
