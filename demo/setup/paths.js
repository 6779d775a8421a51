import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project folder. */
export const projectFolder = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** Everything that set-up puts on the disk beside node_modules. */
export const localFolder = join(projectFolder, ".local");
/** Python virtual environment that holds Synapse. */
export const synapseFolder = join(localFolder, "synapse");
export const synapsePython = join(synapseFolder, "bin", "python");
/** Written last: its presence, with equal content, says that the environment is whole. */
export const synapseMarker = join(synapseFolder, "guichet-ready");
export const node24 = join(projectFolder, "node_modules", ".bin", "node");
