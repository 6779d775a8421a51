import webform from "../../bridges/webform/index.ts";
import type { Bridge, BridgeHost } from "../../src/adapter/index.ts";
import { openRouteTable, type RouteTable } from "../../src/adapter/route-table.ts";
import { createMemoryHost, type MemoryHost } from "../../src/conformance/index.ts";
import { listenPublic } from "../../src/http/listen-public.ts";
import { freePort } from "./ports.ts";

const CHANNEL = "town-form";

/** guichet's public listener, for one form at a time. */
export interface FormListener {
  /** Where the form is reached. */
  readonly url: string;
  /** A core for the form whose pages are reached here. */
  lend(host: BridgeHost): BridgeHost;
  close(): Promise<void>;
}

export async function openFormListener(log: BridgeHost["log"] = createMemoryHost().log): Promise<FormListener> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let table: RouteTable | undefined;
  const listener = await listenPublic({
    url,
    bind: "127.0.0.1",
    port,
    trustedProxies: ["127.0.0.1"],
    findFile: async () => "unknown",
    log,
    find: (channel, method, path) => {
      if (channel !== CHANNEL || table === undefined) return { is: "nothing" };
      const match = table.find(method, path);
      return match.is === "route" ? { ...match, blame: (error) => log.error({ err: error }, "BRIDGE_FAULT") } : match;
    },
  });
  return {
    url: `${url}/${CHANNEL}`,
    lend(host) {
      const routes = openRouteTable();
      table = routes;
      return { ...host, publicUrl: `${url}/${CHANNEL}`, routes };
    },
    close: () => listener.close(),
  };
}

/** A form that runs, as citizens reach it. */
export interface FormSite {
  readonly url: string;
  readonly host: MemoryHost;
  readonly bridge: Bridge;
  close(): Promise<void>;
}

export async function openFormSite(
  settings: unknown = {},
  change: Partial<BridgeHost> = {},
  host = createMemoryHost(),
): Promise<FormSite> {
  const listener = await openFormListener(host.log);
  const lent = { ...listener.lend(host), ...change };
  const bridge = webform.create(webform.config.parse(settings), lent);
  await bridge.start(new AbortController().signal);
  return {
    url: listener.url,
    host,
    bridge,
    async close() {
      await bridge.stop(AbortSignal.timeout(2_000));
      await listener.close();
    },
  };
}
