import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { freePort } from "./ports.ts";
import { sharedMaterial } from "./shared-material.ts";

const run = promisify(execFile);

/** A real SMSC on jSMPP, told over HTTP what to do (see its README). */
export interface Smsc {
  readonly port: number;
  /** Runs a command and reads its answer. */
  tell<Shape>(command: string, fields: Record<string, string | number>, schema: z.ZodType<Shape>): Promise<Shape>;
  /** Runs a command whose answer does not matter. */
  order(command: string, fields?: Record<string, string | number>): Promise<void>;
  /** Messages put together from their parts, as a phone would. */
  texts(): Promise<readonly SmscText[]>;
  /** What it found wrong in the PDUs that it got. */
  lint(): Promise<readonly unknown[]>;
  kill(): Promise<void>;
}

const text = z.looseObject({ text: z.string(), complete: z.boolean() });
export type SmscText = z.output<typeof text>;

/** Where the SMSC's program is, built once for a test file; undefined when this machine lacks something for it. */
export interface SmscProgram {
  start(options?: readonly string[], ports?: { port: number; control: number }): Promise<Smsc>;
  remove(): Promise<void>;
}

/** Builds the program in a folder of its own. */
export async function buildSmsc(): Promise<SmscProgram> {
  const source = sharedMaterial("tools/jsmpp-smsc");
  if (source === undefined) throw new Error("the SMSC's source is not there");
  const folder = await mkdtemp(join(tmpdir(), "guichet-smsc-"));
  await cp(source, folder, { recursive: true });
  await run("mvn", ["-q", "package"], { cwd: folder });
  return {
    start: async (options = [], ports) => {
      const { port, control } = ports ?? { port: await freePort(), control: await freePort() };
      const words = ["--port", String(port), "--control", String(control), ...options];
      const child = spawn("java", ["-jar", join(folder, "target", "jsmpp-smsc.jar"), ...words], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      const exited = once(child, "exit");
      await new Promise<void>((resolve, reject) => {
        child.stdout.on("data", (piece: Buffer) => piece.includes('"listening"') && resolve());
        child.once("exit", () => reject(new Error("the SMSC did not start")));
      });
      const tell = async <Shape>(
        command: string,
        fields: Record<string, string | number>,
        schema: z.ZodType<Shape>,
      ) => {
        const body = new URLSearchParams(
          Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)]),
        );
        const answer = await fetch(`http://127.0.0.1:${control}/${command}`, { method: "POST", body });
        const said: unknown = await answer.json();
        if (!answer.ok) throw new Error(`the SMSC refuses ${command}: ${JSON.stringify(said)}`);
        return schema.parse(said);
      };
      return {
        port,
        tell,
        order: async (command, fields = {}) => void (await tell(command, fields, z.unknown())),
        texts: () => tell("texts", {}, z.array(text)),
        lint: () => tell("lint", {}, z.array(z.unknown())),
        kill: async () => {
          child.kill("SIGKILL");
          await exited;
        },
      };
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
