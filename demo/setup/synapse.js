import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runQuietly } from "./children.js";
import { localFolder, synapseFolder, synapseMarker, synapsePython } from "./paths.js";
import { SetUpError, sayWhileRunning } from "./say.js";

const requirements = join(dirname(fileURLToPath(import.meta.url)), "synapse-requirements.txt");
const PYTHONS = ["python3", "python3.13", "python3.12", "python3.11", "python3.10"];

/** Puts the pinned Synapse into a Python virtual environment; does nothing, and needs no network, when it is there. */
export async function ensureSynapse() {
  const stamp = createHash("sha256").update(readFileSync(requirements)).digest("hex");
  if (isReady(stamp)) return;
  const python = findPython();
  await sayWhileRunning("Installing Synapse from PyPI into .local/synapse (about half a minute)", () =>
    install(python),
  );
  writeFileSync(synapseMarker, stamp);
}

async function install(python) {
  rmSync(synapseFolder, { recursive: true, force: true });
  const pip = await createEnvironment(python);
  await runQuietly(
    pip[0],
    [...pip.slice(1), "install", "--no-input", "--no-cache-dir", "--prefer-binary", "-r", requirements],
    {
      log: join(localFolder, "synapse-install.log"),
      onFailure:
        "Synapse could not be installed. It needs PyPI, or the index that your pip is set up for; check the network and run again.",
    },
  );
}

function isReady(stamp) {
  // The link to the system's Python breaks when that is upgraded or removed.
  return existsSync(synapseMarker) && readFileSync(synapseMarker, "utf8") === stamp && existsSync(synapsePython);
}

function findPython() {
  for (const name of PYTHONS) {
    if (canRun(name, "import sys; sys.exit(sys.version_info < (3, 10))")) return name;
  }
  throw new SetUpError(
    "Synapse needs Python 3.10 or newer, and none was found: `apt install python3 python3-venv`, then run again.",
  );
}

/** True when `python3 -m venv` would work: Debian ships ensurepip in a package of its own. */
export const canMakeEnvironments = () =>
  PYTHONS.some((name) => canRun(name, "import sys, ensurepip; sys.exit(sys.version_info < (3, 10))"));

/** @returns the command that installs into the new environment: its own pip, or else the system's. */
async function createEnvironment(python) {
  const ownPip = canRun(python, "import ensurepip");
  if (
    !ownPip &&
    !canRun(python, "import pip; v = pip.__version__.split('.'); assert (int(v[0]), int(v[1])) >= (22, 3)")
  ) {
    throw new SetUpError("Python has no venv module that works: `apt install python3-venv`, then run again.");
  }
  await runQuietly(python, ["-m", "venv", ...(ownPip ? [] : ["--without-pip"]), synapseFolder], {
    log: join(localFolder, "synapse-install.log"),
    onFailure: "Python could not make a virtual environment: `apt install python3-venv`, then run again.",
  });
  return ownPip ? [synapsePython, "-m", "pip"] : [python, "-m", "pip", "--python", synapsePython];
}

const canRun = (python, code) => spawnSync(python, ["-c", code], { stdio: "ignore" }).status === 0;
