import { Command } from "commander";
import type { Config } from "../config/config.ts";
import { GuichetError } from "../domain/guichet-error.ts";
import { channelId } from "../domain/ids.ts";
import { readStates, readSwitches, writeSwitch } from "../store/channel.ts";
import type { Database } from "../store/database.ts";
import { configOption } from "./config-option.ts";
import { print } from "./print.ts";
import { withDatabase } from "./with-database.ts";

interface Options {
  readonly config: string;
}

/** Switches channels on and off while guichet runs, and says how they are. */
export function bridgesCommand(): Command {
  const command = new Command("bridges").description("how channels are, and switch them on and off");
  command
    .command("list")
    .description("each channel: its bridge, its agency, whether it is on, and how it is")
    .addOption(configOption())
    .action((options: Options) => withDatabase(options, list));
  for (const [word, isOn, words] of [
    ["enable", true, "let a channel run; what waited for it leaves"],
    ["disable", false, "stop a channel; what comes in meanwhile waits outside, answers wait inside"],
  ] as const) {
    command
      .command(`${word} <channel>`)
      .description(words)
      .addOption(configOption())
      .action((channel: string, options: Options) =>
        withDatabase(options, async ({ durable }, config) => {
          expectChannel(config, channel);
          await writeSwitch(durable, channel, isOn);
          print(`${channel} is ${word}d: a running guichet obeys within some seconds, and so do later ones.`);
        }),
      );
  }
  return command;
}

async function list({ relaxed }: Database, config: Config): Promise<void> {
  const switches = await readSwitches(relaxed);
  const states = await readStates(relaxed);
  if (config.channels.size === 0) print("There is no channel.");
  for (const { name, use, agency, enabled } of config.channels.values()) {
    const isOn = switches.get(name) ?? enabled;
    const said = states.filter(({ channel }) => channel === name);
    const how = said.map(
      ({ state, reason, since }) =>
        `${state}${reason === undefined ? "" : ` (${reason})`} since ${since.toISOString()}`,
    );
    print([name, use, agency, isOn ? "on" : "off", how.join("; ") || "no guichet runs it"].join("\t"));
  }
}

function expectChannel(config: Config, name: string): void {
  if (config.channels.has(channelId(name))) return;
  const names = [...config.channels.keys()].join(", ") || "there is none";
  throw new GuichetError("CHANNEL_NAME", `There is no channel ${JSON.stringify(name)} in the file: ${names}.`);
}
