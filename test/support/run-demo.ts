import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { projectFolder } from "../../demo/setup/paths.js";

/** What DESIGN.md promises to programs. */
export const demoAddresses = z.object({
  homeserver: z.url(),
  domain: z.literal("agents.example"),
  agent: z.object({ user_id: z.string(), password: z.string().min(1), access_token: z.string().min(1) }),
  agencies: z.record(z.string(), z.object({ room_id: z.string().startsWith("!"), room_alias: z.string() })),
  channels: z.record(
    z.string(),
    z.object({
      use: z.string(),
      address: z.string().optional(),
      smtp: z.object({ host: z.string(), port: z.int() }).optional(),
      url: z.url().optional(),
      number: z.string().startsWith("+").optional(),
      smsc: z.object({ control: z.url() }).optional(),
    }),
  ),
  sent_mail: z.string(),
  page: z.url(),
});
export type DemoAddresses = z.output<typeof demoAddresses>;

export interface RunningDemo {
  readonly child: ChildProcess;
  readonly output: { stdout: string; stderr: string };
  /** Waits for the first line on stdout. */
  line(): Promise<string>;
  /** Waits for its end. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

/** `npm run demo`, as people and programs start it. */
export function runDemo(folder: string, ...options: string[]): RunningDemo {
  const args = ["run", "--silent", "demo", "--", "--folder", folder, ...options];
  const child = spawn("npm", args, { cwd: projectFolder, stdio: ["ignore", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => {
    output.stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    output.stderr += chunk.toString();
  });
  const ended = once(child, "close");
  return {
    child,
    output,
    async line() {
      while (!output.stdout.includes("\n")) {
        if (child.exitCode !== null) throw new Error(`the demo ended:\n${output.stderr}`);
        await sleep(50);
      }
      return output.stdout.slice(0, output.stdout.indexOf("\n"));
    },
    async end(signal) {
      if (signal) child.kill(signal);
      await ended;
      return child.exitCode;
    },
  };
}
