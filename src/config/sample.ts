import { stringify } from "yaml";
import { GuichetError } from "../domain/guichet-error.ts";
import { entryOfBundled, listBundledBridges } from "./bundled-bridges.ts";
import { findBridge } from "./find-bridge.ts";
import { operatorSchema } from "./schema.ts";
import { alternatives, isSecret, type Shape, shapeOf } from "./shape.ts";
import { SECRET_FORMS, sayAllowed } from "./words.ts";

/** Name of the sample's one agency. */
const ENTRY_NAMES: Readonly<Record<string, string>> = { agencies: "town-hall" };
/** Names of its channels; only the first one is switched on. */
const CHANNEL_NAMES: Readonly<Record<string, string>> = { email: "town-mail", sms: "town-sms", webform: "town-form" };
const [LIVE_BRIDGE = ""] = Object.keys(CHANNEL_NAMES);
const WIDTH = 110;
/** Words about allowed values that say nothing. */
const PLAIN = new Set(["a text", "a text that is not empty", "a map", "a list", SECRET_FORMS]);

const HEADER = `Configuration of guichet. \`guichet sample\` prints this file; \`guichet check-config\` checks yours.
Lines that begin with # and no space are settings that you may leave out, as they are when left out or as an example.
Each secret is a text, or better { env: NAME } for an environment variable, or { file: path } for a file.`;

/** A complete configuration file with an explanation of each setting, from the schemas of the core and of its bridges. */
export async function printSample(): Promise<string> {
  if (entryOfBundled(LIVE_BRIDGE) === undefined) {
    throw new GuichetError("BRIDGE_MISSING", `The sample shows the bridge ${LIVE_BRIDGE}, and there is none.`);
  }
  const others = listBundledBridges().filter((type) => type !== LIVE_BRIDGE);
  const root = shapeOf(operatorSchema);
  const settings: string[] = [];
  for (const [key, shape, required] of settingsOf("", root)) {
    settings.push("", ...(key === "channels" ? [] : printSetting({ key, shape, root, path: [key], required })));
    if (key !== "channels") continue;
    settings.push(...explain(shape, root, true), `${key}:`);
    for (const type of [LIVE_BRIDGE, ...others]) settings.push(...(await printChannel(shape, type)));
  }
  return [...HEADER.split("\n").map((line) => `# ${line}`), ...settings, ""].join("\n");
}

/** A channel of one bridge. What every channel has is explained at the first one alone. */
async function printChannel(channels: Shape, type: string): Promise<string[]> {
  const { config } = await findBridge(type, "");
  const root = shapeOf(config);
  const name = CHANNEL_NAMES[type] ?? `town-${type}`;
  const core = channels.additionalProperties;
  if (typeof core !== "object") return [];
  const isLive = type === LIVE_BRIDGE;
  const own = isLive ? core.properties : {};
  const shape = {
    ...core,
    properties: { ...own, ...root.properties },
    required: [...(isLive ? (core.required ?? []) : []), ...(root.required ?? [])],
  };
  const lines = printSetting({ key: name, shape, root, path: ["channels", name], required: true });
  if (isLive) return lines.map((line) => `  ${line}`);
  const [first = "", ...rest] = lines;
  const whole = [first, `  use: ${type}`, "  agency: town-hall", ...rest];
  return ["", ...whole.map((line) => `  #${line}`)];
}

interface Setting {
  readonly key: string;
  readonly shape: Shape;
  /** Holds what references inside the bridge's shape refer to. */
  readonly root: Shape;
  readonly path: readonly string[];
  readonly required: boolean;
}

function printSetting(setting: Setting): string[] {
  const { key, shape, root, required } = setting;
  const map = mapOf(key, shape, root);
  const body = map === undefined ? [printValue(setting)] : printMap(setting, map);
  const isLive = required || (shape.shown ?? (map !== undefined && canStand(key, map, root, shape)));
  return [...explain(shape, root, map !== undefined), ...(isLive ? body : body.map((line) => `#${line}`))];
}

function printMap({ key, root, path }: Setting, map: Shape): string[] {
  const inner = settingsOf(key, map).flatMap(([name, shape, required]) =>
    printSetting({ key: name, shape, root, path: [...path, name], required }),
  );
  return [`${key}:`, ...inner.map((line) => `  ${line}`)];
}

/** A map with settings of its own, unless its example is shown as one value. */
function mapOf(key: string, shape: Shape, root: Shape): Shape | undefined {
  if (shape.example !== undefined) return undefined;
  return alternatives(shape, root).find((one) => settingsOf(key, one).length > 0);
}

/**
 * True when an optional map makes sense as it is printed: each value that it must have has an example. One that must have
 * none makes sense only when it may be empty.
 */
function canStand(key: string, map: Shape, root: Shape, { default: whole }: Shape): boolean {
  const needed = settingsOf(key, map).filter(([, , required]) => required);
  if (needed.length === 0) return whole !== undefined;
  return needed.every(([name, shape]) => {
    const inner = mapOf(name, shape, root);
    return inner === undefined ? shape.example !== undefined : canStand(name, inner, root, shape);
  });
}

/** Settings of a map in the schema's order, each with whether it must be given; one named entry for a map of entries. */
function settingsOf(key: string, map: Shape): [name: string, shape: Shape, required: boolean][] {
  const entry = ENTRY_NAMES[key];
  const entries = map.additionalProperties;
  if (entry !== undefined && map.properties === undefined && typeof entries === "object")
    return [[entry, entries, true]];
  const settings: [string, Shape, boolean][] = [];
  for (const [name, shape] of Object.entries(map.properties ?? {})) {
    if (typeof shape === "object") settings.push([name, shape, map.required?.includes(name) === true]);
  }
  return settings;
}

function printValue({ key, shape, root, path }: Setting): string {
  const [first] = alternatives(shape, root);
  const variable = path.slice(1).join("_").replaceAll("-", "_").toUpperCase();
  const simple = shape.default ?? first?.const ?? first?.enum?.[0] ?? first?.minimum;
  const value = shape.example ?? (isSecret(shape, root) ? { env: variable } : simple);
  return value === undefined ? `${key}:` : `${key}: ${printFlow(value)}`;
}

function explain(shape: Shape, root: Shape, isMap: boolean): string[] {
  const allowed = isMap ? "" : sayAllowed([shape]);
  const remarks = [
    isSecret(shape, root) ? "A secret." : "",
    allowed === "" || PLAIN.has(allowed) ? "" : `Allowed: ${allowed}.`,
    shape.default !== undefined && !isMap ? `Default: ${printFlow(shape.default)}.` : "",
  ];
  const said = remarks.filter((remark) => remark !== "").join(" ");
  return [...wrap(shape.description ?? ""), ...wrap(said)].map((line) => `# ${line}`);
}

const printFlow = (value: unknown) => stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trim();

function wrap(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ").filter((each) => each !== "")) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
