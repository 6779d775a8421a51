import type { Readable } from "node:stream";

/** What a bridge's author supplies to the kit: how to get a remote for one channel, and what that kind of channel lacks. */
export interface Harness {
  /**
   * Opens a fresh remote, up and behaving well, for one check: a real server, or one that speaks the real protocol over
   * a real socket. Called once a check; at most one remote is open at a time.
   * @param outside where a remote that speaks HTTP to the bridge finds its routes.
   */
  open(outside: Outside): Promise<Remote>;
  /**
   * Parts that this kind of channel does not have, each with the reason: their checks are skipped by name. What is not
   * named is checked.
   */
  readonly lacks?: Readonly<Partial<Record<Part, string>>>;
  /**
   * How long the bridge may take for one thing in a test (to connect again, to poll, to end an aborted attempt), in
   * milliseconds. Left out: 5,000.
   */
  readonly patienceMs?: number;
}

/** The bridge's routes as they are seen from outside. */
export interface Outside {
  /** As `BridgeHost.publicUrl`. */
  readonly publicUrl: string;
  /** Has a visitor ask, as guichet would pass it on; 503 while the bridge does not run. */
  visit(request: Request): Promise<Response>;
}

/**
 * What a channel can have:
 * - `arrivals`: citizens write (`Remote.offer`);
 * - `acknowledgement`: the remote learns whether an arrival was taken (`Offered.isAcknowledged`);
 * - `repetition`: an arrival can be offered again (`Offered.again`);
 * - `arriving files`: arrivals carry files (`Remote.takenBytes`);
 * - `arrival limit`: arrivals above a size are refused (`Remote.refusedBytes`);
 * - `news`: the remote tells later what became of an answer (`Remote.offerNews`);
 * - `sending`: agents answer (`capabilities.send`, `Remote.received`);
 * - `leaving files`: answers carry files (`capabilities.attachmentBytes` above 0);
 * - `remote ids`: the remote tells under which name it has a message (`ReceivedMessage.id`);
 * - `repeatable`: as `capabilities.repeatable`;
 * - `silent`, `busy`, `refusing`: the remote can treat a message so (`Remote.behave`);
 * - `outage`: the bridge depends on a remote that can go down (`Remote.goDown`, `Remote.comeBack`).
 */
export type Part =
  | "arrivals"
  | "acknowledgement"
  | "repetition"
  | "arriving files"
  | "arrival limit"
  | "news"
  | "sending"
  | "leaving files"
  | "remote ids"
  | "repeatable"
  | Trouble
  | "outage";

/**
 * How the remote treats a message:
 * - `silent`: takes it whole and never answers;
 * - `busy`: refuses it for now, certainly not delivered;
 * - `refusing`: refuses it for good. Its answer should hold the citizen's address: many do, and it must not be logged.
 */
export type Trouble = "silent" | "busy" | "refusing";

/** The other side of the channel, as far as the kit must move it. A part that `Harness.lacks` names may be left out here. */
export interface Remote {
  /** The channel's own settings, as an operator writes them; they lead to this remote. */
  readonly settings: unknown;
  /** Passwords, keys and tokens within the settings, long enough to be found in a log: none may stand there. */
  readonly secrets?: readonly string[];
  /** A citizen's address as `Party.address`: arrivals come from it, answers go to it. */
  readonly citizen: string;
  /**
   * Has the citizen write. Resolves when the arrival is on its way, without waiting for the bridge; never rejects for
   * what the bridge does.
   */
  offer?(letter: Letter): Promise<Offered>;
  /** Size of a large file that the channel takes, in bytes; from 4 MiB on the kit sees whether it is held in memory. */
  readonly takenBytes?: number;
  /** Size of a file that is above the channel's limit, in bytes. */
  readonly refusedBytes?: number;
  /** Has the remote tell that an answer which it had taken did not arrive. As `offer`. */
  offerNews?(about: { readonly deliveryId: string; readonly remoteId: string; readonly to: string }): Promise<Offered>;
  /** Treats every message so from now on, until the next call; `undefined`: takes them. */
  behave?(as: Trouble | undefined): void | Promise<void>;
  /** Messages that the remote has taken, the oldest first. */
  received?(): readonly ReceivedMessage[] | Promise<readonly ReceivedMessage[]>;
  /** Ends the remote: nobody listens, and all its connections are cut. */
  goDown?(): Promise<void>;
  /** The remote is up again, at the same place. */
  comeBack?(): Promise<void>;
  /** Frees everything, also when it is down. */
  close(): Promise<void>;
}

/** What the citizen writes: plain letters, digits and spaces. */
export interface Letter {
  /** The sender's name, where the channel has names. */
  readonly name: string;
  readonly text: string;
  readonly files: readonly LetterFile[];
}

export interface LetterFile {
  readonly name: string;
  readonly type: string;
  /** In bytes. */
  readonly size: number;
  /** A new stream at each call; large files must be passed on as they are read. */
  open(): Readable;
}

/** An arrival that was handed to the bridge. */
export interface Offered {
  /** Whether the remote counts it as taken: a reply of success came, or the cursor went past it. */
  isAcknowledged(): boolean | Promise<boolean>;
  /** Offers the very same arrival once more, as a remote does that lost the acknowledgement. */
  again(): Promise<Offered>;
}

/** A message as the remote has it. */
export interface ReceivedMessage {
  /** The public name that a citizen's answer would cite; as `Sent.remoteId`. */
  readonly id?: string;
  /** All words, decoded; more may stand around them. */
  readonly text: string;
  /** Size of the whole message, files included, in bytes, as far as the remote counted. */
  readonly bytes: number;
}
