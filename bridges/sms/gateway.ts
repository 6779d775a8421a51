import type { Acceptance, BridgeHost, DeliveryReceipt } from "../../src/adapter/index.ts";

/** One way to the mobile networks: an SMSC over SMPP, or a provider's HTTP interface. */
export interface Gateway {
  /** Resolves when the gateway is being reached; an outage is healed by itself and told to `GatewayHost.trouble`. */
  open(signal: AbortSignal): Promise<void>;
  /** Takes nothing new, lets what runs end until `deadline` aborts, frees sockets and timers. Safe to call twice. */
  close(deadline: AbortSignal): Promise<void>;
  /** Hands over one text; throws DeliveryError. */
  submit(text: OutgoingText, signal: AbortSignal): Promise<SubmittedText>;
}

/** One answer as it leaves: whole for gateways that cut it themselves, and cut for those that do not. */
export interface OutgoingText {
  /** As `OutboundMessage.deliveryId`. */
  readonly deliveryId: string;
  /** The channel's own number, short code or alphanumeric sender. */
  readonly from: string;
  /** E.164 with +. */
  readonly to: string;
  readonly text: string;
  readonly encoding: "gsm7" | "ucs2";
  readonly parts: readonly TextPart[];
}

/** What fits one SMS. */
export interface TextPart {
  readonly text: string;
  /** Place among the parts, from 1 (3GPP TS 23.040, 9.2.3.24.1). */
  readonly number: number;
  readonly of: number;
  /** Equal in all parts of a text: 0 to 65535; an 8-bit reference takes its lower octet. */
  readonly reference: number;
}

/** The gateway has taken responsibility for all parts. */
export interface SubmittedText {
  /** The gateway's names of the parts, in their order. */
  readonly ids: readonly string[];
}

/** What a gateway tells the channel. */
export interface GatewayHost {
  /** Durable when it resolves: acknowledge only then; rejects: ask to try again. */
  received(text: ReceivedText): Promise<Acceptance>;
  /** Durable when it resolves; rejects: ask to try again. */
  receipt(receipt: GatewayReceipt): Promise<void>;
  /** @param code what keeps the gateway from working, for operators; undefined when it works again. */
  trouble(code: string | undefined): void;
  readonly host: BridgeHost;
}

/** One text, or one part of it, as the gateway delivered it. All strings are untrusted. */
export interface ReceivedText {
  /** The gateway's name of it, equal when it is delivered again; undefined when it has none. */
  readonly id: string | undefined;
  /** It may be an earlier one that the gateway delivers again, under another name. */
  readonly isDoubtful?: boolean;
  readonly from: string;
  readonly to: string;
  readonly text: string;
  readonly at: Date;
  /** Present when it is one part of a longer text. */
  readonly part?: { readonly reference: string; readonly of: number; readonly number: number };
}

/** What became of one part that was handed over. */
export interface GatewayReceipt {
  /** As in `SubmittedText.ids`. */
  readonly id: string;
  /** As `OutgoingText.deliveryId`, when the gateway gives it back: it tells the text even when the answer with `id` was lost. */
  readonly deliveryId?: string;
  readonly state: DeliveryReceipt["state"];
  /** Upper-case word, stable. */
  readonly code: string;
  readonly remoteAnswer?: string;
  readonly at: Date;
}
