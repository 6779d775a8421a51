import type { Acceptance, Notes } from "../../src/adapter/index.ts";
import type { ReceivedText } from "./gateway.ts";
import { joinParts } from "./join-parts.ts";
import { newText, type OpenText, openTexts } from "./open-texts.ts";

export type ReceivedPart = ReceivedText & { readonly part: NonNullable<ReceivedText["part"]> };

/** A text as agents see it, whole or with what is there. */
export interface JoinedText {
  /** Equal when the same is offered again. */
  readonly key: string;
  readonly from: string;
  readonly to: string;
  readonly at: Date;
  readonly text: string;
  /** Numbers of the parts that have not come. */
  readonly missing: readonly number[];
  readonly of: number;
  /** It was shown with a gap before. */
  readonly wasShown: boolean;
}

export interface Reassembly {
  readonly notes: Notes;
  readonly now: () => Date;
  /** How long a text may wait for its parts before it is shown with its gap, in milliseconds. */
  readonly waitMs: number;
  /** What stands for parts first to last. */
  sayGap(first: number, last: number, of: number): string;
  /** Durable when it resolves. */
  deliver(text: JoinedText): Promise<Acceptance>;
  /** Texts of one sender take turns. */
  inOrder<Result>(from: string, run: () => Promise<Result>): Promise<Result>;
}

/** Puts texts together from parts that come out of order, twice, late or never. */
export interface Reassembler {
  /** Durable when it resolves; call it in the sender's turn. */
  take(part: ReceivedPart): Promise<Acceptance>;
  /** Shows what has waited long enough, and forgets what is over. */
  look(): Promise<void>;
}

/** Phones count their references to 255 and begin anew: later, an equal one is another text's. Milliseconds. */
const KEPT_MS = 24 * 60 * 60 * 1000;
/** How long a part that comes again, though its text is whole, is known. */
const KEPT_WHOLE_MS = 60 * 60 * 1000;

export function createReassembler(reassembly: Reassembly): Reassembler {
  const { notes, now, waitMs, deliver, inOrder } = reassembly;
  const texts = openTexts(notes);
  const joined = (text: OpenText, key: string) => joinText(text, key, reassembly);

  const showGap = async (id: string) => {
    const text = (await texts.all()).find((each) => each.id === id);
    if (text === undefined || !isDue(text, now().getTime(), waitMs)) return;
    const count = Object.keys(text.parts).length;
    await deliver(joined(text, `${text.id}-${count}`));
    await texts.save({ ...text, shown: count });
  };
  return {
    take: async ({ from, to, text, part: { reference, of, number } }) => {
      const at = now().getTime();
      const known = (await texts.all()).filter(
        (each) => each.from === from && each.to === to && each.reference === reference && each.of === of,
      );
      const fresh = known.filter((each) => at - each.newest < KEPT_MS);
      const [same] = fresh.filter((each) => each.parts[number] === text);
      if (same?.isDone) return "duplicate";
      const open = same ?? fresh.find((each) => !each.isDone && each.parts[number] === undefined);
      const before = open ?? newText(from, to, reference, of, at);
      const after = { ...before, newest: at, parts: { ...before.parts, [number]: text } };
      if (Object.keys(after.parts).length < of) {
        await texts.save(after);
        return "accepted";
      }
      const taken = await deliver(joined(after, after.id));
      // Killed before this, the last part comes again and finds the others: the inbox knows the key.
      await texts.save({ ...after, isDone: true });
      return taken;
    },
    look: async () => {
      const at = now().getTime();
      for (const text of await texts.all()) {
        if (isDue(text, at, waitMs)) await inOrder(text.from, () => showGap(text.id));
        else if (at - text.newest > (text.isDone ? KEPT_WHOLE_MS : KEPT_MS)) await texts.remove(text);
      }
    },
  };
}

const isDue = ({ isDone, parts, shown, newest }: OpenText, at: number, waitMs: number) =>
  !isDone && Object.keys(parts).length > shown && at - newest >= waitMs;

function joinText(text: OpenText, key: string, { sayGap }: Reassembly): JoinedText {
  const { from, to, of, parts, since, shown } = text;
  const missing: number[] = [];
  let words = "";
  let run: string[] = [];
  for (let number = 1; number <= of; number += 1) {
    const part = parts[number];
    if (part !== undefined) run.push(part);
    else {
      words += joinParts(run);
      run = [];
      missing.push(number);
      const isLast = number === of || parts[number + 1] !== undefined;
      if (isLast) words += sayGap(firstOf(missing), number, of);
    }
  }
  return { key, from, to, of, missing, at: new Date(since), text: words + joinParts(run), wasShown: shown > 0 };
}

/** First number of the run that the list ends with. */
const firstOf = (numbers: readonly number[]) =>
  numbers.reduce((first, number, place) => (numbers[place - 1] === number - 1 ? first : number), 0);
