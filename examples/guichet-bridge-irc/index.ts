import { randomUUID } from "node:crypto";
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type {
  Bridge,
  BridgeDefinition,
  BridgeHost,
  Health,
  InboundMessage,
  OutboundMessage,
  Sent,
} from "guichet/adapter";
import { backOff, DeliveryError, pause } from "guichet/adapter";
import { z } from "zod";

/** RFC 2812, 2.3.1, and as long as today's servers allow. */
const NICK = /^[A-Za-z[\]\\`_^{|}][A-Za-z0-9[\]\\`_^{|}-]{0,30}$/;
/** Of the 512 bytes of a line (RFC 2812, 2.3) the rest is for the names that the server puts before it. */
const MOST_BYTES = 400;
/** A line costs two seconds, of which ten may be owed (RFC 2813, 5.8): who writes faster is thrown out. */
const LINE_COST_MS = 2_000;
const MOST_OWED_MS = 10_000;
/** A server that says nothing for so long is asked, and given up when it stays silent as long again. */
const SILENCE_MS = 30_000;
const CONTROL = /\p{Cc}/gu;

const settings = z.strictObject({
  host: z.string().min(1).describe("The IRC server.").meta({ example: "irc.town.example" }),
  port: z.int().min(1).max(65535).default(6697).describe("Its port."),
  tls: z.boolean().default(true).describe("Whether the port speaks TLS."),
  nick: z.string().regex(NICK, "a nickname of IRC").describe("Nickname that citizens write to."),
  password: z.string().min(1).optional().describe("The server's password.").meta({ secret: true }),
});
type Settings = z.output<typeof settings>;

/** IRC: private messages in and out. The address of a citizen is `nick@server`. */
export default { type: "irc", contract: 1, config: settings, create } satisfies BridgeDefinition<Settings>;

/** An attempt that waits for the server's answer, with a refusal for each line that did not get through. */
const beginAttempt = (nick: string, refusals: { code: string; remoteAnswer: string }[] = []) =>
  ({ nick, refusals, token: randomUUID(), ended: Promise.withResolvers<void>() }) as const;

