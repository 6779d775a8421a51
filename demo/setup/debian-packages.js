import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { endedBySignal, runQuietly } from "./children.js";
import { localFolder } from "./paths.js";
import { SetUpError, say, sayWhileRunning } from "./say.js";
import { canMakeEnvironments } from "./synapse.js";

const SERVERS = [
  "dovecot-imapd",
  "dovecot-lmtpd",
  "dovecot-sieve",
  "postfix",
  "redis-server",
  "ngircd",
  "kannel",
  "kannel-extras",
  "libnet-smpp-perl",
  "chromium",
];

/**
 * Installs the mail servers, Redis, the IRC server, the SMS gateway and the browser that tests talk to: the only thing
 * set-up puts outside the project folder, so only as root or in CI. Starts no service. An ordinary user is told which tests
 * will be skipped.
 */
export async function ensureDebianPackages() {
  const isRoot = process.getuid?.() === 0;
  const inCi = process.env.CI === "true";
  const absent = SERVERS.filter((name) => !isInstalled(name));
  if (isRoot && !canMakeEnvironments()) absent.push("python3-venv");
  if (absent.length === 0) return;
  if (!isRoot && !inCi) {
    say(`Tests that need ${absent.join(", ")} will be skipped: run \`npm test\` once as root to install them.`);
    return;
  }
  const line = `Installing Debian packages: ${absent.join(", ")} (no service is started)`;
  const install = () =>
    runQuietly(isRoot ? "sh" : "sudo", [...(isRoot ? [] : ["-n", "sh"]), "-c", INSTALL, "sh", ...absent], {
      log: join(localFolder, "apt.log"),
      onFailure: `The Debian packages ${absent.join(", ")} could not be installed.`,
      // Half an installation of dpkg is worse than a late end.
      graceMs: 120_000,
      outlives: true,
    });
  try {
    await sayWhileRunning(line, install);
  } catch (error) {
    if (inCi || endedBySignal() !== undefined || !(error instanceof SetUpError)) throw error;
    say(`${error.message}\n  Tests that need them will be skipped.`);
  }
}

function isInstalled(name) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query fills it in
  const { stdout } = spawnSync("dpkg-query", ["-W", "-f", "${db:Status-Status}", name], { encoding: "utf8" });
  return stdout === "installed";
}

/**
 * policy-rc.d with exit code 101 is Debian's way to say "start no service"; what was there before is put back, also after
 * a run that was killed half-way. No package is removed for ours: another mail server stays.
 */
const INSTALL = `
set -eu
policy=/usr/sbin/policy-rc.d
kept=$policy.before-guichet
restore() {
  rm -f "$policy"
  if [ -e "$kept" ]; then mv "$kept" "$policy"; fi
}
if [ -e "$kept" ]; then restore; fi
if [ -e "$policy" ]; then mv "$policy" "$kept"; fi
trap restore EXIT
trap 'exit 130' INT TERM HUP
printf '#!/bin/sh\\n# guichet: gone when its installation ends\\nexit 101\\n' > "$policy"
chmod 755 "$policy"
export DEBIAN_FRONTEND=noninteractive
install() { apt-get install -y -q --no-install-recommends --no-remove -o DPkg::Lock::Timeout=120 "$@"; }
install "$@" || { dpkg --configure -a; apt-get update -q -o DPkg::Lock::Timeout=120; install "$@"; }
`;
