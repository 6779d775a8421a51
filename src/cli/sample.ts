import { Command } from "commander";
import { printSample } from "../config/sample.ts";

export function sampleCommand(): Command {
  return new Command("sample")
    .description("print a complete sample configuration")
    .action(async () => void process.stdout.write(await printSample()));
}
