import type { Readable } from "node:stream";
import type { Logger } from "pino";
import type { z } from "zod";
import type { DeliveryReceipt, OutboundMessage, Sent } from "./delivery.ts";
import type { InboundMessage, Party } from "./message.ts";
import type { Draft, Preview } from "./preview.ts";
import type { Routes } from "./routes.ts";

/** The generation of the contract that this core speaks; a definition names the one it was written for. */
export const CONTRACT_GENERATION = 1;

/** What a bridge package exports as `default`: everything the core must know before a channel is built. */
export interface BridgeDefinition<Config = unknown> {
  /** Lower-case word for the kind of channel; becomes part of ghost localparts, so it never changes. */
  readonly type: string;
  /** Contract generation this bridge was written for; the loader refuses one it does not know. */
  readonly contract: typeof CONTRACT_GENERATION;
  /** Schema of the channel's own settings: gives the type, the faults with line numbers and the sample. */
  readonly config: z.ZodType<Config>;
  /**
   * True for a bridge that is of no use without `BridgeHost.publicUrl`: a configuration that gives it none is refused.
   */
  readonly needsPublicUrl?: boolean;
  /**
   * Builds a bridge and connects nothing. Called once per channel and process; must not throw for a config the schema
   * accepts. Of several processes some never call `start`: they ask for `preview`, `opening` and `capabilities`, or serve the
   * routes, which therefore need nothing that `start` makes, and then call `stop`.
   */
  create(config: Config, host: BridgeHost): Bridge;
}

/** One running channel. The core calls `start` once, `send` any number of times at once, `stop` at the end. */
export interface Bridge {
  readonly capabilities: Capabilities;
  /**
   * Addresses that the channel is written to at and writes from, in the form of `Party.address`. What comes from one of
   * them counts as automatic on every channel: two channels never write to each other without end.
   */
  readonly addresses?: readonly string[];
  /**
   * Resolves when the channel is ready to receive. Rejects only for faults that waiting cannot cure (a taken port);
   * a remote that is down is healed by the bridge itself and shown by `health`. `signal` aborts when the core stops.
   */
  start(signal: AbortSignal): Promise<void>;
  /**
   * Takes no new arrivals, lets the running ones end until `deadline` aborts, frees sockets and timers. Resolves soon
   * after `deadline` has aborted, whatever still runs; what had not ended is not acknowledged. Safe to call twice.
   */
  stop(deadline: AbortSignal): Promise<void>;
  /**
   * Hands one message to the channel; resolves when the remote has accepted it. Any other ending is a `DeliveryError`.
   * Present exactly when `capabilities.send` is true. Ends in time when `signal` aborts.
   */
  send?(message: OutboundMessage, signal: AbortSignal): Promise<Sent>;
  /**
   * Says what a message would come to on the channel, for the agent who can still change it. Pure: no I/O, the same for
   * the same draft, done in some milliseconds. What the core sees by itself (`capabilities`) it says by itself. Left
   * out: each message is one, and costs nothing. Of use only with `send`.
   */
  preview?(draft: Draft): Preview;
  /** How agents begin a conversation on this channel. Left out: citizens write first. Of use only with `send`. */
  readonly opening?: Opening;
  /**
   * Counts what the remote still has of the arrivals in a period, taken or not: a witness beside the store. Called on a
   * bridge that may not be started, in a process of its own; changes nothing at the remote, and frees what it holds when
   * its reader stops or `signal` aborts. Rejects when the remote cannot be asked. Left out: the remote keeps nothing that
   * could be compared. What may be news of an answer and nothing else is not counted.
   */
  census?(period: { readonly from: Date; readonly to: Date }, signal: AbortSignal): AsyncIterable<CountedArrival>;
  /** Last known state; does no I/O. */
  health(): Health;
}

/** An arrival as the remote has it. */
export interface CountedArrival {
  /** As `InboundMessage.dedupeKey`. */
  readonly dedupeKey: string;
  readonly receivedAt: Date;
  /** Offers it to the inbox, as if it came now. Works until the next is asked for. */
  take(): Promise<Acceptance>;
}

/** The command with which an agent writes to somebody first: `!VERB ADDRESS Subject`, the text on the lines below. */
export interface Opening {
  /** Lower-case word, the same for each channel of a type; `!write` is understood for all of them. */
  readonly verb: string;
  /** An address as agents may write it, for the help. */
  readonly example: string;
  /**
   * Reads an address as a person types it, without spaces. Does no I/O.
   * @returns undefined for what is none, or one of the channel's own.
   */
  parseAddress(text: string): Party | undefined;
}

/** What a channel can carry. The core renders to it, and tells agents what is lost. */
export interface Capabilities {
  readonly send: boolean;
  readonly html: boolean;
  readonly subject: boolean;
  /** Whether one message can go to several people, who see each other. False: agents are told when they answer all. */
  readonly cc: boolean;
  /** Largest total size of files in one message, in bytes; 0 when the channel carries none. */
  readonly attachmentBytes: number;
  /**
   * True when sending the same `deliveryId` again cannot reach the citizen as a different message (email: an equal
   * Message-ID). False: after an unknown outcome the core asks an agent before it sends again.
   */
  readonly repeatable: boolean;
}

