import type { Readable } from "node:stream";
import type { Party } from "./message.ts";

/** One answer on its way to a citizen. */
export interface OutboundMessage {
  /** Equal on each attempt, different for each message; lower-case letters, digits and hyphens. */
  readonly deliveryId: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Name to answer under: the agency's. The address is the channel's own. */
  readonly fromName: string;
  readonly to: Party;
  /**
   * Others who get the same message and see each other, when the agent answers all; never `to`. Only with
   * `capabilities.cc`.
   */
  readonly cc?: readonly Party[];
  readonly subject?: string;
  readonly text: string;
  /**
   * Safe HTML of the same words, when the agent formatted them: paragraphs, headings, lists, quotes, tables, code and
   * formatting of words. No attributes but `href` (absolute: https, http, mailto, tel) and `start`; `<` begins tags only.
   */
  readonly html?: string;
  readonly attachments: readonly OutboundAttachment[];
  readonly thread: OutboundThread;
  /**
   * The citizen's words that are answered, for a quote below; read when it is called. Left out: no message is answered.
   * Resolves with undefined when they cannot be had any more; rejects with a `DeliveryError` (retry) when not now.
   */
  answered?(): Promise<AnsweredMessage | undefined>;
  /**
   * True for what guichet itself writes, as an acknowledgement: it must be marked so that no machine answers it, where
   * the channel has a way to (email: Auto-Submitted, RFC 3834).
   */
  readonly automatic?: boolean;
  /** When the agent wrote it. */
  readonly writtenAt: Date;
}

/** What a citizen wrote, as agents saw it. */
export interface AnsweredMessage {
  readonly from: Party;
  readonly at: Date;
  readonly text: string;
  /** Safe, as `OutboundMessage.html`. */
  readonly html?: string;
}

export interface OutboundThread {
  /** Signed; a reply that brings it back belongs to this conversation. Lower-case letters, digits and hyphens. */
  readonly token: string;
  /** Public name of the message that is answered. */
  readonly inReplyTo?: string;
  /** Public names of the conversation's messages, oldest first. */
  readonly references: readonly string[];
  /** An agent began the conversation, and no citizen has written in it yet. */
  readonly isOpening?: boolean;
}

export interface OutboundAttachment {
  readonly name: string;
  readonly type: string;
  /** In bytes, when known before it is read. */
  readonly size?: number;
  /**
   * A new stream at each call; an attempt opens each file at most once, and destroys what it does not read to the end.
   * When it rejects, or the stream fails, the attempt ends with `retry`: a message leaves with all of its files or not at all.
   */
  open(signal: AbortSignal): Promise<Readable>;
}

/** The remote has taken responsibility for the message, for one recipient at least. */
export interface Sent {
  /** The channel's public name of the message, as the citizen's answer will cite it. */
  readonly remoteId: string;
  /** Those of several recipients whom the remote refused: agents are told. An attempt at one that is refused rejects. */
  readonly refused?: readonly RefusedRecipient[];
}

export interface RefusedRecipient {
  /** As in `to` or `cc`. */
  readonly address: string;
  /** As `DeliveryError.code`. */
  readonly code: string;
  /** What the remote said, for the agent's eyes; never logged. */
  readonly remoteAnswer?: string;
}

/** What became of a sent message later: from a bounce, a delivery report, a read receipt. All texts are untrusted. */
export interface DeliveryReceipt {
  /** Names of the message that the news may mean, the surest first. */
  readonly about: {
    /** As `OutboundMessage.deliveryId`; the core checks its signature. */
    readonly deliveryIds?: readonly string[];
    /** As `Sent.remoteId`. */
    readonly remoteIds?: readonly string[];
  };
  /**
   * - `delayed`: still tried by the remote;
   * - `delivered`: proven to be where the citizen reads;
   * - `failed`: the remote gave up;
   * - `read`: the citizen's device says that it was shown.
   */
  readonly state: "delayed" | "delivered" | "failed" | "read";
  /** Address of the one whom the news are about, when the remote tells: agents need it when there are several. */
  readonly recipient?: string;
  /** Upper-case word, stable: `MAILBOX_FULL`. Safe to log. */
  readonly code: string;
  /** The cause in words for agents, without a full stop, in the first of `host.languages` that the bridge speaks. */
  readonly remark?: string;
  /** What the remote said, for the agent's eyes; never logged. */
  readonly remoteAnswer?: string;
  /** When the news came. */
  readonly at: Date;
}

/**
 * What follows from a failed attempt.
 * - `retry`: certainly not delivered, may work later;
 * - `rejected`: certainly not delivered, will not work later;
 * - `unknown`: may have been delivered.
 */
export type Consequence = "retry" | "rejected" | "unknown";

/** The only way an attempt fails. Nobody reads meaning out of `message`. */
export class DeliveryError extends Error {
  override readonly name = "DeliveryError";
  readonly consequence: Consequence;
  /** Upper-case word, stable: `SMTP_550`, `SMTP_CONNECT`. Safe to log. */
  readonly code: string;
  /** What the remote said, for the agent's eyes; never logged. */
  readonly remoteAnswer: string | undefined;

  constructor(consequence: Consequence, code: string, options: { remoteAnswer?: string; cause?: unknown } = {}) {
    super(`${code} (${consequence})`, { cause: options.cause });
    this.consequence = consequence;
    this.code = code;
    this.remoteAnswer = options.remoteAnswer;
  }
}
