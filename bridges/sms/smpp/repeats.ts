import { createHash, randomBytes } from "node:crypto";
import type { Notes } from "../../../src/adapter/index.ts";
import type { ShortMessage } from "./pdu.ts";

/**
 * Names arrivals. A deliver_sm has no name of its own: one that comes again because our answer got lost looks like a
 * citizen who writes the same words twice. What tells them apart is whether the SMSC has our answer, and it has when it
 * answered anything that we asked later on the same connection. What it may not have is kept in a note: a process that is
 * killed knows afterwards, too.
 */
export interface Repeats {
  /**
   * The name of this arrival: that of an earlier one with the same content, when this can be the same. Durable.
   * @param session differs for each connection.
   */
  nameOf(message: ShortMessage, session: number): Promise<string>;
  /** Our answer was written. @param wasTaken false: we asked the SMSC to come again. */
  answered(name: string, wasTaken: boolean): void;
  /** Names whose answers were written on this connection: what `confirm` takes once the SMSC has answered later. */
  written(session: number): readonly string[];
  confirm(names: readonly string[]): Promise<void>;
}

interface Arrival {
  readonly digest: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  session: number;
  state: "open" | "answered" | "refused";
  /** It took so long to answer that the SMSC may have stopped to wait. */
  isLate: boolean;
}

const NOTE = "smpp-unconfirmed";
const MOST = 100;
/** An SMSC that did not get an answer comes again within this time; later, equal words are new words. Milliseconds. */
const KEPT_MS = 60 * 60 * 1000;
/** No SMSC gives up waiting sooner, in milliseconds. */
const SOONEST_REPEAT = 2_000;
/** Of arrivals that an earlier process took. */
const EARLIER = -1;

export async function openRepeats(notes: Notes, now: () => number = Date.now): Promise<Repeats> {
  const arrivals = new Map<string, Arrival>();
  for (const [digest, name, since] of readNote(await notes.get(NOTE)))
    arrivals.set(name, { digest, name, since, session: EARLIER, state: "answered", isLate: false });

  let writing: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const write = () =>
    notes.set(NOTE, JSON.stringify([...arrivals.values()].map(({ digest, name, since }) => [digest, name, since])));
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

  return {
    nameOf: async (message, session) => {
      const digest = digestOf(message);
      for (const { name, since } of arrivals.values()) if (now() - since > KEPT_MS) arrivals.delete(name);
      const earlier = [...arrivals.values()].find((each) => each.digest === digest && canBe(each, session));
      if (earlier !== undefined) {
        Object.assign(earlier, { session, state: "open" });
        return earlier.name;
      }
      const name = `${digest}-${randomBytes(6).toString("base64url")}`;
      const oldest = arrivals.keys().next().value;
      if (arrivals.size >= MOST && oldest !== undefined) arrivals.delete(oldest);
      arrivals.set(name, { digest, name, since: now(), session, state: "open", isLate: false });
      try {
        await save();
      } catch (fault) {
        arrivals.delete(name);
        throw fault;
      }
      return name;
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

function readNote(note: string | undefined): [digest: string, name: string, since: number][] {
  const kept: unknown = note === undefined ? [] : JSON.parse(note);
  if (!Array.isArray(kept)) return [];
  return kept.flatMap((each: unknown) => {
    const [digest, name, since]: unknown[] = Array.isArray(each) ? each : [];
    return typeof digest === "string" && typeof name === "string" && typeof since === "number"
      ? [[digest, name, since]]
      : [];
  });
}
