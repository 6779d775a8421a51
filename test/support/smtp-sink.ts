import { createHash } from "node:crypto";
import type { AddressInfo } from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";

interface SunkMail {
  readonly from: string;
  readonly to: readonly string[];
  /** The mail as it came; only its first 64 KiB when it was larger than 1 MiB. */
  readonly raw: string;
  readonly size: number;
  readonly sha256: string;
}

/** How the sink treats what it is given. A number is the reply code, with that text. */
interface SinkFaults {
  mailFrom?: Refusal;
  rcptTo?: Refusal;
  /** For one recipient of several. */
  recipients?: Readonly<Record<string, Refusal>>;
  data?: Refusal;
  /** Hangs up when the whole mail was taken, before the reply. */
  dropAfterData?: boolean;
  /** Hangs up after so many bytes of a mail. */
  dropWithinData?: number;
  /** Never replies to the whole mail. */
  stall?: boolean;
}
type Refusal = readonly [code: number, text: string];

/** A real SMTP server on a free port that keeps mails in memory, and fails on demand. */
export interface SmtpSink {
  readonly port: number;
  readonly mails: SunkMail[];
  /** Connections since the start. */
  readonly connections: number;
  faults: SinkFaults;
  /** Mails above this size are kept in part. */
  keepBytes: number;
  stop(): Promise<void>;
}

/** @param wishedPort 0: a free one. */
export async function startSmtpSink(options: SMTPServerOptions = {}, wishedPort = 0): Promise<SmtpSink> {
  const mails: SunkMail[] = [];
  let connections = 0;
  const refuse = ([responseCode, text]: Refusal) => Object.assign(new Error(text), { responseCode });
  const sockets = new Map<string, { destroy(): void }>();

  const server = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    disabledCommands: ["STARTTLS"],
    allowInsecureAuth: true,
    closeTimeout: 500,
    ...options,
    onConnect: (_session, done) => {
      connections++;
      done();
    },
    onMailFrom: (_address, _session, done) => done(sink.faults.mailFrom ? refuse(sink.faults.mailFrom) : null),
    onRcptTo: ({ address }, _session, done) => {
      const refusal = sink.faults.rcptTo ?? sink.faults.recipients?.[address];
      done(refusal ? refuse(refusal) : null);
    },
    onData: (stream, session, done) => {
      const { faults } = sink;
      const hash = createHash("sha256");
      const kept: Buffer[] = [];
      let size = 0;
      const hangUp = () => sockets.get(`${session.remotePort}`)?.destroy();
      stream.on("error", () => {});
      stream.on("data", (chunk: Buffer) => {
        size += chunk.length;
        hash.update(chunk);
        if (size < sink.keepBytes) kept.push(chunk);
        else if (kept.length > 0) kept.splice(0, kept.length, Buffer.concat(kept).subarray(0, 65_536));
        if (faults.dropWithinData !== undefined && size >= faults.dropWithinData) hangUp();
      });
      stream.on("end", () => {
        if (faults.dropAfterData === true) return hangUp();
        if (faults.stall === true) return;
        if (faults.data !== undefined) return done(refuse(faults.data));
        if (stream.sizeExceeded) return done(refuse([552, "5.3.4 Too big"]));
        mails.push({
          from: session.envelope.mailFrom === false ? "" : session.envelope.mailFrom.address,
          to: session.envelope.rcptTo.map(({ address }) => address),
          raw: Buffer.concat(kept).toString(),
          size,
          sha256: hash.digest("hex"),
        });
        done(null, "queued");
      });
    },
  });
  server.on("error", () => {});
  server.server.on("connection", (socket) => {
    sockets.set(`${socket.remotePort}`, socket);
    socket.on("close", () => sockets.delete(`${socket.remotePort}`));
  });
  const sink: SmtpSink = {
    port: await listen(server, wishedPort),
    mails,
    get connections() {
      return connections;
    },
    faults: {},
    keepBytes: 1024 * 1024,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets.values()) socket.destroy();
      }),
  };
  return sink;
}

function listen(server: SMTPServer, port: number): Promise<number> {
  return new Promise((resolve) => {
    const listening = server.listen(port, "127.0.0.1", () => resolve(portOf(listening.address())));
  });
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new Error("not a TCP port");
  return address.port;
}
