import type { BridgeHost, RouteHandler } from "../../src/adapter/index.ts";
import * as sentences from "../../src/conformance/sentences.ts";
import { alter, type Flaw } from "./alter-bridge.ts";

const alterCall = (title: string, call: (host: BridgeHost) => RouteHandler): Flaw =>
  alter(sentences.ROUTES_ANSWER, title, (bridge, host) => {
    // Of two for the same path the later one counts.
    host.routes.on("POST", "/call", call(host));
    return bridge;
  });

/** Bridges whose pages and webhooks do not stand what strangers send. */
export const routeFlaws: readonly Flaw[] = [
  alterCall("throws at what it cannot read", () => async (request) => Response.json(await request.json())),
  alterCall("never answers", () => () => new Promise(() => {})),
  alterCall("calls the sender's faults its own", () => () => new Response(null, { status: 500 })),
  alterCall("takes whatever comes", ({ inbox, now }) => async (request) => {
    await inbox.accept({
      dedupeKey: crypto.randomUUID(),
      from: { address: "anna@memory.example" },
      to: "town",
      receivedAt: now(),
      text: await request.text(),
      thread: { references: [] },
      automatic: false,
      attachments: [],
    });
    return new Response(null, { status: 204 });
  }),
];
