import { COMMAND, STATUS, TAG } from "./commands.ts";
import { HEADER, type Pdu, type ShortMessage, type SmppAddress } from "./pdu.ts";

/** A body that ends inside a field, or holds what no field may: never taken for a message with fields missing. */
export class BrokenPdu extends Error {
  override readonly name = "BrokenPdu";
  /** command_status to answer with. */
  readonly status: number;

  constructor(status: number) {
    super("a broken PDU");
    this.status = status;
  }
}

/** Lengths that cannot be: nothing after them can be read, and the connection has to end. */
export class BrokenStream extends Error {
  override readonly name = "BrokenStream";
}

/** Longest PDU: a message_payload has 64 KiB at most (SMPP 3.4, 5.3.2.32), the rest is small. */
const LONGEST = 70_000;

/** Puts PDUs together from the pieces in which a connection brings them. @throws BrokenStream */
export function createPduReader(): (piece: Buffer) => Pdu[] {
  let kept: Buffer[] = [];
  let size = 0;
  let needed = HEADER;
  return (piece) => {
    kept.push(piece);
    size += piece.length;
    if (size < needed) return [];
    const octets = Buffer.concat(kept, size);
    const pdus: Pdu[] = [];
    let at = 0;
    needed = HEADER;
    while (octets.length - at >= HEADER) {
      const length = octets.readUInt32BE(at);
      if (length < HEADER || length > LONGEST) throw new BrokenStream("a PDU with an impossible length");
      needed = length;
      if (octets.length - at < length) break;
      pdus.push({
        command: octets.readUInt32BE(at + 4),
        status: octets.readUInt32BE(at + 8),
        sequence: octets.readUInt32BE(at + 12),
        body: octets.subarray(at + HEADER, at + length),
      });
      at += length;
      needed = HEADER;
    }
    kept = [octets.subarray(at)];
    size = octets.length - at;
    return pdus;
  };
}

/** Reads a deliver_sm, submit_sm or data_sm (SMPP 3.4, 4.4.1, 4.6.1, 4.7.1). @throws BrokenPdu */
export function readMessage({ command, body }: Pdu): ShortMessage {
  const fields = readFields(body);
  fields.text(6);
  const source = readAddress(fields);
  const destination = readAddress(fields);
  const esmClass = fields.octet();
  if (command === COMMAND.data_sm) {
    const [registeredDelivery, dataCoding] = [fields.octet(), fields.octet()];
    const options = fields.options();
    const octets = options.get(TAG.message_payload) ?? Buffer.alloc(0);
    return { source, destination, esmClass, registeredDelivery, dataCoding, octets, options };
  }
  fields.octets(2);
  fields.text(17);
  fields.text(17);
  const registeredDelivery = fields.octet();
  fields.octet();
  const dataCoding = fields.octet();
  fields.octet();
  const short = fields.octets(fields.octet());
  const options = fields.options();
  const octets = short.length === 0 ? (options.get(TAG.message_payload) ?? short) : short;
  return { source, destination, esmClass, registeredDelivery, dataCoding, octets, options };
}

/** message_id of the answer to a submit_sm; "" when there is none, as in refusals. @throws BrokenPdu */
export const readMessageId = ({ body }: Pdu): string => (body.length === 0 ? "" : readFields(body).text(65));

const readAddress = (fields: Fields): SmppAddress => ({
  ton: fields.octet(),
  npi: fields.octet(),
  address: fields.text(21),
});

interface Fields {
  octet(): number;
  octets(length: number): Buffer;
  /** A C-octet string. @param most octets that it may have, its final zero included; twice as many are tolerated. */
  text(most: number): string;
  /** All that is left. */
  options(): ReadonlyMap<number, Buffer>;
}

function readFields(body: Buffer): Fields {
  let at = 0;
  const octets = (length: number) => {
    if (at + length > body.length) throw new BrokenPdu(STATUS.ESME_RINVCMDLEN);
    at += length;
    return body.subarray(at - length, at);
  };
  return {
    octet: () => octets(1).readUInt8(),
    octets,
    text: (most) => {
      const end = body.indexOf(0, at);
      if (end === -1 || end - at >= 2 * most) throw new BrokenPdu(STATUS.ESME_RINVCMDLEN);
      return octets(end - at + 1)
        .toString("latin1")
        .slice(0, -1);
    },
    options: () => {
      const found = new Map<number, Buffer>();
      while (at < body.length) {
        if (body.length - at < 4) throw new BrokenPdu(STATUS.ESME_RINVOPTPARSTREAM);
        const tag = octets(2).readUInt16BE();
        const length = octets(2).readUInt16BE();
        if (length > body.length - at) throw new BrokenPdu(STATUS.ESME_RINVOPTPARSTREAM);
        found.set(tag, octets(length));
      }
      return found;
    },
  };
}
