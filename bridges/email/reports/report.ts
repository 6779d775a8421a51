/** News about a message of ours. All texts are untrusted. */
export type Report = DeliveryReport | ReadReport | ComplaintReport;

/** How delivery went, from a DSN (RFC 3464) or from a notice in free text. */
export interface DeliveryReport {
  readonly kind: "delivery";
  /** At least one; a notice that names nobody gives one without an address. */
  readonly recipients: readonly RecipientReport[];
  readonly about: About;
}

export interface RecipientReport {
  /** As the message was addressed, where the report tells, else as it was delivered; in the report's own spelling. */
  readonly address?: string;
  /** Where the message went in the end, when that differs (forwarding). */
  readonly finalAddress?: string;
  /** RFC 3464, 2.3.3. `failed`: nobody tries any further. `delayed`: still tried. */
  readonly state: DeliveryState;
  /** For failed and delayed. `permanent`: trying again is in vain; `temporary`: it may work later. */
  readonly verdict?: "permanent" | "temporary";
  readonly reason: Reason;
  /** RFC 3463 status: `5.1.1`. */
  readonly status?: string;
  /** RFC 5321 reply code: 550. */
  readonly replyCode?: number;
  /** What the refusing server said, for agents' eyes. */
  readonly remoteAnswer?: string;
  readonly remoteServer?: string;
}

export type DeliveryState = "failed" | "delayed" | "delivered" | "relayed" | "expanded";

/** Why a delivery did not work; `OTHER` when the report does not tell. Stable: shown, counted and logged. */
export type Reason =
  | "NO_SUCH_USER"
  | "NO_SUCH_DOMAIN"
  | "NO_MAIL_SERVER"
  | "MOVED"
  | "MAILBOX_FULL"
  | "MAILBOX_DISABLED"
  | "TOO_LARGE"
  | "TOO_MANY"
  | "SPAM"
  | "BLOCKED"
  | "AUTHENTICATION"
  | "ENCRYPTION"
  | "RELAY_DENIED"
  | "SENDER_REFUSED"
  | "CONTENT_REFUSED"
  | "POLICY"
  | "MALFORMED"
  | "LOOP"
  | "EXPIRED"
  | "UNREACHABLE"
  | "SERVER_ERROR"
  | "OTHER";

/** A read receipt (RFC 8098). */
export interface ReadReport {
  readonly kind: "read";
  /** `deleted`: the recipient deleted it, perhaps unread. `other`: dispatched, processed, or a failure to tell. */
  readonly disposition: "displayed" | "deleted" | "denied" | "other";
  readonly address?: string;
  readonly about: About;
}

/** A recipient, or their provider, called a message of ours abuse (RFC 5965). */
export interface ComplaintReport {
  readonly kind: "complaint";
  /** RFC 5965, 3.1 Feedback-Type: `abuse`, `fraud`, `not-spam`. */
  readonly type: string;
  readonly addresses: readonly string[];
  readonly about: About;
}

/** What a report says about which message it is about, the surest first. */
export interface About {
  /** Message-IDs of ours without angle brackets: of the returned message, then of the report's own citations. */
  readonly messageIds: readonly string[];
  /** RFC 3461 ENVID, when the message was sent with one. */
  readonly envelopeId?: string;
  /** Addresses the report came to, so that a reply address with a token tells the conversation. */
  readonly cameTo: readonly string[];
}
