import type { OutboundAttachment, OutboundMessage } from "./delivery.ts";

/** What an agent has written and may still change, as far as the channel needs it to say what becomes of it. */
export interface Draft extends Pick<OutboundMessage, "to" | "subject" | "text" | "html"> {
  readonly attachments: readonly Omit<OutboundAttachment, "open">[];
}

/** What a message comes to on the channel. Nothing is said to the agent of one part without a cost and remarks. */
export interface Preview {
  /** Into how many messages of the channel it is cut: the parts of an SMS. A whole number of at least 1. */
  readonly parts: number;
  /** What all parts cost together, as far as the operator has told prices. */
  readonly cost?: Cost;
  /** What else the agent should know while it can be changed: sentences in the first of `host.languages` that the bridge speaks. */
  readonly remarks?: readonly string[];
}

export interface Cost {
  /** In units of the currency (not in cents), 0 or more. */
  readonly amount: number;
  /** Three capital letters (ISO 4217): `EUR`. */
  readonly currency: string;
}