/**
 * State of a channel as operators see it; `reason` is for people and holds no citizen's words or address.
 * - `starting`: until `start` has resolved;
 * - `up`: as far as the bridge knows, messages pass;
 * - `degraded`: some do not, and `reason` says why; one that cannot know does so from its next attempt on;
 * - `stopped`: since `stop`.
 */
export interface Health {
  readonly state: "starting" | "up" | "degraded" | "stopped";
  readonly since: Date;
  readonly reason?: string;
}

/** What the core lends to a channel. */
export interface BridgeHost {
  /** Name of the channel in the operator's configuration. */
  readonly channel: string;
  /** Languages of the channel's agency, the preferred one first: language tags such as `fr` or `pt-BR`. */
  readonly languages: readonly string[];
  /** Name of the channel's agency by language tag; never empty. */
  readonly agencyNames: ReadonlyMap<string, string>;
  readonly inbox: Inbox;
  /** Bound to the channel. Ids and codes only: never a citizen's words, address or number. */
  readonly log: Logger;
  readonly now: () => Date;
  /** Small durable memory of the channel (cursors), at most a few kilobytes a value. */
  readonly notes: Notes;
  /** What lies ready for citizens who come to fetch it. */
  readonly shelf: Shelf;
  /**
   * Where the channel's `routes` are reached from outside: a web address without `/` at its end, such as
   * `https://guichet.town.example/town-form`. Undefined when the operator has no public listener: `routes` then lead
   * nowhere. A bridge that cannot do without sets `BridgeDefinition.needsPublicUrl`, or, when it depends on its
   * settings, rejects its `start`.
   */
  readonly publicUrl?: string;
  readonly routes: Routes;
  /**
   * Runs `run` in at most one process of many that hold the same channel and name. `signal` aborts when the lease is
   * lost or the core stops; `run` must then end. Resolves when the core stops.
   */
  lease(name: string, run: (signal: AbortSignal) => Promise<void>): Promise<void>;
}

export interface Notes {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
}

/**
 * Words and files that citizens come back for, as on a page of their own: a channel that hands nothing over keeps its
 * answers here.
 */
export interface Shelf {
  /**
   * Durable when it resolves, with every byte of its files; rejects, and leaves nothing, when the store cannot take it
   * now. Every stream that is asked for is consumed or destroyed. Keeps all that lies in the same place as long.
   * - `put`: it lies there now;
   * - `known`: an entry of this key lay there before, and stays as it is.
   */
  put(entry: NewShelfEntry): Promise<"put" | "known">;
  /** What lies in a place and is not past its time, the oldest first. */
  list(place: string): Promise<readonly ShelfEntry[]>;
  /** A file of an entry, by its place in `files`; undefined when it is not there, or past its time. */
  open(place: string, key: string, file: number): Promise<Readable | undefined>;
}

export interface NewShelfEntry {
  /** Entries of one place are read together; at most 200 characters. */
  readonly place: string;
  /** Unique within the place; at most 200 characters. */
  readonly key: string;
  /** In the bridge's own form. */
  readonly text: string;
  /** When it is thrown away. */
  readonly until: Date;
  /** Read once and in order; each `content` is consumed or destroyed before the next is asked for. */
  readonly files: Iterable<NewShelfFile> | AsyncIterable<NewShelfFile>;
}

export interface NewShelfFile {
  readonly name: string;
  readonly type: string;
  readonly content: Readable;
}

export interface ShelfEntry {
  readonly key: string;
  readonly text: string;
  readonly files: readonly ShelfFile[];
}

export interface ShelfFile {
  readonly name: string;
  readonly type: string;
  /** In bytes. */
  readonly size: number;
}

export interface Inbox {
  /**
   * Durable when it resolves: acknowledge upstream only then. Rejects when the store cannot take the message now
   * (answer "try again" upstream). Every attachment stream that is asked for is consumed or destroyed, whatever the
   * ending; it may be that none is asked for.
   * - `accepted`: stored, will be shown to agents;
   * - `duplicate`: this arrival was accepted before; acknowledge it;
   * - `refused`: against the operator's rules; tell the sender so where the channel can.
   */
  accept(message: InboundMessage): Promise<Acceptance>;
  /**
   * Number and token of the conversation that an arrival belongs to, accepted now or earlier: for channels that tell
   * the citizen at once. Certain for arrivals with `isNumbered`; undefined for others whose conversation is not known yet.
   */
  numberOf(dedupeKey: string): Promise<CaseNumber | undefined>;
  /**
   * Late news about an answer that the remote had taken. Durable when it resolves; rejects when the store cannot take it
   * now. Safe to repeat.
   * - `applied`: the agent sees it, or better news was there before;
   * - `unknown`: no answer of this channel is meant; show the news as a message, or drop it.
   */
  receipt(receipt: DeliveryReceipt): Promise<"applied" | "unknown">;
}

export interface CaseNumber {
  /** As citizens and agents read it. */
  readonly number: string;
  /** As `OutboundThread.token` of the conversation's answers. */
  readonly token: string;
}

export type Acceptance = "accepted" | "duplicate" | "refused";
