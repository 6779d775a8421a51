import { createHash } from "node:crypto";
import type { BridgeDefinition } from "../adapter/index.ts";
import { GuichetError } from "../domain/guichet-error.ts";
import { isRecord } from "../domain/is-record.ts";
import { check } from "./check.ts";
import type { ConfiguredChannel } from "./config.ts";
import type { Part } from "./cross-check.ts";
import type { Finding } from "./fault.ts";
import { type FindBridge, listBundledBridges } from "./find-bridge.ts";
import { nearest } from "./nearest.ts";
import { mapUnder } from "./record.ts";
import { CHANNEL_KEYS } from "./schema.ts";
import type { SecretSources } from "./secrets.ts";
import { shapeOf } from "./shape.ts";

/** What a channel's own bridge says about its settings. `type` and `build` are present when it found no fault. */
export interface ReadChannel {
  readonly name: string;
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
  return Promise.all(
    Object.entries(mapUnder(file, "channels")).map(async ([name, settings]): Promise<ReadChannel> => {
      if (!isRecord(settings) || typeof settings.use !== "string") return { name, findings: [] };
      const use = settings.use;
      const own = Object.fromEntries(Object.entries(settings).filter(([key]) => !CHANNEL_KEYS.includes(key)));
      const found = await lookUp(use, findBridge);
      if ("definition" in found) return readSettings({ name, use, own }, found.definition, sources);
      return { name, findings: [{ path: ["channels", name, "use"], ...found }] };
    }),
  );
}

async function lookUp(
  use: string,
  findBridge: FindBridge,
): Promise<{ definition: BridgeDefinition } | Omit<Finding, "path">> {
  const bundled = listBundledBridges();
  const meant = nearest(use, bundled);
  const hint = meant === undefined || meant === use ? "" : ` (did you mean ${meant}?)`;
  const allowed = `a bridge that comes with guichet: ${bundled.join(", ") || "there is none"}${hint}`;
  try {
    const definition = await findBridge(use);
    return definition ? { definition } : { found: JSON.stringify(use), allowed };
  } catch (error) {
    if (error instanceof GuichetError) return { found: `${JSON.stringify(use)} (${error.message})`, allowed };
    throw error;
  }
}

interface OwnSettings {
  readonly name: string;
  readonly use: string;
  readonly own: unknown;
}

async function readSettings(
  { name, use, own }: OwnSettings,
  definition: BridgeDefinition,
  sources: SecretSources,
): Promise<ReadChannel> {
  const path = ["channels", name];
  const checked = await check(definition.config, own, path, sources);
  const shape = shapeOf(definition.config);
  // Faulty settings are looked at as they are written, so that two channels on one port are told in the same run.
  if (!checked.ok) return { name, part: { path, use, value: own, shape }, findings: checked.findings };
  const settings = checked.data;
  const part = { path, use, value: settings, shape };
  const fingerprint = createHash("sha256").update(JSON.stringify(settings)).digest("hex");
  const build: ConfiguredChannel["build"] = (host) => definition.create(settings, host);
  return { name, part, type: definition.type, fingerprint, build, findings: [] };
}
