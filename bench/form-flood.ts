// The citizens of `bench forms`, in a process of their own and behind all others: what they cost is not guichet's.
import { createSecretKey } from "node:crypto";
import { connect, type Socket } from "node:net";
import { setPriority } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { makeFormToken } from "../bridges/webform/guard/form-token.ts";
import { type FloodOrder, type FloodResult, floodOrder } from "./flood-order.ts";

const CONNECTIONS = 128;
const TICK_MS = 5;
const NICE = 10;
const HEAD_END = Buffer.from("\r\n\r\n");

/** Whole requests, so that sending one is one write. */
function writeRequests({ port, path, key, perSecond, seconds, from }: FloodOrder): Buffer[] {
  const secret = createSecretKey(Buffer.from(key, "base64"));
  const madeAt = new Date(Date.now() - 60_000);
  return Array.from({ length: perSecond * seconds }, (_, place) => {
    const number = from + place;
    const body = new URLSearchParams({
      token: makeFormToken(secret, "form", madeAt).text,
      name: `Citizen ${number}`,
      email: `c${number}@example.org`,
      message: `Question ${number}`,
      consent: "1",
    }).toString();
    // Each citizen has an address of their own, as a trusted proxy says.
    const peer = `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
    return Buffer.from(
      `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nx-forwarded-for: ${peer}\r\naccept-language: fr\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
  });
}

/** A connection with one request at a time. */
function openLine(port: number) {
  let socket: Socket | undefined;
  let read = Buffer.alloc(0);
  let end: ((status: number) => void) | undefined;
  let asking: Buffer | undefined;
  const settle = (status: number) => {
    read = Buffer.alloc(0);
    const ended = end;
    end = undefined;
    ended?.(status);
  };
  const open = () => {
    const opened = connect(port, "127.0.0.1");
    opened.setNoDelay(true);
    let isUsed = false;
    opened.on("data", (piece) => {
      isUsed = true;
      read = read.length === 0 ? piece : Buffer.concat([read, piece]);
      const status = statusOf(read);
      if (status !== undefined) settle(status);
    });
    opened.on("error", () => undefined);
    opened.on("close", () => {
      if (socket === opened) socket = undefined;
      // A server may close a connection that was quiet, just when it is used again: browsers ask once more.
      if (end && read.length === 0 && isUsed && asking) {
        socket = open();
        socket.write(asking);
      } else settle(0);
    });
    return opened;
  };
  return {
    ask: (request: Buffer) =>
      new Promise<number>((resolve) => {
        end = resolve;
        asking = request;
        socket ??= open();
        socket.write(request);
      }),
    close: () => socket?.destroy(),
  };
}

/** @returns undefined until the answer is whole. */
function statusOf(read: Buffer): number | undefined {
  const headBytes = read.indexOf(HEAD_END);
  if (headBytes === -1) return undefined;
  const head = read.toString("latin1", 0, headBytes);
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  const isWhole =
    length !== undefined
      ? read.length >= headBytes + HEAD_END.length + Number(length)
      : !/\r\ntransfer-encoding: chunked/i.test(head) || read.toString("latin1", read.length - 5) === "0\r\n\r\n";
  return isWhole ? Number(head.slice(9, 12)) : undefined;
}

async function flood(requests: readonly Buffer[], { port, perSecond }: FloodOrder): Promise<FloodResult> {
  const lines = Array.from({ length: CONNECTIONS }, () => openLine(port));
  const free = [...lines];
  const statuses = new Map<number, number>();
  const latencies: number[] = [];
  const began = performance.now();
  const dueAt = (place: number) => began + (place * 1000) / perSecond;
  const ended = Promise.withResolvers<void>();
  let next = 0;
  const send = () => {
    while (next < requests.length && dueAt(next) <= performance.now()) {
      const line = free.pop();
      const request = requests[next];
      if (line === undefined || request === undefined) return;
      const due = dueAt(next);
      next += 1;
      void line.ask(request).then((status) => {
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        latencies.push(performance.now() - due);
        free.push(line);
        if (latencies.length === requests.length) ended.resolve();
        else send();
      });
    }
  };
  while (next < requests.length) {
    send();
    await sleep(TICK_MS);
  }
  await ended.promise;
  for (const line of lines) line.close();
  return { statuses: [...statuses], latencies, seconds: (performance.now() - began) / 1000 };
}

setPriority(NICE);
process.once("message", (message: unknown) => {
  const order = floodOrder.parse(message);
  const requests = writeRequests(order);
  process.once("message", async () => process.send?.(await flood(requests, order), () => process.disconnect()));
  process.send?.("ready");
});
