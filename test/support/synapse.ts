import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../demo/setup/free-port.ts";
import { type SynapseServer, type SynapseServerOptions, startSynapseServer } from "../../demo/setup/synapse-server.ts";

export interface Synapse extends SynapseServer {
  /** Ends it and removes its data. */
  close(): Promise<void>;
}

/** A real Synapse on a free port with a temporary folder; `domain` is "agents.test" unless told. About one second. */
export async function startSynapse(options: Partial<Omit<SynapseServerOptions, "folder">> = {}): Promise<Synapse> {
  const folder = await mkdtemp(join(tmpdir(), "synapse-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const server = await startSynapseServer({ domain: "agents.test", port: await freePort(), ...options, folder });
    return {
      ...server,
      async close() {
        await server.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
