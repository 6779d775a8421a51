import { createHash, randomBytes } from "node:crypto";
import type { Notes } from "../../../src/adapter/index.ts";
import type { ShortMessage } from "./pdu.ts";

/**
 * Names arrivals. A deliver_sm has no name of its own: one that comes again because our answer got lost looks like a
 * citizen who writes the same words twice. What tells them apart is whether the SMSC has our answer, and it has when it
 * answered anything that we asked later on the same connection. What it may not have is kept in a note: a process that is
 * killed knows afterwards, too. Where nothing tells them apart, the words are shown again, and said to be in doubt: a
 * second "yes" that is lost is worse than one that is shown twice.
 */
export interface Repeats {
  /**
   * Names this arrival: as an earlier one with the same content, when it is that one again. Durable.
   */
  nameOf(message: ShortMessage, session: SmppSession): Promise<ArrivalName>;
  /** Our answer was written. @param wasTaken false: we asked the SMSC to come again. */
  answered(name: string, wasTaken: boolean): void;
  /** Names whose answers were written on this connection: what `confirm` takes once the SMSC has answered later. */
  written(session: number): readonly string[];
  confirm(names: readonly string[]): Promise<void>;
}

/** One connection. */
export interface SmppSession {
  /** Differs for each connection of a process. */
  readonly number: number;
  /** When its first arrival came, in milliseconds since 1970. */
  readonly since: number;
}

export interface ArrivalName {
  readonly name: string;
  /** New by its name, but it may be an earlier one that came again. */
  readonly isDoubtful: boolean;
}

interface Arrival {
  readonly digest: string;
  /** Digest of the sender. */
  readonly sender: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  session: number;
  state: "open" | "answered" | "refused";
  /** It took so long to answer that the SMSC may have stopped to wait. */
  isLate: boolean;
  /** Over a later connection another text of this sender came, when the SMSC had sent all that waited: it has gone past this one. */
  isPassed: boolean;
}

const NOTE = "smpp-unconfirmed";
const MOST = 100;
/** An SMSC that did not get an answer comes again within this time, in milliseconds; later, equal words are in doubt. */
const SOON_MS = 5 * 60 * 1000;
/** Until then an SMSC sends what had waited for a connection, in any order, in milliseconds. */
const SETTLED_MS = 10_000;
/** And after this time they are new words. */
const KEPT_MS = 60 * 60 * 1000;
/** No SMSC gives up waiting sooner, in milliseconds. */
const SOONEST_REPEAT = 2_000;
/** Of arrivals that an earlier process took. */
const EARLIER = -1;

export async function openRepeats(notes: Notes, now: () => number = Date.now): Promise<Repeats> {
  const arrivals = new Map<string, Arrival>();
  for (const arrival of readNote(await notes.get(NOTE)))
    arrivals.set(arrival.name, { ...arrival, session: EARLIER, state: "answered", isLate: false });

  let writing: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const write = () =>
    notes.set(
      NOTE,
      JSON.stringify(
        [...arrivals.values()].map(({ digest, name, since, sender, isPassed }) => [
          digest,
          name,
          since,
          sender,
          isPassed ? 1 : 0,
        ]),
      ),
    );
  /** One write at a time; all that ask meanwhile share the next. */
  const save = (): Promise<void> => {
    if (next !== undefined) return next;
    const begin = (writing ?? Promise.resolve())
      .catch(() => {})
      .then(() => {
        writing = next;
        next = undefined;
        return write();
      });
    next = begin;
    return begin;
  };
  const canBe = (earlier: Arrival, session: number) => {
    if (earlier.session !== session || earlier.state === "refused") return true;
    return earlier.isLate || (earlier.state === "open" && now() - earlier.since > SOONEST_REPEAT);
  };

  /** Asked to come again, or young and not overtaken: nothing speaks against its being the same. */
  const isSame = ({ state, isPassed, since }: Arrival) => state === "refused" || (!isPassed && now() - since < SOON_MS);

  return {
    nameOf: async (message, { number: session, since }) => {
      const digest = digestOf(message);
      const sender = digestText(JSON.stringify(message.source));
      for (const each of arrivals.values()) if (now() - each.since > KEPT_MS) arrivals.delete(each.name);
      const earlier = [...arrivals.values()].find((each) => each.digest === digest && canBe(each, session));
      if (earlier !== undefined && isSame(earlier)) {
        Object.assign(earlier, { session, state: "open" });
        return { name: earlier.name, isDoubtful: false };
      }
      if (earlier !== undefined) arrivals.delete(earlier.name);
      if (now() - since > SETTLED_MS)
        for (const each of arrivals.values())
          if (each.sender === sender && each.session !== session) each.isPassed = true;
      const name = `${digest}-${randomBytes(6).toString("base64url")}`;
      const oldest = arrivals.keys().next().value;
      if (arrivals.size >= MOST && oldest !== undefined) arrivals.delete(oldest);
      const isNew = { state: "open", isLate: false, isPassed: false } as const;
      arrivals.set(name, { digest, sender, name, since: now(), session, ...isNew });
      try {
        await save();
      } catch (fault) {
        arrivals.delete(name);
        if (earlier !== undefined) arrivals.set(earlier.name, earlier);
        throw fault;
      }
      return { name, isDoubtful: earlier !== undefined };
    },
    answered: (name, wasTaken) => {
      const arrival = arrivals.get(name);
      if (arrival === undefined) return;
      arrival.isLate = now() - arrival.since > SOONEST_REPEAT;
      arrival.state = wasTaken ? "answered" : "refused";
    },
    written: (session) =>
      [...arrivals.values()]
        .filter((each) => each.session === session && each.state === "answered" && !each.isLate)
        .map(({ name }) => name),
    confirm: async (names) => {
      if (names.length === 0) return;
      for (const name of names) arrivals.delete(name);
      await save();
    },
  };
}

function digestOf({ source, destination, esmClass, dataCoding, octets, options }: ShortMessage): string {
  const hash = createHash("sha256").update(JSON.stringify([source, destination, esmClass, dataCoding]));
  hash.update(octets);
  for (const [tag, value] of options) hash.update(`${tag}:`).update(value);
  return hash.digest("base64url").slice(0, 16);
}

const digestText = (text: string) => createHash("sha256").update(text).digest("base64url").slice(0, 8);

type KeptArrival = Pick<Arrival, "digest" | "name" | "since" | "sender" | "isPassed">;

function readNote(note: string | undefined): KeptArrival[] {
  const kept: unknown = note === undefined ? [] : JSON.parse(note);
  if (!Array.isArray(kept)) return [];
  return kept.flatMap((each: unknown) => {
    const [digest, name, since, sender, isPassed]: unknown[] = Array.isArray(each) ? each : [];
    return typeof digest === "string" && typeof name === "string" && typeof since === "number"
      ? [{ digest, name, since, sender: typeof sender === "string" ? sender : "", isPassed: isPassed === 1 }]
      : [];
  });
}
