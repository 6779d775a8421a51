/** A text as the phones' side sees it. Times are ISO 8601. */
export interface PhoneText {
  /** Rises with each text. */
  readonly id: number;
  readonly direction: "to_agency" | "to_citizen";
  readonly from: string;
  readonly to: string;
  readonly text: string;
  /** SMS that it took. */
  readonly parts: number;
  readonly at: string;
  /**
   * To the agency: `waiting` until guichet has acknowledged it, then `taken`, or `refused`. To the citizen: `sent` as the
   * network has it, then as its receipt says, `delivered` or `failed`.
   */
  readonly state: "waiting" | "taken" | "refused" | "sent" | "delivered" | "failed";
  /** When the state became what it is. */
  readonly since: string;
}

/** What the network says of texts to a phone; `none` is no word at all. */
export const RECEIPTS = ["DELIVRD", "UNDELIV", "EXPIRED", "REJECTD", "none"] as const;
export type Receipt = (typeof RECEIPTS)[number];

/** Both numbers of a text, whichever way it goes. */
export interface Ends {
  readonly phone: string;
  readonly agency: string;
}
