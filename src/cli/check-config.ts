import { Command } from "commander";
import { loadConfig } from "../config/load.ts";
import { configOption } from "./config-option.ts";

export function checkConfigCommand(): Command {
  return new Command("check-config")
    .description("check the configuration file and say every fault in it; starts and connects nothing")
    .addOption(configOption())
    .action(async (options: { config: string }) => {
      const { agencies, channels } = await loadConfig(options.config);
      const counts = `${count(agencies.size, "agency", "agencies")}, ${count(channels.size, "channel", "channels")}`;
      process.stdout.write(`${options.config}: no faults: ${counts}\n`);
    });
}

const count = (number: number, one: string, many: string) => `${number} ${number === 1 ? one : many}`;
