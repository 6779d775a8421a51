import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { type ChildScript, runScript } from "../test/support/child-script.ts";

const delivery = z.object({ to: z.array(z.string()), raw: z.string() });

/** What came to the outside world. */
export type Delivery = z.output<typeof delivery>;

/** A server of the outside world that can be killed apart. What it took outlives it. */
export interface OutsideServer {
  readonly port: number;
  /** Oldest first. */
  taken(): readonly Delivery[];
  tell(line: string): void;
  /** Lines that it said since its last start. */
  readonly lines: readonly string[];
  signal(signal: NodeJS.Signals): void;
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** @param script in `servers/`. @param file that it writes. */
export async function startOutside(script: string, port: number, file: string): Promise<OutsideServer> {
  const launch = async () => {
    const child = runScript(new URL(`servers/${script}`, import.meta.url), [String(port), file]);
    await child.line("up", 60_000);
    return child;
  };
  let child: ChildScript | undefined = await launch();
  return {
    port,
    taken() {
      if (!existsSync(file)) return [];
      const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
      return lines.map((line) => delivery.parse(JSON.parse(line)));
    },
    tell: (line) => child?.tell(line),
    get lines() {
      return child?.lines ?? [];
    },
    signal: (signal) => child?.signal(signal),
    async kill() {
      const killed = child;
      child = undefined;
      await killed?.end("SIGKILL");
    },
    async start() {
      child ??= await launch();
    },
  };
}
