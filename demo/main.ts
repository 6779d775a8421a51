import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ConfigError } from "../src/config/fault.ts";
import { MatrixClient } from "../test/support/matrix-client.ts";
import { type DemoAddresses, printAddresses, printJson, printMail, printText } from "./addresses.ts";
import { AGENT, type DemoConfiguration, writeConfiguration } from "./configuration.ts";
import { guichetLog, startGuichet, waitUntilUp } from "./guichet-process.ts";
import { type DemoOptions, readOptions } from "./options.js";
import { type OutsideMail, startOutsideMail } from "./outside-mail.ts";
import { servePage } from "./page/serve-page.ts";
import { choosePorts } from "./ports.ts";
import { sendMailAround } from "./round-trip/mail.ts";
import { sendTextAround } from "./round-trip/text.ts";
import { serveApp } from "./serve-app.ts";
import { SetUpError, say, sayFault } from "./setup/say.js";
import { startSynapseServer } from "./setup/synapse-server.ts";
import { controlPhones } from "./sms/control.ts";
import { type MobileNetwork, startMobileNetwork } from "./sms/mobile-network.ts";
import { refuseAfter, watchServers } from "./watch.ts";

const WATCH_MS = 250;
const UP_WITHIN_MS = 90_000;

/** Brings everything up and plays its part; resolves when the demo is over of its own. */
async function play(options: DemoOptions, running: AsyncDisposableStack): Promise<void> {
  const { folder } = options;
  const begun = performance.now();
  const ports = await choosePorts(options.portBase);
  const configuration = await writeConfiguration(folder, ports, options.config);
  const { config } = configuration;

  const outside = await startOutsideMail(join(folder, "sent"), ports.outside);
  running.defer(() => outside.stop());
  const network = await startMobileNetwork(ports.smsc);
  running.defer(() => network.stop());
  const number = findNumber(configuration);
  const control = await serveApp(controlPhones(network, number), ports.control);
  running.defer(() => control.stop());
  say("Starting a homeserver (Synapse) …");
  const synapseFolder = join(folder, "synapse");
  mkdirSync(synapseFolder);
  const synapse = await startSynapseServer({
    folder: synapseFolder,
    port: ports.homeserver,
    domain: config.homeserver.domain,
    appServices: [config.appservice.registration],
    config: { room_list_publication_rules: [{ action: "allow" }] },
  });
  running.defer(() => synapse.stop());

  say("Starting guichet with its database …");
  const guichet = await startGuichet(folder, configuration);
  running.defer(() => guichet.stop());
  const watching = watchServers([
    { name: "guichet", log: guichetLog(folder), isRunning: guichet.isRunning },
    { name: "Synapse", log: synapse.log, isRunning: synapse.isRunning },
  ]);
  const account = await synapse.register(AGENT);
  const agent = new MatrixClient(synapse.url, account);
  const rooms = await Promise.race([
    waitUntilUp(agent, configuration, network),
    watching,
    refuseAfter(UP_WITHIN_MS, guichetLog(folder)),
  ]);
  say(`Everything is up after ${((performance.now() - begun) / 1000).toFixed(1)} s.`);

  const page = await servePage(ports.page, {
    ...{ configuration, outside, network, rooms },
    homeserver: synapse.url,
    agent: account,
  });
  running.defer(() => page.stop());
  const addresses: DemoAddresses = {
    ...{ folder, synapse, agent: account, rooms, configuration },
    sentMail: outside.folder,
    page: page.url,
  };
  if (!options.json || options.once) {
    const trips = makeRoundTrips({ agent, rooms, configuration, outside, network });
    const received = await Promise.race([trips, watching]);
    for (const words of received) (options.json ? say : print)(words);
  }
  if (options.json) print(printJson(addresses));
  if (options.once) return;
  if (!options.json) print(`\n${printAddresses(addresses)}`);
  await watching;
}

interface Parts {
  readonly agent: MatrixClient;
  readonly rooms: ReadonlyMap<string, string>;
  readonly configuration: DemoConfiguration;
  readonly outside: OutsideMail;
  readonly network: MobileNetwork;
}

/** A mail and a text, at the same time. @returns what the citizen received, for people. */
async function makeRoundTrips({ agent, rooms, configuration, outside, network }: Parts): Promise<string[]> {
  const { address, smtp: intake, ...mail } = findChannel(configuration, rooms, "town-mail");
  const { number, smsc, ...text } = findChannel(configuration, rooms, "town-sms");
  if (mail.room === undefined || address === undefined || intake === undefined)
    throw new SetUpError("The round trip needs the channel town-mail with listen: --json does without one.");
  const trips = [sendMailAround({ agent, outside, room: mail.room, address, intake }).then(printMail)];
  if (text.room !== undefined && number !== undefined && smsc !== undefined)
    trips.push(sendTextAround({ agent, network, room: text.room, number }).then(printText));
  return Promise.all(trips);
}

function findChannel({ config, channels }: DemoConfiguration, rooms: ReadonlyMap<string, string>, name: string) {
  const channel = [...config.channels.values()].find((each) => each.name === name && each.enabled);
  const room = channel && rooms.get(channel.agency);
  return { room, ...channels[name] };
}

/** What phones write to, unless told otherwise. */
const findNumber = ({ channels }: DemoConfiguration) =>
  Object.values(channels).find(({ smsc }) => smsc !== undefined)?.number ?? "";

const print = (text: string) => void process.stdout.write(`${text}\n`);

/** A stack is for faults of guichet or of the demo; what people can cure is said in their words. */
function fail(error: unknown): void {
  // Servers end because we end them then.
  if (ending.signal.aborted) return;
  sayFault(error instanceof ConfigError ? new SetUpError(error.message) : error);
  process.exitCode = 1;
}

const ending = new AbortController();
const end = () => ending.abort();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, end);
for (const stream of [process.stdout, process.stderr]) stream.on("error", end);
// The process that started us would pass signals on: without it nobody could end us.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && end(), WATCH_MS).unref();

const running = new AsyncDisposableStack();
const ended = new Promise<void>((resolve) => ending.signal.addEventListener("abort", () => resolve()));
await Promise.race([play(readOptions(process.argv.slice(2)), running).catch(fail), ended]);
await running.disposeAsync().catch(fail);
// Waits of the round trip may still be under way; servers that were just starting end with us.
process.exit();
