import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { isRecord } from "../../src/domain/is-record.ts";
import { openBalancer } from "./balancer.ts";
import { type Guichet, type HousePorts, runGuichet } from "./house.ts";
import { freePort } from "./ports.ts";

/** One process of a guichet that runs as several. */
export interface Ship {
  readonly name: string;
  readonly roles: string;
}

/** Several processes of one guichet on one machine: each listens on ports of its own, behind one address for all. */
export interface Fleet extends Guichet, AsyncDisposable {
  readonly ships: ReadonlyMap<string, Guichet>;
}

/** @param file of the whole; each process has one beside it. */
export async function openFleet(
  plan: readonly Ship[],
  file: string,
  config: Readonly<Record<string, unknown>>,
  ports: HousePorts,
): Promise<Fleet> {
  await using opening = new AsyncDisposableStack();
  const ships = new Map<string, Guichet>();
  const servers = { appservice: [] as number[], smtp: [] as number[], web: [] as number[] };
  for (const { name, roles } of plan) {
    const own = {
      appservice: await freePort(),
      smtp: await freePort(),
      web: await freePort(),
      other: await freePort(),
    };
    if (roles.includes("appservice")) servers.appservice.push(own.appservice);
    if (roles.includes("channels")) servers.smtp.push(own.smtp);
    if (roles.includes("web")) servers.web.push(own.web);
    const ownFile = join(dirname(file), `${name}.yaml`);
    await writeFile(ownFile, stringify(withPorts(config, ports, own)));
    const ship = runGuichet(ownFile, join(dirname(file), `${name}.log`), ["--roles", roles]);
    ships.set(name, ship);
    opening.defer(() => ship.end("SIGTERM"));
  }
  for (const [port, behind] of [
    [ports.appservice, servers.appservice],
    [ports.smtp, servers.smtp],
    [ports.web, servers.web],
  ] as const) {
    if (port === undefined || behind.length === 0) continue;
    const balancer = await openBalancer(port, behind);
    opening.defer(() => balancer.close());
  }
  const closing = opening.move();
  const all = () => [...ships.values()];
  return {
    ships,
    pid: 0,
    async start() {
      await Promise.all(all().map((ship) => ship.start()));
    },
    async end(signal) {
      await Promise.all(all().map((ship) => ship.end(signal)));
    },
    log: () =>
      all()
        .map((ship) => ship.log())
        .join(""),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

interface OwnPorts extends Required<HousePorts> {
  /** Of the one other channel that may listen. */
  readonly other: number;
}

/** Each port of the whole, wherever it stands, is the process's own. */
function withPorts(value: unknown, whole: HousePorts, own: OwnPorts, isListen = false): unknown {
  if (Array.isArray(value)) return value.map((each) => withPorts(each, whole, own));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (key !== "port") return [key, withPorts(inner, whole, own, key === "listen")];
      if (inner === whole.appservice) return [key, own.appservice];
      if (inner === whole.smtp) return [key, own.smtp];
      if (inner === whole.web) return [key, own.web];
      return [key, isListen ? own.other : inner];
    }),
  );
}
