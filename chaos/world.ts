import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type House, openHouse } from "../test/support/house.ts";
import { freePort } from "../test/support/ports.ts";
import { type Redis, startRedis } from "../test/support/redis.ts";
import { type ChaosDatabase, startDatabase } from "./database.ts";
import { type HttpWire, openHttpWire } from "./http-wire.ts";
import { type OutsideServer, startOutside } from "./outside-server.ts";
import { openTcpWire, type TcpWire } from "./tcp-wire.ts";

export const AGENCY_NUMBER = "+33700000000";

/** Everything that can break. */
export interface World {
  readonly house: House;
  readonly database: ChaosDatabase;
  readonly redis: Redis | undefined;
  readonly mailServer: OutsideServer;
  readonly smsc: OutsideServer;
  /** Wires on which guichet reaches the others, and `intake`, on which mail reaches it. */
  readonly wires: Readonly<Record<WireName, TcpWire>>;
  /** Reads what passes between guichet and the homeserver, in each direction. */
  readonly homeserverCalls: HttpWire;
  readonly transactions: HttpWire;
  /** Sets guichet's clock so far from the machine's, in milliseconds. */
  shiftClock(ms: number): Promise<void>;
  close(): Promise<void>;
}

export const WIRE_NAMES = ["homeserver", "database", "redis", "mail", "smsc", "intake"] as const;
export type WireName = (typeof WIRE_NAMES)[number];

export interface WorldOptions {
  readonly queue: "postgres" | "redis";
  /** Name of a safeguard that is switched off. */
  readonly without: string | undefined;
}

const preload = (name: string) => `--import=${new URL(`preload/${name}`, import.meta.url).href}`;

export async function openWorld({ queue, without }: WorldOptions): Promise<World> {
  await using opening = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "guichet-chaos-"));
  opening.defer(() => rm(folder, { recursive: true, force: true }));
  const clock = join(folder, "clock");
  await writeFile(clock, "0");
  const database = await startDatabase();
  opening.defer(() => database.close());
  const redis = queue === "redis" ? await startRedis() : undefined;
  opening.defer(async () => redis?.close());
  const outside = async (script: string, file: string) => {
    const server = await startOutside(script, await freePort(), join(folder, file));
    opening.defer(() => server.kill());
    return server;
  };
  const mailServer = await outside("mail-sink.ts", "mails");
  const smsc = await outside("smsc.ts", "texts");

  const ports = { synapse: 0, appservice: 0, intake: 0 };
  const http = async (to: () => number) => {
    const wire = await openHttpWire(to);
    opening.defer(() => wire.close());
    return wire;
  };
  const tcp = async (to: () => number) => {
    const wire = await openTcpWire(to);
    opening.defer(() => wire.close());
    return wire;
  };
  const homeserverCalls = await http(() => ports.synapse);
  const transactions = await http(() => ports.appservice);
  const wires = {
    homeserver: await tcp(() => homeserverCalls.port),
    database: await tcp(() => database.port),
    redis: await tcp(() => redis?.port ?? 0),
    mail: await tcp(() => mailServer.port),
    smsc: await tcp(() => smsc.port),
    intake: await tcp(() => ports.intake),
  };
  const login = { host: "127.0.0.1", port: wires.smsc.port, tls: "none", system_id: "bridge", password: "secret" };
  const house = await openHouse({
    channel: { smtp: { host: "127.0.0.1", port: wires.mail.port, tls: "none" } },
    channels: {
      "town-sms": {
        use: "sms",
        agency: "town-hall",
        number: AGENCY_NUMBER,
        country: "FR",
        gateway: { smpp: { ...login, enquire_seconds: 5, answer_seconds: 10 } },
      },
    },
    config: {
      database: { url: database.url(wires.database.port) },
      ...(redis ? { queue: { redis: redis.url.replace(`:${redis.port}`, `:${wires.redis.port}`) } } : {}),
    },
    env: {
      NODE_OPTIONS: [preload("clock.ts"), ...(without === undefined ? [] : [preload("sabotage.ts")])].join(" "),
      GUICHET_CHAOS_CLOCK: clock,
      ...(without === undefined ? {} : { GUICHET_CHAOS_WITHOUT: without }),
    },
    async between(way, port) {
      if (way === "to guichet") {
        ports.appservice = port;
        return transactions.port;
      }
      ports.synapse = port;
      return wires.homeserver.port;
    },
  });
  opening.defer(() => house.close());
  ports.intake = house.smtpPort;
  const closing = opening.move();
  return {
    house,
    database,
    redis,
    mailServer,
    smsc,
    wires,
    homeserverCalls,
    transactions,
    shiftClock: (ms) => writeFile(clock, String(ms)),
    close: () => closing.disposeAsync(),
  };
}
