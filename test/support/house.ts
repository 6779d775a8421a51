import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { createTransport, type SendMailOptions } from "nodemailer";
import { stringify } from "yaml";
import { makeRegistration, writeRegistration } from "../../src/matrix/registration.ts";
import { MatrixClient, type MatrixEvent } from "./matrix-client.ts";
import { freePort } from "./ports.ts";
import { startRedis } from "./redis.ts";
import { type SmtpSink, startSmtpSink } from "./smtp-sink.ts";
import { type Synapse, startSynapse } from "./synapse.ts";

export const ADDRESS = "mairie@town.example";
const ALIAS = "#town-hall:agents.test";
const MAIN = new URL("../../src/bin.js", import.meta.url).pathname;

export interface HouseOptions {
  readonly queue?: "postgres" | "redis";
  /** Keys of the agency, of the channel, of the whole file. */
  readonly agency?: Readonly<Record<string, unknown>>;
  readonly channel?: Readonly<Record<string, unknown>>;
  readonly config?: Readonly<Record<string, unknown>>;
  /** Further agencies by name, each with a channel of its own: mail to NAME@town.example reaches its room #NAME:agents.test. */
  readonly others?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Further channels by name. */
  readonly channels?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Puts something beside the configuration file before guichet starts. */
  readonly prepare?: (folder: string) => Promise<void>;
  /** Largest mail that is taken in, and that the agency's mail server takes. */
  readonly maxMailBytes?: number;
  readonly synapseLog?: "INFO" | "WARNING";
  /** Further variables of guichet's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Puts a wire between guichet and the homeserver: told the port of the server, it says the one to use instead. */
  readonly between?: (way: "to the homeserver" | "to guichet", port: number) => Promise<number>;
  /** Keys of homeserver.yaml. */
  readonly synapseConfig?: Readonly<Record<string, unknown>>;
}

/** guichet as its operators run it, as a process of its own between a real Synapse and a mail server. */
export interface House {
  readonly folder: string;
  readonly synapse: Synapse;
  readonly sink: SmtpSink;
  readonly agent: MatrixClient;
  /** The agency room's id; the agent is in it. */
  readonly room: string;
  readonly smtpPort: number;
  readonly guichet: Guichet;
  /** Hands one citizen's mail to the intake. */
  mail(options: SendMailOptions): Promise<void>;
  /** Waits for a message of a citizen that holds `text`. */
  arrival(text: string, timeoutMs?: number, room?: string): Promise<MatrixEvent>;
  /** Waits until the sink holds `count` mails. */
  sent(count: number, timeoutMs?: number): Promise<SmtpSink["mails"]>;
  close(): Promise<void>;
}

export interface Guichet {
  readonly pid: number;
  start(): Promise<void>;
  /** Ends the process and waits for it. */
  end(signal: NodeJS.Signals): Promise<void>;
  log(): string;
}