function create(config: Settings, host: BridgeHost): Bridge {
  const addressOf = (nick: string) => `${nick}@${config.host}`.toLowerCase();
  const own = addressOf(config.nick);
  const stopping = new AbortController();
  const leaving = new AbortController(); // Aborts when nothing can wait any longer.
  const tried = Promise.withResolvers<void>();
  let health: Health = { state: "starting", since: host.now() };
  let socket: Socket | undefined;
  let running: Promise<void> = Promise.resolve();
  let turn: Promise<unknown> = Promise.resolve();
  const sentTo = new Map<string, string>();
  let attempt: ReturnType<typeof beginAttempt> | undefined;
  let [owedUntil, failures] = [0, 0];

  const report = (state: Health["state"], reason?: string) => {
    if (health.state === "stopped" || (health.state === state && health.reason === reason)) return;
    health = { state, since: host.now(), ...(reason === undefined ? {} : { reason }) };
    tried.resolve();
  };

  /** Connects again and again until `signal` aborts. */
  async function stayConnected(signal: AbortSignal): Promise<void> {
    for (failures = 0; !signal.aborted; failures++) {
      const code = await converse(signal);
      if (signal.aborted) return;
      host.log.warn({ code, failures }, "not connected to the IRC server");
      report("degraded", code);
      await pause(backOff(failures), signal);
    }
  }

  /** One connection, from its beginning to its end. @returns why it ended. */
  async function converse(signal: AbortSignal): Promise<string> {
    const place = { host: config.host, port: config.port };
    const line = config.tls ? connectTls(place) : connectPlain(place);
    line.on("error", (fault) => host.log.debug({ err: fault }, "the connection broke"));
    line.setEncoding("utf8").setTimeout(SILENCE_MS);
    let isAsked = false;
    line.on("timeout", () => {
      if (isAsked) line.destroy();
      isAsked = true;
      say(line, "PING :guichet");
    });
    const cut = () => line.destroy();
    const leave = async () => {
      socket = undefined;
      await turn; // What is being sent may end.
      say(line, "QUIT");
      line.destroySoon();
    };
    signal.addEventListener("abort", leave);
    leaving.signal.addEventListener("abort", cut);
    const pass = config.password === undefined ? [] : [`PASS ${config.password}`];
    for (const hello of [...pass, `NICK ${config.nick}`, "USER guichet 0 * :guichet"]) say(line, hello);
    try {
      for await (const heard of readLines(line)) {
        const { command, params, sender } = heard;
        isAsked = false;
        if (command === "PING") say(line, `PONG :${params.at(-1) ?? ""}`);
        else if (command === "001") {
          [socket, failures] = [line, 0];
          report("up");
        } else if (!socket && /^43[1237]$/.test(command)) return "IRC_NICK";
        else if (command === "464" || command === "465") return "IRC_LOGIN";
        // Renamed by the server: citizens would write to nobody.
        else if (command === "NICK" && addressOf(sender) === own) return "IRC_NICK";
        // No more is read until this is stored: the server keeps the rest, and turns citizens away when that lasts.
        else if (command === "PRIVMSG" || command === "NOTICE") await hear(heard);
        else note(heard);
      }
    } catch {
      // Told above.
    } finally {
      if (socket === line) socket = undefined;
      signal.removeEventListener("abort", leave);
      leaving.signal.removeEventListener("abort", cut);
      line.destroy();
      attempt?.ended.reject(new DeliveryError("unknown", "IRC_CONNECTION"));
    }
    return "IRC_CONNECTION";
  }

  /** What the server says about the attempt: refusals of its lines come before the answer to the PING behind them. */
  function note({ command, params }: Line): void {
    if (command === "PONG" && params.at(-1) === attempt?.token) attempt?.ended.resolve();
    const isRefusal = /^[45]\d\d$/.test(command) && params[1]?.toLowerCase() === attempt?.nick.toLowerCase();
    if (isRefusal) attempt?.refusals.push({ code: `IRC_${command}`, remoteAnswer: params.at(-1) ?? "" });
  }

  async function hear({ command, params: [target = "", raw = ""], sender, isPerson }: Line): Promise<void> {
    const text = readText(sender, raw);
    if (!isPerson || !text || addressOf(target) !== own) return;
    const [address, receivedAt] = [addressOf(sender), host.now()];
    const today = nameChat(address, receivedAt);
    const message: InboundMessage = {
      // IRC offers nothing twice; only the loop below does.
      dedupeKey: randomUUID(),
      remoteId: today,
      from: { address, name: sender },
      to: own,
      receivedAt,
      text,
      // A conversation goes on with what was sent last, or else until a whole day was silent.
      thread: { references: [sentTo.get(address) ?? today, today, nameChat(address, receivedAt, 1)] },
      trust: { verdict: "unverified" },
      // A notice must never be answered by a machine (RFC 2812, 3.3.2).
      automatic: command === "NOTICE",
      attachments: [],
    };
    for (let failures = 0; !leaving.signal.aborted; failures++) {
      try {
        const acceptance = await host.inbox.accept(message);
        if (socket) report("up");
        if (acceptance === "refused" && socket && !message.automatic) say(socket, `NOTICE ${sender} :Not accepted.`);
        return;
      } catch {
        host.log.warn({ code: "IRC_STORE", failures }, "a message cannot be stored now");
        report("degraded", "IRC_STORE");
        await pause(Math.min(10_000, 500 * 2 ** failures), leaving.signal);
      }
    }
    host.log.error({ code: "IRC_LOST" }, "a message could not be stored before the end");
  }

  /** One after the other: the server's refusals name a nickname, not a message. */
  function send(message: OutboundMessage, signal: AbortSignal): Promise<Sent> {
    const sending = Promise.race([turn, whenAborted(signal)]).then(() => write(message, signal));
    turn = Promise.allSettled([turn, sending]);
    return sending;
  }

  async function write({ deliveryId, to, text, automatic }: OutboundMessage, signal: AbortSignal): Promise<Sent> {
    const line = socket;
    const nick = to.address.slice(0, Math.max(0, to.address.lastIndexOf("@")));
    const lines = splitText(text);
    if (!NICK.test(nick)) throw new DeliveryError("rejected", "IRC_ADDRESS");
    if (lines.length === 0) throw new DeliveryError("rejected", "IRC_NO_TEXT");
    if (!line || signal.aborted) throw new DeliveryError("retry", line ? "IRC_ABORTED" : "IRC_OFFLINE");
    attempt = beginAttempt(nick);
    const { ended, refusals, token } = attempt;
    const abort = () => ended.reject(new DeliveryError("unknown", "IRC_ABORTED"));
    signal.addEventListener("abort", abort, { once: true });
    const silence = setTimeout(() => line.destroy(), SILENCE_MS);
    try {
      for (const each of lines) {
        owedUntil = Math.max(owedUntil, Date.now()) + LINE_COST_MS;
        await Promise.race([ended.promise, pause(owedUntil - Date.now() - MOST_OWED_MS, signal)]);
        say(line, `${automatic ? "NOTICE" : "PRIVMSG"} ${nick} :${each}`);
        silence.refresh();
      }
      say(line, `PING :${token}`);
      await ended.promise;
    } finally {
      attempt = undefined;
      clearTimeout(silence);
      signal.removeEventListener("abort", abort);
    }
    const [refusal] = refusals;
    if (refusal)
      throw new DeliveryError(refusals.length < lines.length ? "unknown" : "rejected", refusal.code, refusal);
    if (sentTo.size >= 1_000) sentTo.clear();
    sentTo.set(to.address, deliveryId);
    return { remoteId: deliveryId };
  }

  return {
    capabilities: { send: true, html: false, subject: false, cc: false, attachmentBytes: 0, repeatable: false },
    addresses: [own],
    async start(signal) {
      // The nickname belongs to one process of many.
      const lease = host.lease("irc", (held) => {
        running = stayConnected(AbortSignal.any([signal, held, stopping.signal]));
        return running;
      });
      lease.catch(() => report("degraded", "IRC_LEASE"));
      // Another process may have it: this one then stands by.
      await Promise.race([tried.promise, pause(3_000, AbortSignal.any([signal, stopping.signal]))]);
    },
    async stop(deadline) {
      stopping.abort();
      void whenAborted(deadline).then(() => leaving.abort());
      await Promise.race([running, whenAborted(leaving.signal)]);
      report("stopped");
    },
    send,
    opening: {
      verb: "irc",
      example: "anna",
      parseAddress: (nick) => (NICK.test(nick) && addressOf(nick) !== own ? { address: addressOf(nick) } : undefined),
    },
    health: () => health,
  };
}

