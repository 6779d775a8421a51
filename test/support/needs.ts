import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { synapsePython } from "../../demo/setup/paths.js";
import { sharedMaterial } from "./shared-material.ts";

/** Kannel's own test of its SMPP side: where Debian has it. */
export const DRIVE_SMPP = "/usr/lib/kannel/test/drive_smpp";

/** What some tests need of the machine beyond node_modules. */
export type Need =
  | "synapse"
  | "dovecot"
  | "postfix"
  | "redis-server"
  | "ngircd"
  | "net-smpp"
  | "kannel"
  | "kannel-extras"
  | "root"
  | "chromium"
  | "jsmpp-smsc";

/** The browser of the tests. */
export const BROWSER = process.env.GUICHET_CHROMIUM ?? "/usr/bin/chromium";

const isThere: Record<Need, () => boolean> = {
  synapse: () => existsSync(synapsePython),
  dovecot: () => isInstalled("dovecot"),
  postfix: () => isInstalled("postfix"),
  "redis-server": () => isInstalled("redis-server"),
  ngircd: () => isInstalled("ngircd"),
  "net-smpp": () => spawnSync("perl", ["-MNet::SMPP", "-e", "1"], { stdio: "ignore" }).status === 0,
  kannel: () => isInstalled("bearerbox") && isInstalled("smsbox"),
  "kannel-extras": () => existsSync(DRIVE_SMPP),
  chromium: () => existsSync(BROWSER),
  root: () => process.getuid?.() === 0,
  // Not published: only some machines have it beside the checkout, CI among them or not.
  "jsmpp-smsc": () => sharedMaterial("tools/jsmpp-smsc") !== undefined && isInstalled("java") && isInstalled("mvn"),
};

/**
 * Names what is missing here, for `describe.skipIf` and its title; `undefined` when all is there.
 * @throws in CI, where a missing server is a failure.
 */
export function missing(...needs: readonly Need[]): string | undefined {
  const absent = needs.filter((need) => !isThere[need]());
  if (absent.length === 0) return undefined;
  const said = `needs ${absent.join(", ")}`;
  // What is not published can't be installed, in CI neither.
  if (process.env.CI === "true" && absent.some((need) => need !== "jsmpp-smsc"))
    throw new Error(`CI ${said}: run \`npm test\` as root, which installs it`);
  return said;
}

/** Debian keeps servers in sbin folders, which an ordinary user's PATH lacks. */
function isInstalled(command: string): boolean {
  const path = `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin`;
  return (
    spawnSync("sh", ["-c", 'command -v "$0"', command], { env: { ...process.env, PATH: path }, stdio: "ignore" })
      .status === 0
  );
}
