import { Command } from "commander";
import { pino } from "pino";
import type { BridgeHost } from "../adapter/index.ts";
import type { Config, ConfiguredChannel } from "../config/config.ts";
import { registrationNeeds } from "../config/registration-needs.ts";
import { GuichetError } from "../domain/guichet-error.ts";
import { channelId } from "../domain/ids.ts";
import { openInbox } from "../inbox/accept.ts";
import { HomeserverClient } from "../matrix/homeserver-client.ts";
import { nameOurUsers } from "../matrix/identity.ts";
import { listJoined } from "../matrix/membership.ts";
import { readRegistration } from "../matrix/registration.ts";
import type { ChannelPart } from "../reconcile/compare-channel.ts";
import type { Finding, Period } from "../reconcile/finding.ts";
import { reconcile } from "../reconcile/reconcile.ts";
import type { Database } from "../store/database.ts";
import { openNotes } from "../store/note.ts";
import { keepKey } from "../store/setting.ts";
import { openShelf } from "../store/shelf.ts";
import { configOption } from "./config-option.ts";
import { withDatabase } from "./with-database.ts";

interface Options {
  readonly config: string;
  readonly from: string;
  readonly to?: string;
  readonly channel?: string;
  readonly fix?: true;
  readonly json?: true;
}

/** Compares mailboxes, store and rooms. Works beside a running guichet. */
export function reconcileCommand(): Command {
  return new Command("reconcile")
    .description("compare what mailboxes, the store and rooms have of a period; exit code 1 when something is missing")
    .requiredOption("--from <date>", "begin of the period, such as 2026-11-25 or 2026-11-25T08:00:00Z")
    .option("--to <date>", "its end; left out: a minute ago")
    .option("--channel <name>", "count this channel alone")
    .option("--fix", "repair what can be repaired")
    .option("--json", "a line of JSON for each finding")
    .addOption(configOption())
    .action((options: Options) =>
      withDatabase(options, async (database, config) => {
        const found = await compareAll(database, config, options);
        if (found.open > 0)
          throw new GuichetError(
            "RECONCILE_OPEN",
            `${found.all} differences, ${found.open} not repaired: docs/backup.md says what each means.`,
          );
        if (!options.json) print(`${found.all} differences, all repaired.`.replace(/^0 .*/, "Nothing is missing."));
      }),
    );
}

/** What is on its way at this moment is not missing, in milliseconds. */
const UNDER_WAY_MS = 60_000;

/** @param options.roomsOnly no channel is counted; rooms that the store does not know are read, too. */
export async function compareAll(
  database: Database,
  config: Config,
  options: Omit<Options, "config"> & { readonly roomsOnly?: true },
): Promise<{ all: number; open: number }> {
  const period: Period = {
    from: readDate(options.from),
    to: options.to === undefined ? new Date(Date.now() - UNDER_WAY_MS) : readDate(options.to),
  };
  const registration = readRegistration(config.appservice.registration, registrationNeeds(config), () => undefined);
  const users = nameOurUsers(config.homeserver.domain, registration.sender_localpart);
  const client = new HomeserverClient({ url: config.homeserver.url, token: registration.as_token });
  const ending = new AbortController();
  const channels = options.roomsOnly ? [] : await buildChannels(database, config, options, ending.signal);
  const moreRooms = options.roomsOnly ? await listJoined(client, users.bot) : [];
  const parts = { database, client, users, channels, moreRooms, isFixing: options.fix === true };
  let [all, open] = [0, 0];
  try {
    for await (const finding of reconcile(parts, period, ending.signal)) {
      all += 1;
      if (!finding.isRepaired) open += 1;
      print(options.json ? JSON.stringify(finding) : sayFinding(finding));
    }
    if (!options.json)
      for (const { name, bridge } of channels)
        if (!bridge.census) print(`${name} cannot be counted: its remote keeps nothing that could be compared.`);
    return { all, open };
  } finally {
    ending.abort();
    await client.close();
  }
}

/** Bridges that are built and not started: they only count. */
async function buildChannels(
  database: Database,
  config: Config,
  { channel: wanted }: Pick<Options, "channel">,
  signal: AbortSignal,
): Promise<ChannelPart[]> {
  if (wanted !== undefined && !config.channels.has(channelId(wanted)))
    throw new GuichetError("CHANNEL_NAME", `There is no channel ${JSON.stringify(wanted)} in the file.`);
  const keys = {
    laneKey: await keepKey(database.durable, "lane"),
    replyKey: await keepKey(database.durable, "reply"),
  };
  const log = pino({ level: "error", base: null }, pino.destination(2));
  const built = new Map<string, ReturnType<ConfiguredChannel["build"]>>();
  const isOwn = (address: string) => [...built.values()].some(({ addresses }) => addresses?.includes(address) === true);
  for (const configured of config.channels.values()) {
    const { name, agency } = configured;
    const { languages = [], names = new Map([["en", String(agency)]]) } = config.agencies.get(agency) ?? {};
    const host: BridgeHost = {
      channel: name,
      languages,
      agencyNames: names,
      // The sweep of a running guichet wakes what is taken.
      inbox: openInbox({ database, channel: name, ...keys, isOwn, wake: () => undefined }),
      log: log.child({ channel: name }),
      now: () => new Date(),
      notes: openNotes(database.durable, name),
      shelf: openShelf(database, name),
      ...(config.public === undefined ? {} : { publicUrl: `${config.public.url}/${name}` }),
      routes: { on: () => undefined },
      lease: () => new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve())),
    };
    built.set(name, configured.build(host));
  }
  return [...built].flatMap(([name, bridge]) => (wanted === undefined || name === wanted ? [{ name, bridge }] : []));
}

function readDate(text: string): Date {
  const at = new Date(text);
  if (!Number.isNaN(at.getTime())) return at;
  throw new GuichetError("RECONCILE_DATE", `${JSON.stringify(text)} is no date such as 2026-11-25T08:00:00Z.`);
}

const sayFinding = ({ code, isRepaired, at, ...where }: Finding) =>
  [code, isRepaired ? "repaired" : "open", at?.toISOString() ?? "", ...Object.values(where).filter(Boolean)].join("\t");

const print = (line: string) => void process.stdout.write(`${line}\n`);