export async function openHouse(options: HouseOptions = {}): Promise<House> {
  await using opening = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "guichet-house-"));
  opening.defer(() => rm(folder, { recursive: true, force: true }));
  const [appservicePort, smtpPort] = [await freePort(), await freePort()];
  const registration = join(folder, "registration.yaml");
  const between = options.between ?? (async (_way: string, port: number) => port);
  const url = `http://127.0.0.1:${await between("to guichet", appservicePort)}`;
  const others = await Promise.all(
    Object.entries(options.others ?? {}).map(async ([name, keys]) => ({ name, keys, port: await freePort() })),
  );
  const rooms = [ALIAS, ...others.map(({ name }) => `#${name}:agents.test`)];
  const aliases = rooms.flatMap((room) => [room, room.replace(":", "-space:")]);
  const needs = { url, domain: "agents.test", aliases, portalRooms: true };
  writeRegistration(registration, makeRegistration(needs), { replace: true });
  const synapse = await startSynapse({
    appServices: [registration],
    config: { room_list_publication_rules: [{ action: "allow" }], ...options.synapseConfig },
    ...(options.synapseLog ? { logLevel: options.synapseLog } : {}),
  });
  opening.defer(() => synapse.close());
  const sink = await startSmtpSink();
  opening.defer(() => sink.stop());
  const redis = options.queue === "redis" ? await startRedis() : undefined;
  opening.defer(async () => redis?.close());
  const account = await synapse.register("agent");

  const limit = options.maxMailBytes === undefined ? {} : { max_bytes: options.maxMailBytes };
  const config = {
    homeserver: { url: `http://127.0.0.1:${await between("to the homeserver", synapse.port)}`, domain: "agents.test" },
    appservice: { registration, port: appservicePort },
    data_folder: join(folder, "data"),
    ...(redis ? { queue: { redis: redis.url } } : {}),
    agencies: {
      "town-hall": {
        name: { en: "Town Hall" },
        room: ALIAS,
        undo_seconds: 0,
        agents: [account.userId],
        ...options.agency,
      },
      ...Object.fromEntries(
        others.map(({ name, keys }) => [
          name,
          { name, room: `#${name}:agents.test`, undo_seconds: 0, agents: [account.userId], ...keys },
        ]),
      ),
    },
    channels: {
      "town-mail": {
        use: "email",
        agency: "town-hall",
        address: ADDRESS,
        listen: { port: smtpPort, ...limit },
        smtp: { host: "127.0.0.1", port: sink.port, tls: "none", ...limit },
        ...options.channel,
      },
      ...Object.fromEntries(
        others.map(({ name, port }) => [
          `${name}-mail`,
          {
            use: "email",
            agency: name,
            address: `${name}@town.example`,
            listen: { port },
            smtp: { host: "127.0.0.1", port: sink.port, tls: "none" },
          },
        ]),
      ),
      ...options.channels,
    },
    ...options.config,
  };
  const file = join(folder, "guichet.yaml");
  await writeFile(file, stringify(config));
  await options.prepare?.(folder);
  const guichet = runGuichet(file, join(folder, "guichet.log"), options.env);
  opening.defer(() => guichet.end("SIGTERM"));
  await guichet.start();
  const agent = new MatrixClient(synapse.url, account);
  opening.defer(() => agent.close());
  const room = await agent.join(ALIAS);
  const connect = (port: number) => {
    const transport = createTransport({
      host: "127.0.0.1",
      port,
      pool: true,
      maxConnections: 4,
      maxMessages: Number.MAX_SAFE_INTEGER,
    });
    opening.defer(() => transport.close());
    return transport;
  };
  const transport = connect(smtpPort);
  const transports = new Map(others.map(({ name, port }) => [`${name}@town.example`, connect(port)]));
  const closing = opening.move();
  return {
    folder,
    synapse,
    sink,
    agent,
    room,
    smtpPort,
    guichet,
    async mail(mail) {
      await (transports.get(String(mail.to)) ?? transport).sendMail({ to: ADDRESS, ...mail });
    },
    arrival: (text, timeoutMs = 30_000, inRoom = room) =>
      agent.waitForEvent(
        inRoom,
        ({ type, sender, content }) =>
          type === "m.room.message" &&
          /^@_guichet_(email|sms|webform)_/.test(sender) &&
          String(content.body).includes(text),
        timeoutMs,
      ),
    async sent(count, timeoutMs = 15_000) {
      const deadline = Date.now() + timeoutMs;
      while (sink.mails.length < count) {
        if (Date.now() > deadline) throw new Error(`${sink.mails.length} mails of ${count} left in ${timeoutMs} ms`);
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      return sink.mails;
    },
    close: () => closing.disposeAsync(),
  };
}

/** Runs the CLI; every start writes to the same log. */
function runGuichet(config: string, log: string, env: HouseOptions["env"] = {}): Guichet {
  let child: ChildProcess | undefined;
  process.on("exit", () => child?.kill("SIGKILL"));
  return {
    get pid() {
      if (child?.pid === undefined) throw new Error("guichet is not running");
      return child.pid;
    },
    async start() {
      // By its first line, as operators run it: that names flags of Node.
      const PATH = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`;
      const started = spawn(MAIN, ["run", "--config", config], {
        env: { ...process.env, ...env, PATH },
        stdio: ["ignore", "pipe", "pipe"],
      });
      child = started;
      const file = createWriteStream(log, { flags: "a" });
      started.stdout.pipe(file, { end: false });
      started.stderr.pipe(file, { end: false });
      const ended = once(started, "exit").then(() => {
        throw new Error(`guichet ended while starting:\n${readFileSync(log, "utf8").slice(-4_000)}`);
      });
      const up = (async () => {
        for await (const line of createInterface({ input: started.stdout })) if (line.includes("guichet is up")) return;
        await ended;
      })();
      ended.catch(() => undefined);
      await Promise.race([up, ended]);
      // Both the pipe to the log and the reader above consume; what follows goes to the log alone.
      started.stdout.resume();
    },
    async end(signal) {
      const running = child;
      child = undefined;
      if (!running || running.exitCode !== null || running.signalCode !== null) return;
      const gone = once(running, "exit");
      running.kill(signal);
      await gone;
    },
    log: () => readFileSync(log, "utf8"),
  };
}
