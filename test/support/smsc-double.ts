import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { ANSWER, COMMAND, STATUS } from "../../bridges/sms/smpp/commands.ts";
import { type Pdu, type ShortMessage, writePdu, writeSubmit } from "../../bridges/sms/smpp/pdu.ts";
import { createPduReader, readMessage } from "../../bridges/sms/smpp/read-pdu.ts";

/** How the double takes a submit_sm: with a status, not at all, or by ending the connection; 0 takes it. */
export type Reaction = number | "silent" | "cut";

/** The little of an SMSC that faults need, for machines without a real one. It speaks SMPP over a socket. */
export interface SmscDouble extends AsyncDisposable {
  readonly port: number;
  readonly submitted: ShortMessage[];
  /** Statuses that our client gave for what was delivered. */
  readonly answers: number[];
  readonly binds: number;
  react: (message: ShortMessage) => Reaction;
  /** Delivers to whoever is bound. */
  deliver(message: Partial<ShortMessage>): void;
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

export async function startSmscDouble(): Promise<SmscDouble> {
  const bound = new Set<Socket>();
  const state = { binds: 0, nextId: 1, nextSequence: 1 };
  const submitted: ShortMessage[] = [];
  const answers: number[] = [];
  const handle = (socket: Socket, pdu: Pdu) => {
    const answer = (status: number, body = Buffer.alloc(0)) =>
      socket.write(writePdu({ command: (pdu.command | ANSWER) >>> 0, status, sequence: pdu.sequence, body }));
    if (pdu.command === COMMAND.bind_transceiver) {
      state.binds += 1;
      bound.add(socket);
      answer(STATUS.ESME_ROK, Buffer.from("double\0"));
    } else if (pdu.command === COMMAND.submit_sm) {
      const message = readMessage(pdu);
      const reaction = smsc.react(message);
      if (reaction === STATUS.ESME_ROK || typeof reaction === "string") submitted.push(message);
      if (reaction === "cut") socket.destroy();
      else if (reaction !== "silent")
        answer(reaction, Buffer.from(reaction === STATUS.ESME_ROK ? `${state.nextId++}\0` : ""));
    } else if (pdu.command === (COMMAND.deliver_sm | ANSWER) >>> 0) answers.push(pdu.status);
    else if (pdu.command >>> 31 === 0) answer(STATUS.ESME_ROK);
  };
  const server = createServer((socket) => {
    const read = createPduReader();
    socket.on("data", (piece: Buffer) => {
      for (const pdu of read(piece)) handle(socket, pdu);
    });
    socket.on("error", () => {});
    socket.on("close", () => bound.delete(socket));
  });
  const cut = () => {
    for (const socket of bound) socket.destroy();
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the double has no port");
  const smsc: SmscDouble = {
    submitted,
    answers,
    react: () => STATUS.ESME_ROK,
    port: address.port,
    get binds() {
      return state.binds;
    },
    deliver: (message) => {
      const body = writeSubmit({ ...PLAIN, ...message });
      const pdu = { command: COMMAND.deliver_sm, status: 0, sequence: state.nextSequence++, body };
      for (const socket of bound) socket.write(writePdu(pdu));
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
