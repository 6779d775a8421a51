import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Config } from "../src/config/config.ts";
import { readDocument } from "../src/config/document.ts";
import { ConfigError } from "../src/config/fault.ts";
import { loadConfig } from "../src/config/load.ts";
import { mapUnder, textUnder } from "../src/config/record.ts";
import { registrationNeeds } from "../src/config/registration-needs.ts";
import { isRecord } from "../src/domain/is-record.ts";
import { makeRegistration, writeRegistration } from "../src/matrix/registration.ts";
import type { Ports } from "./ports.ts";
import { SetUpError } from "./setup/say.js";

export const AGENT = "agent";
const DOMAIN = "agents.example";
/** Of those that France keeps for fiction. */
const NUMBER = "+33639980000";

/** guichet's configuration in the demo folder, written and checked. */
export interface DemoConfiguration {
  readonly config: Config;
  readonly channels: Readonly<Record<string, DemoChannel>>;
}

/** What an outside program needs to reach a channel. */
export interface DemoChannel {
  readonly use: string;
  readonly address?: string;
  readonly smtp?: Listener;
  readonly lmtp?: Listener;
  readonly number?: string;
  /** How to drive the phones, of a channel at the demo's own mobile network. */
  readonly smsc?: { readonly control: string };
  readonly url?: string;
}

export interface Listener {
  readonly host: string;
  readonly port: number;
}

/**
 * Writes guichet.yaml and the registration into the folder.
 * @param fragment YAML file to merge over the demo's configuration: maps key by key, all else replaced.
 * @throws ConfigError for faults in the fragment or in the result.
 */
export async function writeConfiguration(
  folder: string,
  ports: Ports,
  fragment: string | undefined,
): Promise<DemoConfiguration> {
  const added = fragment === undefined ? {} : readFragment(fragment);
  const domain = textUnder(mapUnder(added, "homeserver"), "domain") ?? DOMAIN;
  const merged = merge(baseConfiguration(domain, ports), added);
  const file = join(folder, "guichet.yaml");
  writeFileSync(file, stringify(merged));
  const config = await loadConfig(file);
  const url = `http://127.0.0.1:${config.appservice.port}`;
  writeRegistration(config.appservice.registration, makeRegistration({ ...registrationNeeds(config), url }), {
    replace: true,
  });
  const channels = Object.entries(mapUnder(merged, "channels"));
  return {
    config,
    channels: Object.fromEntries(
      channels.map(([name, settings]) => [name, describe(settings, ports, formUrl(merged, name))]),
    ),
  };
}

function baseConfiguration(domain: string, ports: Ports): Record<string, unknown> {
  return {
    homeserver: { url: `http://127.0.0.1:${ports.homeserver}`, domain },
    appservice: { registration: "registration.yaml", port: ports.appservice },
    public: { url: `http://127.0.0.1:${ports.form}`, port: ports.form },
    database: ports.database === undefined ? {} : { port: ports.database },
    agencies: {
      "town-hall": {
        name: { en: "Town Hall", fr: "Mairie" },
        room: `#town-hall:${domain}`,
        replies: "explicit",
        undo_seconds: 2,
        agents: [`@${AGENT}:${domain}`],
      },
    },
    channels: {
      "town-mail": {
        use: "email",
        agency: "town-hall",
        address: "mairie@town.example",
        listen: { protocol: "smtp", port: ports.intake },
        smtp: { host: "127.0.0.1", port: ports.outside, tls: "none" },
      },
      "town-sms": {
        use: "sms",
        agency: "town-hall",
        number: NUMBER,
        country: "FR",
        gateway: {
          smpp: { host: "127.0.0.1", port: ports.smsc, tls: "none", system_id: "mairie", password: "demo" },
        },
      },
      "town-form": {
        use: "webform",
        agency: "town-hall",
        country: "FR",
        fields: [
          { kind: "name", required: true },
          { kind: "email" },
          { kind: "phone" },
          { kind: "subject" },
          { kind: "message", required: true },
        ],
        answer_via: ["email", "sms"],
        embed_in: [`http://127.0.0.1:${ports.page}`],
      },
    },
  };
}

function readFragment(file: string): Record<string, unknown> {
  const document = readDocument(readText(file), file);
  if (document.faults.length > 0) throw new ConfigError(document.faults);
  // An empty file, or one with remarks only.
  if (document.value === null || document.value === undefined) return {};
  if (!isRecord(document.value)) throw new SetUpError(`${file} is not a map of settings: see config.sample.yaml.`);
  return document.value;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new SetUpError(`--config ${file} cannot be read (${code}).`);
  }
}

function merge(base: Record<string, unknown>, added: Record<string, unknown>): Record<string, unknown> {
  const merged = { ...base };
  for (const [key, value] of Object.entries(added)) {
    const below = base[key];
    merged[key] = isRecord(below) && isRecord(value) ? merge(below, value) : value;
  }
  return merged;
}

/** Where a form is reached, should the channel be one. */
const formUrl = (merged: unknown, name: string) => `${textUnder(mapUnder(merged, "public"), "url") ?? ""}/${name}`;

function describe(settings: unknown, ports: Ports, url: string): DemoChannel {
  const listen = mapUnder(settings, "listen");
  const address = textUnder(settings, "address");
  const number = textUnder(settings, "number");
  const isOurs = mapUnder(mapUnder(settings, "gateway"), "smpp").port === ports.smsc;
  const listener = { host: textUnder(listen, "host") ?? "127.0.0.1", port: Number(listen.port) };
  const protocol = textUnder(listen, "protocol") === "lmtp" ? "lmtp" : "smtp";
  return {
    use: textUnder(settings, "use") ?? "",
    ...(address !== undefined && { address }),
    ...(listen.port !== undefined && { [protocol]: listener }),
    ...(textUnder(settings, "use") === "webform" && { url }),
    ...(number !== undefined && { number }),
    ...(isOurs && { smsc: { control: `http://127.0.0.1:${ports.control}` } }),
  };
}
