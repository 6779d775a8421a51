import { ANSWER, COMMAND, STATUS } from "./commands.ts";

/** Octets of the header: length, command, status and sequence number, four each (SMPP 3.4, 3.2). */
export const HEADER = 16;

/** One protocol data unit, its body not read yet. */
export interface Pdu {
  readonly command: number;
  readonly status: number;
  readonly sequence: number;
  readonly body: Buffer;
}

/** How one end of a phone call is written (SMPP 3.4, 5.2.5 to 5.2.9). */
export interface SmppAddress {
  /** Type of number: 1 international, 5 alphanumeric. */
  readonly ton: number;
  /** Numbering plan: 1 is E.164. */
  readonly npi: number;
  readonly address: string;
}

/** What submit_sm, deliver_sm and data_sm have in common. */
export interface ShortMessage {
  readonly source: SmppAddress;
  readonly destination: SmppAddress;
  readonly esmClass: number;
  readonly registeredDelivery: number;
  readonly dataCoding: number;
  /** With its user data header, when esm_class says that there is one; of message_payload when that was used. */
  readonly octets: Buffer;
  readonly options: ReadonlyMap<number, Buffer>;
}

export const writePdu = ({ command, status, sequence, body }: Pdu): Buffer => {
  const header = Buffer.alloc(HEADER);
  header.writeUInt32BE(HEADER + body.length, 0);
  header.writeUInt32BE(command, 4);
  header.writeUInt32BE(status, 8);
  header.writeUInt32BE(sequence, 12);
  return Buffer.concat([header, body]);
};

/**
 * The answer to a request. That to a message always has its message_id octet, also when it refuses: some SMSCs take one
 * without for no answer at all.
 */
export function answerTo({ command, sequence }: Pdu, status: number = STATUS.ESME_ROK): Pdu {
  const hasId = command === COMMAND.deliver_sm || command === COMMAND.data_sm;
  return { command: (command | ANSWER) >>> 0, status, sequence, body: Buffer.alloc(hasId ? 1 : 0) };
}

export const isAnswer = ({ command }: Pdu): boolean => command >>> 31 === 1;

export interface Login {
  readonly systemId: string;
  readonly password: string;
  readonly systemType: string;
}

/** Version of the protocol that binds name; strict servers refuse a higher one. */
const INTERFACE_VERSION = 0x34;

/** Body of a bind (SMPP 3.4, 4.1.1). */
export const writeBind = ({ systemId, password, systemType }: Login): Buffer =>
  Buffer.concat([
    text(systemId),
    text(password),
    text(systemType),
    Buffer.from([INTERFACE_VERSION, 0, 0]),
    // address_range: what arrives is the SMSC's choice.
    text(""),
  ]);

/** Body of a submit_sm (SMPP 3.4, 4.4.1), valid for as long as the SMSC pleases. */
export function writeSubmit({ octets, ...message }: ShortMessage): Buffer {
  const { source, destination, esmClass, registeredDelivery, dataCoding, options } = message;
  if (octets.length > MOST_OCTETS) throw new RangeError("a short_message has 254 octets at most");
  return Buffer.concat([
    // service_type
    text(""),
    ...[source, destination].flatMap(({ ton, npi, address }) => [Buffer.from([ton, npi]), text(address)]),
    // esm_class, protocol_id, priority_flag
    Buffer.from([esmClass, 0, 0]),
    // schedule_delivery_time and validity_period
    text(""),
    text(""),
    // then replace_if_present_flag, data_coding, sm_default_msg_id, sm_length
    Buffer.from([registeredDelivery, 0, dataCoding, 0, octets.length]),
    octets,
    ...[...options].map(([tag, value]) => writeOption(tag, value)),
  ]);
}

const MOST_OCTETS = 254;

const text = (words: string) => Buffer.from(`${words}\0`, "latin1");

function writeOption(tag: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(tag, 0);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value]);
}
