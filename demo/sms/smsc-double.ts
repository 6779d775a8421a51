import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { ANSWER, COMMAND, STATUS } from "../../bridges/sms/smpp/commands.ts";
import { type Pdu, type ShortMessage, writePdu, writeSubmit } from "../../bridges/sms/smpp/pdu.ts";
import { createPduReader, readMessage } from "../../bridges/sms/smpp/read-pdu.ts";

/** How the double takes a submit_sm: with a status, not at all, or by ending the connection; 0 takes it. */
export type Reaction = number | "silent" | "cut";

/** The little of an SMSC that the demo and faults need, where there is no real one. It speaks SMPP over a socket. */
export interface SmscDouble extends AsyncDisposable {
  readonly port: number;
  readonly submitted: ShortMessage[];
  /** Statuses that our client gave for what was delivered. */
  readonly answers: number[];
  readonly binds: number;
  /** Whether somebody is bound who takes what is delivered. */
  readonly isBound: boolean;
  react: (message: ShortMessage) => Reaction;
  /** Called with each message that was taken, and the id that it was given. */
  onTaken: (message: ShortMessage, id: string) => void;
  /**
   * Delivers to the one who has been bound for the longest time.
   * @returns the status of the answer; undefined when nobody is bound, or the connection ends first.
   */
  deliver(message: Partial<ShortMessage>): Promise<number | undefined>;
  cut(): void;
}

const PLAIN: ShortMessage = {
  source: { ton: 1, npi: 1, address: "33698765432" },
  destination: { ton: 1, npi: 1, address: "33700000000" },
  esmClass: 0,
  registeredDelivery: 0,
  dataCoding: 0,
  octets: Buffer.alloc(0),
  options: new Map(),
};

const BINDS: ReadonlySet<number> = new Set([COMMAND.bind_transceiver, COMMAND.bind_receiver, COMMAND.bind_transmitter]);

/** @param wanted 0 for a free one. */
export async function startSmscDouble(wanted = 0): Promise<SmscDouble> {
  const bound = new Set<Socket>();
  const delivered = new Map<number, { socket: Socket; settle: (status: number | undefined) => void }>();
  const state = { binds: 0, nextId: 1, nextSequence: 1 };
  const submitted: ShortMessage[] = [];
  const answers: number[] = [];
  const handle = (socket: Socket, pdu: Pdu) => {
    const answer = (status: number, body = Buffer.alloc(0)) =>
      socket.write(writePdu({ command: (pdu.command | ANSWER) >>> 0, status, sequence: pdu.sequence, body }));
    if (BINDS.has(pdu.command)) {
      state.binds += 1;
      if (pdu.command !== COMMAND.bind_transmitter) bound.add(socket);
      answer(STATUS.ESME_ROK, Buffer.from("double\0"));
    } else if (pdu.command === COMMAND.submit_sm) {
      const message = readMessage(pdu);
      const reaction = smsc.react(message);
      if (reaction === STATUS.ESME_ROK || typeof reaction === "string") submitted.push(message);
      if (reaction === "cut") socket.destroy();
      else if (reaction === STATUS.ESME_ROK) {
        const id = String(state.nextId++);
        answer(reaction, Buffer.from(`${id}\0`));
        smsc.onTaken(message, id);
      } else if (reaction !== "silent") answer(reaction);
    } else if (pdu.command === (COMMAND.deliver_sm | ANSWER) >>> 0) {
      answers.push(pdu.status);
      delivered.get(pdu.sequence)?.settle(pdu.status);
    } else if (pdu.command >>> 31 === 0) answer(STATUS.ESME_ROK);
  };
  const server = createServer((socket) => {
    const read = createPduReader();
    socket.on("data", (piece: Buffer) => {
      for (const pdu of read(piece)) handle(socket, pdu);
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      bound.delete(socket);
      for (const waiting of delivered.values()) if (waiting.socket === socket) waiting.settle(undefined);
    });
  });
  const cut = () => {
    for (const socket of bound) socket.destroy();
  };
  server.listen(wanted, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the double has no port");
  const smsc: SmscDouble = {
    submitted,
    answers,
    react: () => STATUS.ESME_ROK,
    onTaken: () => {},
    port: address.port,
    get binds() {
      return state.binds;
    },
    get isBound() {
      return bound.size > 0;
    },
    deliver: (message) => {
      const [socket] = bound;
      if (socket === undefined) return Promise.resolve(undefined);
      const sequence = state.nextSequence++;
      const { promise, resolve } = Promise.withResolvers<number | undefined>();
      delivered.set(sequence, { socket, settle: resolve });
      const body = writeSubmit({ ...PLAIN, ...message });
      socket.write(writePdu({ command: COMMAND.deliver_sm, status: 0, sequence, body }));
      return promise.finally(() => delivered.delete(sequence));
    },
    cut,
    [Symbol.asyncDispose]: async () => {
      cut();
      server.close();
      await once(server, "close");
    },
  };
  return smsc;
}
