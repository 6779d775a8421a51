import { relative } from "node:path";
import { Command, Option } from "commander";
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import { registrationNeeds } from "../config/registration-needs.ts";
import { makeRegistration, readTokens, writeRegistration } from "../matrix/registration.ts";
import { configOption } from "./config-option.ts";

interface Options {
  readonly config: string;
  readonly url?: string;
  readonly force?: true;
  readonly update?: true;
}

export function registrationCommand(): Command {
  return new Command("registration")
    .description("write the registration that the homeserver needs, with fresh tokens")
    .addOption(configOption())
    .option("--url <address>", "where the homeserver reaches guichet (default: appservice.bind and appservice.port)")
    .option("--force", "replace an earlier registration; its tokens are lost")
    .addOption(new Option("--update", "renew an earlier registration and keep its tokens").conflicts("force"))
    .action(async (options: Options) => {
      const config = await loadConfig(options.config);
      const path = config.appservice.registration;
      const earlier = options.update ? readTokens(path) : undefined;
      const needs = {
        ...registrationNeeds(config),
        url: options.url ?? earlier?.url ?? ownUrl(config),
      };
      const replace = options.force === true || options.update === true;
      writeRegistration(path, makeRegistration(needs, earlier), { replace });
      process.stdout.write(sayNext(path, needs.url));
    });
}

/** A wildcard address is for listening; the homeserver on the same machine calls the loopback address. */
function ownUrl({ appservice: { bind, port } }: Config): string {
  const host = bind === "0.0.0.0" || bind === "::" ? "127.0.0.1" : bind;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

const sayNext = (
  path: string,
  url: string,
) => `Wrote ${relative("", path)}, which only you can read: it holds the tokens.

What the homeserver's administrator does next:
1. Copy it to the homeserver, readable for the user that Synapse runs as.
2. Name that copy in homeserver.yaml:
     app_service_config_files:
       - /etc/matrix-synapse/guichet-registration.yaml
3. Make sure that the homeserver reaches guichet at ${url} (another address: --url).
4. Restart Synapse, then run \`guichet run\`.
`;
