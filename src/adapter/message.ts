import type { Readable } from "node:stream";

/** A correspondent on a channel. */
export interface Party {
  /** Normalised by the bridge: equal strings are the same correspondent. */
  readonly address: string;
  /** Name as the correspondent gave it: untrusted text. */
  readonly name?: string;
}

/** One message that arrived on a channel. All texts are untrusted; the core makes HTML safe. */
export interface InboundMessage {
  /** The transport's own name for this arrival, equal when it is offered again; never a sender's text. At most 200 characters. */
  readonly dedupeKey: string;
  /** The channel's public name of the message, as answers will cite it (a Message-ID without angle brackets). */
  readonly remoteId?: string;
  readonly from: Party;
  /** The address of ours that it came to, as the sender wrote it: one of several, or a sub-address (`mairie+permits@…`). */
  readonly to: string;
  readonly receivedAt: Date;
  readonly subject?: string;
  /** Plain text, "" when there is none. Lines end with \n. */
  readonly text: string;
  readonly html?: string;
  /**
   * What the sender wrote just now, when `text` and `html` hold more (quotes, signatures): this is shown, and the whole
   * text goes along as a file.
   */
  readonly visible?: { readonly text: string; readonly html?: string };
  /** Others whom the sender addressed, without the sender and the channel's own addresses. The core keeps the first 100. */
  readonly cc?: readonly Party[];
  /** Where the sender wishes answers to go, when that is not `from`. Never changes who the sender is. */
  readonly replyTo?: Party;
  /**
   * Where the sender wants answers, when that is another kind of channel: its `BridgeDefinition.type`, and an address as
   * the sender typed it. Answers leave by the first of the agency's channels of that type which takes the address, and
   * what comes from there belongs to the same conversation; where there is none, they leave by this channel.
   */
  readonly answerVia?: { readonly type: string; readonly address: string };
  /** What agents should know about this arrival: sentences of the bridge, in the first of `host.languages` that it speaks. */
  readonly remarks?: readonly string[];
  /** What the channel can say about the sender being who they claim to be; undefined when it cannot. */
  readonly trust?: SenderTrust;
  /**
   * Code of the operator's rule by which this arrival is set aside until an operator releases it: upper case, as
   * `SENDER_FORGED`. Agents are told that there is one.
   */
  readonly hold?: string;
  readonly thread: ThreadEvidence;
  /** The citizen is told the conversation's number at once: it is settled with this arrival, for `Inbox.numberOf`. */
  readonly isNumbered?: boolean;
  /** Written by a machine (RFC 3834): shown, never answered by another machine. */
  readonly automatic: boolean;
  /**
   * Read once and in order; each `content` is consumed or destroyed before the next is asked for. The core may stop
   * anywhere: open a file only when it is asked for, and free what you hold in the generator's `finally`.
   */
  readonly attachments: Iterable<InboundAttachment> | AsyncIterable<InboundAttachment>;
}

export interface SenderTrust {
  /** `verified`: proven. `unverified`: nothing is proven, as is common. `forged`: the proof that there should be has failed. */
  readonly verdict: "verified" | "unverified" | "forged";
  /** One sentence for agents, when something is wrong; as `remarks`. */
  readonly remark?: string;
}

/** What the arrival says about the conversation it belongs to. The core decides. */
export interface ThreadEvidence {
  /** Our own reply token, as it was found; the core checks its signature. */
  readonly token?: string;
  /** Public names of earlier messages, nearest first (In-Reply-To, then References backwards). */
  readonly references: readonly string[];
  /** Our own messages that it reports on, as `OutboundMessage.deliveryId`; the core checks their signatures. */
  readonly about?: readonly string[];
}

export interface InboundAttachment {
  readonly name?: string;
  /** Media type as declared: `image/png`. */
  readonly type: string;
  /** Shown inside the text rather than beside it. */
  readonly inline: boolean;
  /** RFC 2392 Content-ID without angle brackets, when the HTML refers to it. */
  readonly contentId?: string;
  readonly content: Readable;
}