type Line = ReturnType<typeof parseLine>;

/** RFC 2812, 2.3.1; tags of IRCv3 are passed over. `sender` is a nickname or a server. */
export function parseLine(text: string) {
  const found = /^(?:@\S+ +)?(?::([^\s!]+)(!\S+)? +)?(\S+)(.*)$/s.exec(text);
  const [, sender = "", mask, command = "", rest = ""] = found ?? [];
  const [middle = "", ...trailing] = rest.split(/ +:(.*)/s, 2);
  const params = [...middle.split(" ").filter((word) => word !== ""), ...trailing];
  return { sender, isPerson: mask !== undefined, command: command.toUpperCase(), params };
}

/** A line's words without colours and the like; undefined for what programs say to each other (CTCP). */
export function readText(sender: string, raw: string): string | undefined {
  const [, kind, inner = ""] = raw.startsWith("\u0001") ? raw.split(/^.(\S*) ?/s) : [];
  if (kind !== undefined && kind !== "ACTION") return undefined;
  const [first = "", ...coloured] = (kind === undefined ? raw : inner).split("\u0003");
  const text = [first, ...coloured.map((part) => part.replace(/^\d{1,2}(,\d{1,2})?/, ""))]
    .join("")
    .replace(CONTROL, "");
  return text.trim() && (kind === undefined ? text.trim() : `* ${sender} ${text.trim()}`);
}

/** A text as lines of IRC, cut between words where one is too long. Empty lines cannot be said. */
export function splitText(text: string): string[] {
  const lines: string[] = [];
  for (const line of text.split("\n")) {
    let piece = "";
    for (const sign of line.replace(CONTROL, " ")) {
      if (Buffer.byteLength(piece + sign) > MOST_BYTES) {
        const space = piece.lastIndexOf(" ");
        const end = space > 0 ? space : piece.length;
        lines.push(piece.slice(0, end));
        piece = piece.slice(end).trimStart();
      }
      piece += sign;
    }
    lines.push(piece);
  }
  return lines.map((line) => line.trim()).filter((line) => line !== "");
}

async function* readLines(socket: Socket): AsyncGenerator<Line> {
  let rest = "";
  for await (const chunk of socket) {
    const lines = (rest + String(chunk)).split(/\r?\n/);
    rest = lines.pop() ?? "";
    if (rest.length > 16_384) throw new Error("a line without end");
    yield* lines.filter((line) => line !== "").map(parseLine);
  }
}

/** IRC has no names for messages: those of a citizen and a day share one. */
const nameChat = (address: string, at: Date, daysAgo = 0) =>
  `irc:${address}:${new Date(at.getTime() - daysAgo * 86_400_000).toISOString().slice(0, 10)}`;

const say = (to: Socket, line: string) => void (to.writable && to.write(`${line.replace(/[\r\n\0]/g, " ")}\r\n`));

const whenAborted = (signal: AbortSignal) =>
  new Promise<unknown>((resolve) => (signal.aborted ? resolve(0) : signal.addEventListener("abort", resolve)));
