import { createSocket } from "node:dgram";
import { once } from "node:events";

/** A name server for tests: TXT and A records out of a table, over UDP (RFC 1035). A name in `silent` gets no answer. */
export interface DnsServer {
  /** `127.0.0.1:port`. */
  readonly address: string;
  readonly records: Map<string, readonly string[]>;
  readonly silent: Set<string>;
  stop(): void;
}

const TYPES: Readonly<Record<number, string>> = { 1: "A", 16: "TXT" };

export async function startDnsServer(): Promise<DnsServer> {
  const records = new Map<string, readonly string[]>();
  const silent = new Set<string>();
  const socket = createSocket("udp4");
  socket.on("message", (query, from) => {
    const { name, type, end } = readQuestion(query);
    if (silent.has(name)) return;
    const answers = (records.get(`${TYPES[type]} ${name}`) ?? []).map((data) => answer(type, data));
    const head = Buffer.from(query.subarray(0, 12));
    head.writeUInt16BE(answers.length > 0 ? 0x8180 : 0x8183, 2);
    head.writeUInt16BE(answers.length, 6);
    head.writeUInt32BE(0, 8);
    socket.send(Buffer.concat([head, query.subarray(12, end), ...answers]), from.port, from.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return { address: `127.0.0.1:${socket.address().port}`, records, silent, stop: () => socket.close() };
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** The name is a pointer to the question's. */
function answer(type: number, data: string): Buffer {
  const content = type === 1 ? Buffer.from(data.split(".").map(Number)) : texts(data);
  const head = Buffer.from("c00c00000001000000000000", "hex");
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(content.length, 10);
  return Buffer.concat([head, content]);
}

const texts = (data: string) =>
  Buffer.concat(
    (data.match(/.{1,255}/gs) ?? [""]).map((text) =>
      Buffer.from(`${String.fromCharCode(text.length)}${text}`, "latin1"),
    ),
  );
