import { DeliveryError } from "../../../src/adapter/index.ts";
import type { Gateway, GatewayHost } from "../gateway.ts";
import { createClient } from "./client.ts";
import { createPoller } from "./poll.ts";
import type { HttpSettings } from "./settings.ts";
import { createWebhook } from "./webhook.ts";

/** A gateway that is spoken to over HTTP as its profile says. Connects nothing yet. */
export function openHttpGateway(settings: HttpSettings, gatewayHost: GatewayHost): Gateway {
  const { webhook: listening, mapping, account, secret } = settings;
  const troubleOf = watchParts(gatewayHost);
  const client = createClient(settings, { ...gatewayHost, trouble: troubleOf("sending") });
  const secrets = { signing: listening?.signing_secret ?? secret, token: listening?.token, account };
  const webhook =
    listening &&
    mapping.webhook &&
    createWebhook({ settings: listening, mapping: mapping.webhook, secrets, client, gatewayHost });
  const poller =
    settings.poll_seconds !== undefined && mapping.poll !== undefined
      ? createPoller(settings.poll_seconds, mapping.poll, client, { ...gatewayHost, trouble: troubleOf("fetching") })
      : undefined;
  const running = new Set<Promise<unknown>>();
  let ending = new AbortController();
  let isOpen = true;

  return {
    open: async (signal) => {
      isOpen = true;
      ending = new AbortController();
      await client.open();
      await webhook?.open();
      poller?.start(signal);
    },
    close: async (deadline) => {
      isOpen = false;
      const end = () => ending.abort();
      if (deadline.aborted) end();
      deadline.addEventListener("abort", end, { once: true });
      await Promise.all([webhook?.close(deadline), poller?.stop(), Promise.allSettled(running)]);
      deadline.removeEventListener("abort", end);
      client.close();
    },
    submit: async (text, signal) => {
      if (!isOpen) throw new DeliveryError("retry", "SMS_HTTP_ABORTED");
      const work = client.submit(text, AbortSignal.any([signal, ending.signal]));
      running.add(work);
      try {
        return await work;
      } finally {
        running.delete(work);
      }
    },
  };
}

/** What is told of the gateway is the trouble of any of its parts. */
function watchParts({ trouble }: GatewayHost) {
  const codes = new Map<string, string | undefined>();
  return (part: string) => (code: string | undefined) => {
    codes.set(part, code);
    trouble([...codes.values()].find((each) => each !== undefined));
  };
}
