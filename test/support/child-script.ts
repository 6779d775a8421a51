import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A script of `processes/` as a process of its own, which tells what happens a line each. */
export interface ChildScript {
  readonly pid: number;
  /** All lines so far. */
  readonly lines: readonly string[];
  /** Waits for a line that begins so. @throws Error with all output when the process ends first. */
  line(start: string, timeoutMs?: number): Promise<string>;
  tell(line: string): void;
  signal(signal: NodeJS.Signals): void;
  /** Ends it and waits for its end. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export interface ChildOptions {
  /** A command that runs it, such as `setpriv` with its options. */
  readonly before?: readonly string[];
  readonly ids?: { readonly uid?: number; readonly gid?: number };
  readonly env?: Readonly<Record<string, string>>;
}

/** @param name of a script in `processes/`, or where another one is. */
export function runScript(name: string | URL, args: readonly string[], options: ChildOptions = {}): ChildScript {
  const script = fileURLToPath(name instanceof URL ? name : new URL(`processes/${name}`, import.meta.url));
  const [command = "", ...rest] = [...(options.before ?? []), process.execPath, script, ...args];
  const child = spawn(command, rest, {
    ...options.ids,
    env: { ...process.env, ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  running.add(child);
  const gone = once(child, "close").finally(() => running.delete(child));
  const lines: string[] = [];
  let errors = "";
  const watchers = new Set<() => void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    for (const watch of watchers) watch();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command} could not be started`);
  return {
    pid,
    lines,
    async line(start, timeoutMs = 20_000) {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      const fail = (why: string) =>
        reject(new Error(`${name}: no line "${start}": ${why}\n${[...lines, errors].join("\n")}`));
      const watch = () => {
        const found = lines.find((line) => line.startsWith(start));
        if (found !== undefined) resolve(found);
      };
      watchers.add(watch);
      const timer = setTimeout(() => fail(`${timeoutMs} ms passed`), timeoutMs);
      gone.then(() => fail("it ended"));
      watch();
      try {
        return await promise;
      } finally {
        clearTimeout(timer);
        watchers.delete(watch);
      }
    },
    tell: (line) => void child.stdin.write(`${line}\n`),
    signal: (signal) => void child.kill(signal),
    async end(signal = "SIGKILL") {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await gone;
    },
  };
}
