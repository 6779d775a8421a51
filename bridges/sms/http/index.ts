import type { Gateway, GatewayHost } from "../gateway.ts";
import { createClient } from "./client.ts";
import type { HttpSettings } from "./settings.ts";
import { createWebhook } from "./webhook.ts";

/** A gateway that is spoken to over HTTP as its profile says. Connects nothing yet. */
export function openHttpGateway(settings: HttpSettings, gatewayHost: GatewayHost): Gateway {
  const client = createClient(settings, gatewayHost);
  const { webhook, mapping, account, secret } = settings;
  const secrets = { signing: webhook?.signing_secret ?? secret, token: webhook?.token, account };
  const taking =
    webhook &&
    mapping.webhook &&
    createWebhook({ settings: webhook, mapping: mapping.webhook, secrets, client, gatewayHost });
  return {
    open: async () => {
      await client.open();
      await taking?.open();
    },
    close: async (deadline) => taking?.close(deadline),
    submit: client.submit,
  };
}
