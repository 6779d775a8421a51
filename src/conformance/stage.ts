import type { Bridge, BridgeDefinition } from "../adapter/index.ts";
import { HarnessFault } from "./contract-broken.ts";
import type { Harness, Remote } from "./harness.ts";
import { createMemoryHost, type MemoryHost } from "./memory-host.ts";
import { inTime, until } from "./patience.ts";

/** A remote and a core in memory, for one bridge between them. */
export interface Stage extends AsyncDisposable {
  readonly definition: BridgeDefinition;
  readonly host: MemoryHost;
  readonly remote: Remote;
  readonly lacks: NonNullable<Harness["lacks"]>;
  /** In milliseconds; as `Harness.patienceMs`. */
  readonly patienceMs: number;
  /** Builds the bridge, which is stopped at the end. */
  create(): Bridge;
  /** Builds and starts it, and waits until it is up: it may be ready to receive before it can send. */
  start(): Promise<Bridge>;
  /** Builds and starts it, up or not. */
  begin(): Promise<Bridge>;
}

const PATIENCE_MS = 5_000;

export async function openStage(definition: BridgeDefinition, harness: Harness): Promise<Stage> {
  const { patienceMs = PATIENCE_MS, lacks = {} } = harness;
  const host = createMemoryHost();
  host.isOpen = false;
  const remote = await harness.open({ publicUrl: host.publicUrl, visit: (request) => host.visit(request) });
  const core = new AbortController();
  const bridges: Bridge[] = [];
  const create = () => {
    const bridge = openRoutes(definition.create(definition.config.parse(remote.settings), host), host);
    bridges.push(bridge);
    return bridge;
  };
  const begin = async () => {
    const bridge = create();
    await inTime(bridge.start(core.signal), "`start` did not resolve", patienceMs);
    return bridge;
  };
  return {
    definition,
    host,
    remote,
    lacks,
    patienceMs,
    create,
    begin,
    start: async () => {
      const bridge = await begin();
      await until(
        () => bridge.health().state === "up",
        () => `\`health\` says "${bridge.health().state}" after \`start\``,
        patienceMs,
      );
      return bridge;
    },
    // A bridge that hangs or throws here is what another check is about.
    [Symbol.asyncDispose]: async () => {
      core.abort();
      host.end();
      const stopped = bridges.map(async (bridge) => bridge.stop(AbortSignal.timeout(patienceMs / 2)));
      await inTime(Promise.allSettled(stopped), "", patienceMs).catch(() => undefined);
      await remote.close();
    },
  };
}

/** Visitors are let in from the end of `start` to the beginning of `stop`. */
const openRoutes = (bridge: Bridge, host: MemoryHost): Bridge =>
  new Proxy(bridge, {
    get(target, name) {
      if (name === "start")
        return async (signal: AbortSignal) => {
          await target.start(signal);
          host.isOpen = true;
        };
      if (name === "stop")
        return async (deadline: AbortSignal) => {
          host.isOpen = false;
          await target.stop(deadline);
        };
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });

/** A member of the remote that the harness left out without saying that the channel lacks it. */
export function missing(member: keyof Remote | "isAcknowledged", part: string): HarnessFault {
  return new HarnessFault(`the harness has no \`${member}\`: give it, or name "${part}" in \`lacks\` with the reason`);
}
