import { createHash } from "node:crypto";
import type { BridgeDefinition } from "../adapter/index.ts";
import { isRecord } from "../domain/is-record.ts";
import { BridgeFault } from "./bridge-fault.ts";
import { check } from "./check.ts";
import type { ConfiguredChannel } from "./config.ts";
import type { Part } from "./cross-check.ts";
import type { Finding } from "./fault.ts";
import type { FindBridge } from "./find-bridge.ts";
import { mapUnder, textUnder } from "./record.ts";
import { CHANNEL_KEYS } from "./schema.ts";
import type { SecretSources } from "./secrets.ts";
import { shapeOf } from "./shape.ts";

/** What a channel's own bridge says about its settings. `type` and `build` are present when it found no fault. */
export interface ReadChannel {
  readonly name: string;
  /** Present when the bridge could be had. */
  readonly definition?: BridgeDefinition;
  readonly type?: string;
  /** Of its checked settings. */
  readonly fingerprint?: string;
  readonly build?: ConfiguredChannel["build"];
  readonly part?: Part;
  readonly findings: readonly Finding[];
}

/** Checks each channel's settings with the bridge that it uses; channels without a readable `use` are left to the core's schema. */
export async function readChannels(
  file: unknown,
  findBridge: FindBridge,
  sources: SecretSources,
): Promise<ReadChannel[]> {
  const channels = await Promise.all(
    Object.entries(mapUnder(file, "channels")).map(async ([name, settings]): Promise<ReadChannel> => {
      if (!isRecord(settings) || typeof settings.use !== "string") return { name, findings: [] };
      const own = Object.fromEntries(Object.entries(settings).filter(([key]) => !CHANNEL_KEYS.includes(key)));
      const found = await lookUp(settings.use, findBridge, sources.folder);
      const path = ["channels", name, "use"];
      if (!("definition" in found)) return { name, findings: [{ path, ...found }] };
      const read = await readSettings({ name, own }, found.definition, sources);
      if (found.definition.needsPublicUrl !== true || textUnder(mapUnder(file, "public"), "url") !== undefined)
        return read;
      const unreached = {
        path,
        found: `${JSON.stringify(settings.use)}, which citizens reach by HTTP`,
        allowed: "it beside `public`, which says where: the top of `guichet sample` shows it",
      };
      return { ...read, findings: [...read.findings, unreached] };
    }),
  );
  return refuseSharedTypes(channels);
}

/** A ghost is named after the type of its channel: two bridges of one type would speak as each other's citizens. */
function refuseSharedTypes(channels: readonly ReadChannel[]): ReadChannel[] {
  const owners = new Map<string, ReadChannel & { readonly definition: BridgeDefinition }>();
  return channels.map((channel) => {
    const { name, definition } = channel;
    if (!definition) return channel;
    const owner = owners.get(definition.type);
    if (!owner) owners.set(definition.type, { ...channel, definition });
    if (!owner || owner.definition === definition) return channel;
    const finding = {
      path: ["channels", name, "use"],
      found: `a bridge of type ${definition.type}, as channels.${owner.name} has from another package`,
      allowed: "one package for all channels of a type, which is part of the names of its citizens' users",
    };
    return { ...channel, findings: [...channel.findings, finding] };
  });
}

async function lookUp(
  use: string,
  findBridge: FindBridge,
  folder: string,
): Promise<{ definition: BridgeDefinition } | Omit<Finding, "path">> {
  try {
    return { definition: await findBridge(use, folder) };
  } catch (error) {
    if (error instanceof BridgeFault) return { found: error.found, allowed: error.allowed };
    throw error;
  }
}

interface OwnSettings {
  readonly name: string;
  readonly own: unknown;
}

async function readSettings(
  { name, own }: OwnSettings,
  definition: BridgeDefinition,
  sources: SecretSources,
): Promise<ReadChannel> {
  const path = ["channels", name];
  const { type } = definition;
  const shape = shapeOf(definition.config);
  const checked = await check(definition.config, own, path, sources).catch(() => undefined);
  if (checked === undefined) {
    // The schema's author may have quoted a secret in the error.
    const found = "settings at which the bridge's own schema fails with an error";
    const finding: Finding = { path, at: "key", found, allowed: "settings that the bridge can judge: tell its author" };
    return { name, definition, findings: [finding] };
  }
  // Faulty settings are looked at as they are written, so that two channels on one port are told in the same run.
  if (!checked.ok) return { name, definition, part: { path, type, value: own, shape }, findings: checked.findings };
  const settings = checked.data;
  const part = { path, type, value: settings, shape };
  const fingerprint = createHash("sha256").update(JSON.stringify(settings)).digest("hex");
  const build: ConfiguredChannel["build"] = (host) => definition.create(settings, host);
  return { name, definition, part, type, fingerprint, build, findings: [] };
}
