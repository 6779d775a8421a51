import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { until } from "./patience.ts";

const pdu = z.looseObject({
  cmd: z.string(),
  status: z.number().default(0),
  /** Octets of the whole PDU. */
  length: z.number().default(0),
  /** short_message in hexadecimal. */
  octets: z.string().default(""),
});
export type SeenPdu = z.output<typeof pdu>;

/** What the SMSC delivers; `sar` is reference, number of parts and place. */
export interface Delivery {
  readonly octets: string;
  readonly data_coding?: number;
  readonly esm_class?: number;
  readonly sar?: readonly [reference: number, of: number, number: number];
}

/** An SMSC on Net::SMPP of Perl: see net-smpp-smsc.pl. */
export interface PerlSmsc {
  readonly port: number;
  /** What it received, in order. */
  readonly seen: readonly SeenPdu[];
  seenOf(command: string): readonly SeenPdu[];
  order(order: { deliver: Delivery } | { enquire: 1 } | { unbind: 1 }): void;
  stop(): Promise<void>;
}

export async function startPerlSmsc(): Promise<PerlSmsc> {
  const script = fileURLToPath(new URL("net-smpp-smsc.pl", import.meta.url));
  const child: ChildProcess = spawn("perl", [script], { stdio: ["pipe", "pipe", "ignore"] });
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error("perl has no pipes");
  const seen: SeenPdu[] = [];
  let port: number | undefined;
  createInterface(stdout).on("line", (line) => {
    const said = z.union([z.object({ port: z.number() }), pdu]).parse(JSON.parse(line));
    if ("cmd" in said) seen.push(said);
    else port = said.port;
  });
  await until(() => port !== undefined);
  return {
    get port() {
      return port ?? 0;
    },
    seen,
    seenOf: (command) => seen.filter(({ cmd }) => cmd === command),
    order: (order) => void stdin.write(`${JSON.stringify(order)}\n`),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}
