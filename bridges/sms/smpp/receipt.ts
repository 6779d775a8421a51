import type { GatewayReceipt } from "../gateway.ts";
import { TAG } from "./commands.ts";
import type { ShortMessage } from "./pdu.ts";

/** esm_class, bits 5 to 2: what kind of message it is (SMPP 3.4, 5.2.12). */
const KIND = 0x3c;
const RECEIPT = 0x04;
const INTERMEDIATE = 0x20;

/** What a delivery receipt says. */
export interface Receipt {
  readonly id: string;
  /** Undefined for news that change nothing: the SMSC has it. */
  readonly state: GatewayReceipt["state"] | undefined;
  readonly code: string;
  /** The fields that tell why, in the SMSC's words. */
  readonly remoteAnswer: string | undefined;
}

/**
 * True for receipts. Some SMSCs forget to say so in esm_class; the options that only they can set tell, while words like a
 * receipt's could be a citizen's.
 */
export function isReceipt({ esmClass, options }: ShortMessage): boolean {
  const kind = esmClass & KIND;
  if (kind === RECEIPT || kind === INTERMEDIATE) return true;
  return kind === 0 && options.has(TAG.receipted_message_id) && options.has(TAG.message_state);
}

/**
 * The words of a receipt. SMSCs write them in ASCII, whatever they mean by data_coding 0: an id may have a `_` or `@`, which
 * are other letters in the GSM alphabet. After `text:` come the citizen's letters.
 * @param decoded by the message's data_coding.
 */
export function wordsOf({ dataCoding, octets }: ShortMessage, decoded: string): string {
  const [head = ""] = octets.toString("latin1").split(/\btext:/i, 1);
  return dataCoding === 0 && /^[\x20-\x7e\r\n\t]+$/.test(head) ? head : decoded;
}

/**
 * Reads the options, and the text (SMPP 3.4, appendix B) where they are silent: its fields in any case and order, `date`
 * or `submit date`, `state` or `stat`.
 * @returns undefined when it names no message or no state.
 */
export function readReceipt(options: ShortMessage["options"], text: string): Receipt | undefined {
  const fields = readText(text);
  const id = readId(options.get(TAG.receipted_message_id)) ?? fields.get("id");
  const word = readState(options.get(TAG.message_state)?.[0]) ?? fields.get("stat") ?? fields.get("state");
  const meaning = word === undefined ? undefined : meaningOf(word);
  if (id === undefined || word === undefined || meaning === undefined) return undefined;
  const network = options.get(TAG.network_error_code);
  const reasons = [
    `stat:${word}`,
    ...(fields.has("err") ? [`err:${fields.get("err")}`] : []),
    ...(network?.length === 3 ? [`network:${network.readUInt8()}/${network.readUInt16BE(1)}`] : []),
  ];
  return { id, ...meaning, remoteAnswer: meaning.state === "failed" ? reasons.join(" ") : undefined };
}

function readId(octets: Buffer | undefined): string | undefined {
  const id = octets?.toString("latin1").replace(/\0.*$/s, "").trim();
  return id === "" ? undefined : id;
}

/** `text:` comes last and may hold anything, words like `stat:` too. */
function readText(text: string): ReadonlyMap<string, string> {
  const [head = ""] = text.split(/\btext:/i, 1);
  const found = [...head.matchAll(FIELD)].map(([, name = "", value = ""]): [string, string] => [
    name.toLowerCase(),
    value,
  ]);
  return new Map(found.filter(([, value]) => value !== ""));
}

/** A field may be empty: then the next name follows, which is no value. */
const FIELD = /\b([a-z]+)\s?:\s*(?!(?:id|sub|dlvrd|submit|done|date|stat|state|err)\b)(\S*)/gi;

/** message_state (SMPP 3.4, 5.2.28; 0 and 9 are SMPP 5.0). */
const STATES = [
  "SCHEDULED",
  "ENROUTE",
  "DELIVRD",
  "EXPIRED",
  "DELETED",
  "UNDELIV",
  "ACCEPTD",
  "UNKNOWN",
  "REJECTD",
  "SKIPPED",
];
const readState = (state: number | undefined) => (state === undefined ? undefined : STATES[state]);

type Meaning = Pick<Receipt, "state" | "code">;

/** By the first letters: DELIVRD, DELIVERED; UNDELIV, UNDELIVRD, UNDELIVERABLE; REJECTD, REJECTED, … */
const MEANINGS: readonly (readonly [RegExp, Meaning])[] = [
  [/^DELIV/, { state: "delivered", code: "SMS_DELIVERED" }],
  [/^UNDEL/, { state: "failed", code: "SMS_UNDELIVERABLE" }],
  [/^EXPIR/, { state: "failed", code: "EXPIRED" }],
  [/^REJ/, { state: "failed", code: "SMS_REJECTED" }],
  [/^(DELET|CANC)/, { state: "failed", code: "SMS_DELETED" }],
  [/^(SKIP|FAIL)/, { state: "failed", code: "SMS_UNDELIVERABLE" }],
  [/^(ENROUT|BUFFER|SCHED)/, { state: "delayed", code: "SMS_DELAYED" }],
  [/^ACC/, { state: undefined, code: "SMS_ACCEPTED" }],
  [/^UNKN/, { state: "delayed", code: "SMS_STATE_UNKNOWN" }],
];

const meaningOf = (word: string) => MEANINGS.find(([pattern]) => pattern.test(word.toUpperCase()))?.[1];
