import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { projectFolder } from "./setup/paths.js";
import { SetUpError } from "./setup/say.js";

/** Homeserver, guichet's listener for it, mail intake, outside mail world, database, SMSC, its control, the page, the web form. */
export const PORTS = 9;

export const USAGE = `npm run demo -- [options]

Starts a homeserver, guichet, an outside mail world and a mobile network on this machine; sends a citizen's email and
text, answers both as the agent, and shows the answers that arrive. Then it stays up, with a page that shows all of it,
until Ctrl-C.

  --once           end after the round trip: exit code 0, or 1 with the reason
  --json           no round trip; one line of JSON on stdout when everything is up, progress on stderr
  --config FILE    merge this YAML over the demo's configuration of guichet
  --port-base N    use the ports N to N+${PORTS - 1} instead of free ones
  --folder DIR     keep everything in DIR instead of demo-data; what an earlier demo left in it is removed
`;

/** npm runs scripts in the project folder, and says where it was called itself. */
const calledFrom = process.env.npm_lifecycle_event === "demo" ? (process.env.INIT_CWD ?? process.cwd()) : process.cwd();

/** @throws SetUpError for words that are none of the options. */
export function readOptions(words) {
  const { once, json, config, help, folder, "port-base": base } = parse(words);
  const portBase = base === undefined ? undefined : Number(base);
  const most = 65_536 - PORTS;
  if (portBase !== undefined && !(/^\d+$/.test(base) && portBase >= 1 && portBase <= most))
    throw new SetUpError(`--port-base takes a whole number from 1 to ${most}, not ${JSON.stringify(base)}.`);
  return {
    once: once === true,
    json: json === true,
    help: help === true,
    folder: folder === undefined ? resolve(projectFolder, "demo-data") : resolve(calledFrom, folder),
    ...(config !== undefined && { config: resolve(calledFrom, config) }),
    ...(portBase !== undefined && { portBase }),
  };
}

/** The same options as words, with absolute paths. */
export const writeOptions = ({ once, json, folder, config, portBase }) => [
  ...(once ? ["--once"] : []),
  ...(json ? ["--json"] : []),
  `--folder=${folder}`,
  ...(config === undefined ? [] : [`--config=${config}`]),
  ...(portBase === undefined ? [] : [`--port-base=${portBase}`]),
];

function parse(words) {
  const text = { type: "string" };
  const flag = { type: "boolean" };
  try {
    const options = { once: flag, json: flag, help: flag, config: text, folder: text, "port-base": text };
    return parseArgs({ args: words, options }).values;
  } catch (error) {
    throw new SetUpError(`${error.message}\n\n${USAGE}`);
  }
}
