import { encodeGsm7 } from "../../bridges/sms/gsm7.ts";
import { segment } from "../../bridges/sms/segment.ts";
import { addressOf } from "../../bridges/sms/smpp/addresses.ts";
import { TAG } from "../../bridges/sms/smpp/commands.ts";
import type { ShortMessage } from "../../bridges/sms/smpp/pdu.ts";
import type { Ends, Receipt } from "./phone-text.ts";

const GSM7 = 0;
const UCS2 = 8;
/** esm_class: a user data header stands before the words (SMPP 3.4, 5.2.12). */
const UDH_INDICATOR = 0x40;
const RECEIPT = 0x04;

/** What a phone's text is delivered as: one message, or the parts of a long one (3GPP TS 23.040, 9.2.3.24.1). */
export function textMessages(
  text: string,
  ends: Pick<ShortMessage, "source" | "destination">,
  reference: number,
): Partial<ShortMessage>[] {
  const { encoding, parts } = segment(text);
  return parts.map((part, place) => {
    const header = parts.length === 1 ? [] : [5, 0, 3, reference, parts.length, place + 1];
    const words = encoding === "gsm7" ? encodeGsm7(part) : Buffer.from(part, "utf16le").swap16();
    return {
      ...ends,
      esmClass: header.length === 0 ? 0 : UDH_INDICATOR,
      dataCoding: encoding === "gsm7" ? GSM7 : UCS2,
      octets: Buffer.concat([Buffer.from(header), words]),
    };
  });
}

/** message_state and the network's error (SMPP 3.4, 5.2.28 and appendix B). */
const STATES: Readonly<Record<Exclude<Receipt, "none">, readonly [number, string]>> = {
  DELIVRD: [2, "000"],
  EXPIRED: [3, "020"],
  UNDELIV: [5, "021"],
  REJECTD: [8, "022"],
};

/** What the network says of a text that it took under `id`, from the phone's number to the agency's. */
export function receiptMessage(id: string, word: Exclude<Receipt, "none">, ends: Ends): Partial<ShortMessage> {
  const [state, error] = STATES[word];
  const now = new Date().toISOString().replace(/\D/g, "").slice(2, 12);
  const dlvrd = word === "DELIVRD" ? "001" : "000";
  const words = `id:${id} sub:001 dlvrd:${dlvrd} submit date:${now} done date:${now} stat:${word} err:${error} text:`;
  return {
    source: addressOf(ends.phone),
    destination: addressOf(ends.agency),
    esmClass: RECEIPT,
    octets: Buffer.from(words, "latin1"),
    options: new Map([
      [TAG.receipted_message_id, Buffer.from(`${id}\0`, "latin1")],
      [TAG.message_state, Buffer.from([state])],
    ]),
  };
}
