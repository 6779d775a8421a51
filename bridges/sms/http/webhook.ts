import { createServer, type Server, type ServerResponse } from "node:http";
import { createAnswering, type Reply, type WebhookParts } from "./answer-webhook.ts";
import type { WebhookSettings } from "./settings.ts";

/** Takes texts and receipts by HTTP: 2xx only for what is durable. */
export interface Webhook {
  /** Rejects when the port cannot be had. */
  open(): Promise<void>;
  close(deadline: AbortSignal): Promise<void>;
}

/** Twilio waits 15 seconds for a whole exchange; a slower client holds a connection for nothing. */
const REQUEST_LIMIT = 15_000;
const MOST_CONNECTIONS = 500;

export function createWebhook(parts: WebhookParts): Webhook {
  const { settings, gatewayHost } = parts;
  const { host } = gatewayHost;
  const answer = createAnswering(parts);
  let server: Server | undefined;
  return {
    open: async () => {
      const made = createServer(
        {
          requestTimeout: REQUEST_LIMIT,
          headersTimeout: REQUEST_LIMIT,
          connectionsCheckingInterval: 2_000,
          keepAliveTimeout: 5_000,
        },
        (request, response) => {
          const gone = new AbortController();
          // A connection that was kept open would hold up the end.
          const send = (reply: Reply) => {
            if (server === undefined) response.setHeader("connection", "close");
            write(response, reply);
          };
          response.once("close", () => gone.abort());
          answer(request, gone.signal).then(send, (fault: unknown) => {
            if (gone.signal.aborted) host.log.debug("a gateway hung up within a request");
            else
              host.log.error({ err: fault, code: "SMS_NOT_STORED" }, "a webhook failed, the gateway is to try again");
            send({ status: 503 });
          });
        },
      );
      made.maxConnections = MOST_CONNECTIONS;
      await listen(made, settings);
      server = made;
    },
    close: async (deadline) => {
      const closing = server;
      server = undefined;
      if (closing !== undefined) await shut(closing, deadline);
    },
  };
}

function write(response: ServerResponse, { status, type, body = "" }: Reply): void {
  if (response.destroyed) return;
  // What is left of a request that was not read would be taken for the next one.
  if (!response.req.complete) response.setHeader("connection", "close");
  if (status === 503) response.setHeader("retry-after", "30");
  if (type !== undefined) response.setHeader("content-type", type);
  response.writeHead(status, { "content-length": Buffer.byteLength(body) }).end(body);
}

function listen(server: Server, { port, host }: WebhookSettings): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function shut(server: Server, deadline: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => server.closeAllConnections();
    deadline.addEventListener("abort", end, { once: true });
    server.close(() => {
      deadline.removeEventListener("abort", end);
      resolve();
    });
    server.closeIdleConnections();
    if (deadline.aborted) end();
  });
}
