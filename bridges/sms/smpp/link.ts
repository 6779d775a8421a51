import type { Socket } from "node:net";
import { ANSWER, COMMAND, STATUS } from "./commands.ts";
import { answerTo, isAnswer, type Pdu, writePdu } from "./pdu.ts";
import { BrokenPdu, BrokenStream, createPduReader } from "./read-pdu.ts";

/** Why a request got no answer. It may have reached the SMSC in each case. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
  /** True when the connection ended; false when the time was over. */
  readonly isLost: boolean;

  constructor(isLost: boolean) {
    super(isLost ? "the connection ended before the answer" : "no answer in time");
    this.isLost = isLost;
  }
}

/** One connection to an SMSC, requests in both directions (SMPP 3.4, 2.2). */
export interface Link {
  /** Writes a request and waits for its answer, whatever its status. Rejects with `NoAnswer`, never later than `limitMs`. */
  request(command: number, body: Buffer, limitMs: number): Promise<Pdu>;
  /** False when nothing can be written any more. */
  readonly isOpen: boolean;
  /** Asks whoever ends the connection to wait until the returned function is called. */
  hold(): () => void;
  /** Resolves when nobody holds the connection and every request, ours and theirs, has its answer. */
  idle(): Promise<void>;
  /** Resolves when the connection has ended, for whatever reason. */
  readonly closed: Promise<void>;
  /** Ends the connection at once. */
  destroy(): void;
}

export interface LinkEvents {
  /** A message of the SMSC: resolves with the status to answer. A rejection is answered ESME_RX_T_APPN. */
  onMessage(pdu: Pdu, link: Link): Promise<number>;
  /** The SMSC takes leave. */
  onUnbind(): void;
  /** Something that no good SMSC does. @param code for the log */
  onBroken(code: string): void;
}

/** Speaks SMPP over a connected socket; owns it from here on. */
export function openLink(socket: Socket, events: LinkEvents): Link {
  const pending = new Map<number, Waiting>();
  const idling = new Set<() => void>();
  let holds = 0;
  let sequence = 0;

  const write = (pdu: Pdu) => void (socket.writable && socket.write(writePdu(pdu)));
  const hold = () => {
    holds += 1;
    return () => {
      holds -= 1;
      if (holds > 0) return;
      for (const resolve of idling) resolve();
      idling.clear();
    };
  };
  const answerMessage = async (pdu: Pdu) => {
    const release = hold();
    const status = await events
      .onMessage(pdu, link)
      .catch((fault: unknown) => (fault instanceof BrokenPdu ? fault.status : STATUS.ESME_RX_T_APPN));
    write(answerTo(pdu, status));
    release();
  };
  const handle = (pdu: Pdu) => {
    if (isAnswer(pdu)) pending.get(pdu.sequence)?.settle(pdu);
    else if (pdu.command === COMMAND.deliver_sm || pdu.command === COMMAND.data_sm) void answerMessage(pdu);
    else if (pdu.command === COMMAND.enquire_link) write(answerTo(pdu));
    else if (pdu.command === COMMAND.unbind) {
      write(answerTo(pdu));
      events.onUnbind();
    } else if (pdu.command !== COMMAND.alert_notification)
      write({ ...answerTo(pdu, STATUS.ESME_RINVCMDID), command: COMMAND.generic_nack });
  };
  const closed = watch(socket, handle, () => events.onBroken("SMPP_BAD_LENGTH"));
  void closed.then(() => {
    for (const { lose } of [...pending.values()]) lose();
  });

  const link: Link = {
    request: (command, body, limitMs) => {
      if (socket.destroyed || !socket.writable) return Promise.reject(new NoAnswer(true));
      sequence = (sequence % HIGHEST) + 1;
      const own = sequence;
      const release = hold();
      const { promise, resolve, reject } = Promise.withResolvers<Pdu>();
      const end = () => {
        clearTimeout(timer);
        pending.delete(own);
        release();
      };
      const fail = (isLost: boolean) => () => {
        end();
        reject(new NoAnswer(isLost));
      };
      const timer = setTimeout(fail(false), limitMs);
      const settle = (pdu: Pdu) => {
        if (pdu.command !== COMMAND.generic_nack && pdu.command !== (command | ANSWER) >>> 0) return;
        end();
        resolve(pdu);
      };
      pending.set(own, { settle, lose: fail(true) });
      write({ command, status: STATUS.ESME_ROK, sequence: own, body });
      return promise;
    },
    get isOpen() {
      return !socket.destroyed && socket.writable;
    },
    hold,
    idle: () => (holds === 0 ? Promise.resolve() : new Promise((resolve) => idling.add(resolve))),
    closed,
    destroy: () => socket.destroy(),
  };
  return link;
}

interface Waiting {
  settle(pdu: Pdu): void;
  lose(): void;
}

/** Hands over each PDU that comes. After an impossible length nothing can be read: the connection ends, it is never left deaf. */
function watch(socket: Socket, handle: (pdu: Pdu) => void, onBroken: () => void): Promise<void> {
  const read = createPduReader();
  socket.on("data", (piece: Buffer) => {
    try {
      for (const pdu of read(piece)) handle(pdu);
    } catch (fault) {
      if (!(fault instanceof BrokenStream)) throw fault;
      onBroken();
      socket.destroy();
    }
  });
  socket.on("error", () => socket.destroy());
  socket.on("end", () => socket.destroy());
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

/** Highest sequence number (SMPP 3.4, 3.2). */
const HIGHEST = 0x7fffffff;
