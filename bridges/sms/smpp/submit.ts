import { DeliveryError } from "../../../src/adapter/index.ts";
import { encodeDefault } from "../default-alphabet.ts";
import type { OutgoingText, SubmittedText, TextPart } from "../gateway.ts";
import type { Pace } from "../pace.ts";
import { addressOf } from "./addresses.ts";
import { COMMAND, STATUS, TAG } from "./commands.ts";
import { isAlive } from "./keep-bound.ts";
import { type Link, NoAnswer } from "./link.ts";
import { type ShortMessage, writeSubmit } from "./pdu.ts";
import { BrokenPdu, readMessageId } from "./read-pdu.ts";
import type { SmppSettings } from "./settings.ts";
import { isTooFast, ruleOnStatus } from "./status.ts";

export interface Submitting {
  readonly settings: SmppSettings;
  readonly pace: Pace;
  /** The connection that can be written to now. */
  link(): Link | undefined;
  /** Ends the attempt, whatever is known then. */
  readonly signal: AbortSignal;
  /** Nothing is begun any more. */
  readonly until: AbortSignal;
}

/** How long the further parts of a text are tried when the first is already taken, in milliseconds. */
const PATIENCE = 60_000;

/**
 * Hands over the parts one after the other: what the first one meets is known before the next is sent. Once one is taken,
 * the others are tried for a minute; a text that stays in pieces is `unknown`, for nobody can say what the phone shows.
 */
export async function submitText(text: OutgoingText, submitting: Submitting): Promise<SubmittedText> {
  const link = submitting.link();
  if (link === undefined) throw new DeliveryError("retry", "SMPP_CONNECT");
  const release = link.hold();
  const ids: string[] = [];
  const limit = Date.now() + PATIENCE;
  try {
    for (const part of text.parts) {
      const body = writeSubmit(messageOf(text, part, submitting.settings));
      for (;;) {
        try {
          ids.push(await submitPart(body, link, submitting, ids.length > 0));
          break;
        } catch (fault) {
          if (!(fault instanceof DeliveryError) || ids.length === 0) throw fault;
          const mayGoOn = link.isOpen && !submitting.signal.aborted && Date.now() < limit;
          if (fault.consequence === "retry" && mayGoOn) continue;
          const said = fault.remoteAnswer === undefined ? {} : { remoteAnswer: fault.remoteAnswer };
          throw new DeliveryError("unknown", "SMS_IN_PIECES", { cause: fault, ...said });
        }
      }
    }
  } finally {
    release();
  }
  return { ids };
}

/** @param isBegun parts of the same text are taken already: it is not broken off when guichet stops. */
async function submitPart(body: Buffer, link: Link, submitting: Submitting, isBegun: boolean): Promise<string> {
  const { settings, pace, signal, until } = submitting;
  const leave = await pace.take(isBegun ? signal : until).catch((cause: unknown) => {
    throw new DeliveryError("retry", "SMPP_ABORTED", { cause });
  });
  try {
    if (!link.isOpen) throw new DeliveryError("retry", "SMPP_CONNECT");
    const limit = settings.answer_seconds * 1000;
    const answer = await orAborted(link.request(COMMAND.submit_sm, body, limit), signal);
    if (answer.status === STATUS.ESME_ROK && answer.command !== COMMAND.generic_nack) {
      pace.ease();
      return asInReceipts(readMessageId(answer), settings.receipt_ids);
    }
    if (isTooFast(answer.status)) pace.slow();
    throw ruleOnStatus(answer.status);
  } catch (fault) {
    if (fault instanceof BrokenPdu) throw new DeliveryError("unknown", "SMPP_UNKNOWN", { cause: fault });
    if (!(fault instanceof NoAnswer)) throw fault;
    // A server that is silent once may be so for good.
    if (!fault.isLost) void isAlive(link, settings.answer_seconds * 1000).then((isWell) => isWell || link.destroy());
    throw new DeliveryError("unknown", fault.isLost ? "SMPP_CUT" : "SMPP_NO_ANSWER", { cause: fault });
  } finally {
    leave();
  }
}

/** The id that receipts will name; as it is when it is no number of the other base. */
function asInReceipts(id: string, base: SmppSettings["receipt_ids"]): string {
  if (base === "decimal" && /^[\da-f]+$/i.test(id)) return BigInt(`0x${id}`).toString();
  return base === "hexadecimal" && /^\d+$/.test(id) ? BigInt(id).toString(16) : id;
}

async function orAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(new DeliveryError("unknown", "SMPP_NO_ANSWER", { cause: signal.reason }));
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  // The loser of the race must not end as a fault that nobody handles.
  work.catch(() => {});
  return Promise.race([work, promise]).finally(() => signal.removeEventListener("abort", abort));
}

const SMSC_DEFAULT = 0;
const UCS2 = 8;
const UDH_INDICATOR = 0x40;

function messageOf(text: OutgoingText, part: TextPart, settings: SmppSettings): ShortMessage {
  const { concatenation, default_alphabet: alphabet } = settings;
  const words =
    text.encoding === "gsm7" ? encodeDefault(part.text, alphabet) : Buffer.from(part.text, "utf16le").swap16();
  const header = part.of === 1 || concatenation === "sar" ? Buffer.alloc(0) : headerOf(part, concatenation === "udh16");
  return {
    source: addressOf(text.from),
    destination: addressOf(text.to),
    esmClass: header.length === 0 ? 0 : UDH_INDICATOR,
    registeredDelivery: 1,
    dataCoding: text.encoding === "gsm7" ? SMSC_DEFAULT : UCS2,
    octets: Buffer.concat([header, words]),
    options: part.of > 1 && concatenation === "sar" ? sarOf(part) : new Map(),
  };
}

/** 3GPP TS 23.040, 9.2.3.24.1 and 9.2.3.24.8. */
const headerOf = ({ reference, of, number }: TextPart, isLong: boolean) =>
  isLong
    ? Buffer.from([6, 8, 4, reference >> 8, reference & 0xff, of, number])
    : Buffer.from([5, 0, 3, reference & 0xff, of, number]);

/** SMPP 3.4, 5.3.2.22 to 5.3.2.24. */
const sarOf = ({ reference, of, number }: TextPart) =>
  new Map([
    [TAG.sar_msg_ref_num, Buffer.from([reference >> 8, reference & 0xff])],
    [TAG.sar_total_segments, Buffer.from([of])],
    [TAG.sar_segment_seqnum, Buffer.from([number])],
  ]);
