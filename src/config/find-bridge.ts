import { type BridgeDefinition, CONTRACT_GENERATION } from "../adapter/index.ts";
import { BridgeFault } from "./bridge-fault.ts";
import { entryOfBundled, listBundledBridges } from "./bundled-bridges.ts";
import { fitBridge } from "./fit-bridge.ts";
import { lendModules } from "./lend-modules.ts";
import { locatePackage, locatePath } from "./locate-bridge.ts";
import { nearest } from "./nearest.ts";

/**
 * Finds the bridge that an operator's `use` means.
 * @param folder the configuration file's, absolute.
 * @throws BridgeFault when there is none, or one that cannot be used.
 */
export type FindBridge = (use: string, folder: string) => Promise<BridgeDefinition>;

/** As npm allows them for new packages; a path inside a package is none. */
const PACKAGE = /^(@[a-z0-9-][a-z0-9-._]*\/)?[a-z0-9-][a-z0-9-._]*$/;
const PATH = /^\.{0,2}\//;
/** Time in which a module must have loaded, in milliseconds: one that waits for something would hold up everything. */
const LOAD_MS = 10_000;

/** A bridge that comes with guichet, by its word; an npm package, by its name; or a module or folder, by its path. */
export const findBridge: FindBridge = async (use, folder) => {
  const bundled = entryOfBundled(use);
  if (bundled) return fitBridge(use, await load(use, bundled));
  const entry = locate(use, folder);
  lendModules();
  return fitBridge(use, await load(use, entry));
};

function locate(use: string, folder: string): URL {
  const found = JSON.stringify(use);
  if (PATH.test(use)) {
    const place = locatePath(use, folder);
    if (place.entry) return place.entry;
    throw new BridgeFault(
      "BRIDGE_UNKNOWN",
      `${found}, and ${place.lack}`,
      "the path of a bridge's module or folder, from this file's folder",
    );
  }
  const bundled = listBundledBridges();
  const meant = nearest(use, bundled);
  const hint = meant === undefined ? "" : ` (did you mean ${meant}?)`;
  const own = `a bridge that comes with guichet: ${bundled.join(", ") || "there is none"}${hint}`;
  if (!PACKAGE.test(use)) {
    throw new BridgeFault(
      "BRIDGE_UNKNOWN",
      found,
      `${own}; the name of an npm package; or a path that begins with ./ or /`,
    );
  }
  const place = locatePackage(use, folder);
  if (place.entry) return place.entry;
  throw new BridgeFault(
    "BRIDGE_UNKNOWN",
    `${found}, and ${place.lack}`,
    `${own}; an npm package that is installed: ${sayInstall(use)} in ${folder}; or a path that begins with ./ or /`,
  );
}

/** A word alone is some package's name, hardly a bridge's: nobody should install whatever has it. */
const sayInstall = (name: string) =>
  /[/-]/.test(name) ? `npm install ${name}` : `its whole name, such as guichet-bridge-${name},`;

/** How often a module could not be loaded. Node keeps the fault for its address, so a mended one needs another address. */
const failed = new Map<string, number>();

/** @returns what the module exports as `default`. */
async function load(use: string, entry: URL): Promise<unknown> {
  const failures = failed.get(entry.href) ?? 0;
  const href = failures === 0 ? entry.href : `${entry.href}?again=${failures}`;
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`it has not loaded in ${LOAD_MS / 1000} seconds`)), LOAD_MS);
  try {
    const loaded: unknown = await Promise.race([import(href), late.promise]);
    return typeof loaded === "object" && loaded !== null && "default" in loaded ? loaded.default : undefined;
  } catch (error) {
    failed.set(entry.href, failures + 1);
    throw new BridgeFault(
      "BRIDGE_FAILED",
      `${JSON.stringify(use)}, which cannot be loaded: ${sayCause(error)}`,
      `a bridge for generation ${CONTRACT_GENERATION} of the contract that loads without an error`,
      { cause: error },
    );
  } finally {
    clearTimeout(timer);
  }
}

/** The first line of the error; for the faults that Node finds, what to do as well. */
function sayCause(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const said = (text.split("\n")[0] ?? "").trim().slice(0, 300) || "an error without words";
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ERR_MODULE_NOT_FOUND") return `${said}; run npm install in the bridge's folder`;
  if (code === "ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING")
    return `${said}; an installed package has to bring JavaScript`;
  return said;
}
