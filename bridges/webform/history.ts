import { z } from "zod";
import type { Shelf, ShelfEntry, ShelfFile } from "../../src/adapter/index.ts";

const said = z.discriminatedUnion("by", [
  z.object({
    by: z.literal("citizen"),
    at: z.iso.datetime(),
    text: z.string(),
    /** Of all that was filled in: another one under the same name is another message. */
    digest: z.string(),
    from: z.object({ address: z.string(), name: z.string() }),
    /** Of the page that it was written on. */
    language: z.string(),
    /** What else the citizen is told of it. */
    answerVia: z.enum(["page", "email", "sms"]),
    /** Where answers go that do not lie here. */
    answerTo: z.string().optional(),
    files: z.array(z.object({ name: z.string(), size: z.number() })),
    closes: z.boolean(),
  }),
  z.object({
    by: z.literal("agency"),
    at: z.iso.datetime(),
    name: z.string(),
    text: z.string(),
    html: z.string().optional(),
    isAutomatic: z.boolean(),
  }),
]);

/** One message of a conversation, as its page shows it. */
export type Said = z.output<typeof said>;
export type SaidByCitizen = Extract<Said, { by: "citizen" }>;

export interface Spoken {
  /** Name of the citizen's form, or of the delivery. */
  readonly key: string;
  readonly said: Said;
  /** Files of an answer; those of a citizen are told by their names only. */
  readonly files: readonly ShelfFile[];
}

/** Place of a conversation on the channel's shelf. */
export const placeOf = (token: string) => `case ${token}`;

export async function readHistory(shelf: Shelf, token: string): Promise<readonly Spoken[]> {
  return (await shelf.list(placeOf(token))).flatMap(readEntry);
}

function readEntry({ key, text, files }: ShelfEntry): Spoken[] {
  const read = said.safeParse(JSON.parse(text));
  return read.success ? [{ key, said: read.data, files }] : [];
}
