import { Option } from "commander";

/** `--config <file>`, the same for every command that reads the configuration. */
export const configOption = () => new Option("-c, --config <file>", "configuration file").default("guichet.yaml");
