import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import {
  type Bridge,
  type BridgeDefinition,
  type BridgeHost,
  DeliveryError,
  type Health,
  type OutboundMessage,
  type Sent,
} from "guichet/adapter";
import { z } from "zod";

// A whole bridge in one file: messages come in and leave as JSON by HTTP. It runs as it is; put your channel in its place.

/**
 * What an operator writes under the channel, beside `use` and `agency`. guichet takes faults with their line, secrets
 * (`meta({ secret: true })`: also { env: NAME } and { file: path }) and ports (`listens: true`) from this schema.
 */
const settings = z.strictObject({
  address: z.string().min(1).describe("Address of the channel, as citizens know it."),
  listen: z.strictObject({
    bind: z.string().default("127.0.0.1").describe("Address to listen on."),
    port: z.int().min(0).max(65535).describe("Port to listen on.").meta({ listens: true }),
  }),
  url: z.url().describe("Where answers are posted to."),
  token: z.string().optional().describe("Sent along with answers.").meta({ secret: true }),
});
type Settings = z.output<typeof settings>;

/** `type` becomes part of the names of citizens' users in Matrix: it stays the same for ever. */
export default { type: "skeleton", contract: 1, config: settings, create } satisfies BridgeDefinition<Settings>;

/** Everything else that a sender posts is refused: what comes from outside is never trusted. */
const arrival = z.object({
  /** The transport's own name for the message: the same when it is offered again. */
  id: z.string().min(1).max(200),
  from: z.object({ address: z.string().min(1), name: z.string().optional() }),
  text: z.string(),
  /** `id` of the message that this one answers. */
  answers: z.string().optional(),
});

/** Once per channel. Connects nothing: that is for `start`. */
function create(config: Settings, host: BridgeHost): Bridge {
  let health: Health = { state: "starting", since: host.now() };
  const report = (state: Health["state"], reason?: string) => {
    if (health.state === state && health.reason === reason) return;
    health = { state, since: host.now(), ...(reason === undefined ? {} : { reason }) };
  };
  const server = createServer((request, response) => void answer(request, response));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.statusCode = await take(request);
    response.end();
  }

  /** @returns the HTTP status that the sender gets. */
  async function take(request: IncomingMessage): Promise<number> {
    const posted = arrival.safeParse(await json(request).catch(() => undefined));
    if (!posted.success) return 400;
    const { id, from, text, answers } = posted.data;
    try {
      const acceptance = await host.inbox.accept({
        dedupeKey: id,
        remoteId: id,
        from: { address: from.address, ...(from.name === undefined ? {} : { name: from.name }) },
        to: config.address,
        receivedAt: host.now(),
        text,
        // An earlier message of the same conversation, when the channel tells: without it a new one begins.
        thread: { references: answers === undefined ? [] : [answers] },
        automatic: false,
        attachments: [],
      });
      // Only now is it on disk: only now may the sender forget it.
      return acceptance === "refused" ? 403 : 204;
    } catch {
      // The store cannot take it now. The log holds codes, never a citizen's words or address.
      host.log.warn({ code: "SKELETON_STORE" }, "a message cannot be stored now");
      return 503;
    }
  }

  /** Resolves when the remote has the message. Any other ending says what follows from it. */
  async function send({ deliveryId, to, text }: OutboundMessage, signal: AbortSignal): Promise<Sent> {
    const response = await fetch(config.url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(config.token === undefined ? {} : { authorization: `Bearer ${config.token}` }),
      },
      body: JSON.stringify({ id: deliveryId, to: to.address, text }),
      signal,
    }).catch((cause: unknown) => {
      report("degraded", "SKELETON_REMOTE");
      // Nothing has left when there was no connection; anything else may have reached the citizen.
      throw new DeliveryError(neverConnected(cause) ? "retry" : "unknown", "SKELETON_REMOTE", { cause });
    });
    await response.body?.cancel();
    report("up");
    if (response.ok) return { remoteId: deliveryId };
    const mayWorkLater = response.status === 429 || response.status >= 500;
    throw new DeliveryError(mayWorkLater ? "retry" : "rejected", `SKELETON_HTTP_${response.status}`);
  }

  return {
    // What the channel carries. The core renders answers to it and tells agents what is lost.
    capabilities: { send: true, html: false, subject: false, cc: false, attachmentBytes: 0, repeatable: false },
    addresses: [config.address],
    /** Rejects only for what waiting cannot cure, such as a taken port. A remote that is away is healed here. */
    async start() {
      server.listen(config.listen.port, config.listen.bind);
      await once(server, "listening");
      report("up");
    },
    /** May be called twice. After it, no timer and no socket of the bridge is left. */
    async stop(deadline) {
      const closed = server.listening ? once(server, "close") : undefined;
      server.close();
      server.closeIdleConnections();
      const cut = () => server.closeAllConnections();
      deadline.addEventListener("abort", cut, { once: true });
      if (deadline.aborted) cut();
      await closed;
      report("stopped");
    },
    send,
    health: () => health,
  };
}

function neverConnected(fault: unknown): boolean {
  const cause = fault instanceof Error ? fault.cause : undefined;
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return code === "ECONNREFUSED" || code === "ENOTFOUND" || code === "EAI_AGAIN";
}
