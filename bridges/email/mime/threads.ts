import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Reading, ReadingTask } from "./reading.ts";

/** How a reading ended: with words, or with the reason why there are none. */
export type Ending =
  | { readonly is: "read"; readonly reading: Reading }
  | { readonly is: "failed"; readonly reason: "time" | "memory" | "crash" };

export interface Limits {
  readonly threads: number;
  /** CPU time that one mail may take, in milliseconds. */
  readonly cpuMs: number;
  /** However busy the machine is, in milliseconds. */
  readonly wallMs: number;
  /** Of the JavaScript heap of a thread, in MB. */
  readonly heapMb: number;
}

const LIMITS: Limits = { threads: 2, cpuMs: 2000, wallMs: 60_000, heapMb: 192 };

/** Reads mails in threads of their own: a mail that is too much for one ends it, and nothing else. */
export interface Readers {
  /** Rejects only when the disk fails. */
  read(task: ReadingTask): Promise<Ending>;
}

/** How long a mail waits for a thread that is busy before another is started, in milliseconds. */
const PATIENCE = 250;

interface Job {
  readonly since: number;
  readonly task: ReadingTask;
  readonly resolve: (ending: Ending) => void;
  readonly reject: (fault: Error) => void;
}

/** @param script of a thread: tests replace it by one that fails. */
export function openReaders(limits: Limits = LIMITS, script = threadScript()): Readers {
  const idle: Worker[] = [];
  const waiting: Job[] = [];
  let running = 0;

  /** A thread takes some 40 MB, and reads thousands of mails a second: another one is for when it is held up. */
  const mayStart = (job: Job) => running === 0 || Date.now() - job.since >= PATIENCE;
  const next = () => {
    while (waiting.length > 0 && running < limits.threads) {
      const [job] = waiting;
      if (job === undefined || (idle.length === 0 && !mayStart(job))) return;
      waiting.shift();
      running += 1;
      const thread = idle.pop() ?? startThread(limits, script);
      void runJob(job, thread, limits).then((survivor) => {
        running -= 1;
        if (survivor !== undefined) idle.push(survivor);
        next();
      });
    }
  };
  return {
    read: (task) =>
      new Promise((resolve, reject) => {
        waiting.push({ task, resolve, reject, since: Date.now() });
        next();
        if (waiting.length > 0) setTimeout(next, PATIENCE).unref();
      }),
  };
}

/** From source and from a build alike. */
const threadScript = () => new URL(`./read-thread${extname(import.meta.url)}`, import.meta.url);

function startThread({ heapMb }: Limits, script: URL): Worker {
  return new Worker(script, {
    resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 8, stackSizeMb: 4 },
    // Flags of the main thread, such as those of a test runner, are not for this one.
    execArgv: [],
  });
}

type Answer =
  | { readonly is: "read"; readonly reading: Reading }
  | { readonly is: "failed"; readonly isOutside: boolean; readonly message: string };

/** Between two looks at a thread, in milliseconds: most mails are read before the first. */
const WATCH = 250;

/** @returns the thread, when it can take another mail. */
function runJob({ task, resolve, reject }: Job, thread: Worker, limits: Limits): Promise<Worker | undefined> {
  return new Promise((done) => {
    const startedAt = Date.now();
    let cpuAtFirst: number | undefined;
    let isOver = false;
    const end = (settle: () => void, survivor: Worker | undefined) => {
      if (isOver) return;
      isOver = true;
      clearInterval(watch);
      for (const event of ["message", "error", "exit"]) thread.removeAllListeners(event);
      // A thread at rest keeps no process alive, and what a dying one still says concerns nobody.
      thread.on("error", () => {}).unref();
      if (survivor === undefined) void thread.terminate();
      settle();
      done(survivor);
    };
    const fail = (reason: "time" | "memory" | "crash") => end(() => resolve({ is: "failed", reason }), undefined);
    const watch = setInterval(() => {
      const elapsed = Date.now() - startedAt;
      if (elapsed > limits.wallMs) return fail("time");
      void cpuMs(thread, elapsed).then((used) => {
        cpuAtFirst ??= used - WATCH;
        if (used - cpuAtFirst > limits.cpuMs) fail("time");
      });
    }, WATCH);
    thread.ref();
    thread.on("message", (answer: Answer) => {
      if (answer.is === "read") end(() => resolve(answer), thread);
      else if (answer.isOutside) end(() => reject(new Error(answer.message)), thread);
      else end(() => resolve({ is: "failed", reason: "crash" }), thread);
    });
    thread.on("error", (fault: unknown) => fail(isOutOfMemory(fault) ? "memory" : "crash"));
    thread.on("exit", () => fail("crash"));
    thread.postMessage(task);
  });
}

/** CPU time that a thread has used; where the platform cannot say (before Node 24.6), the time that has passed. */
async function cpuMs(thread: Worker, elapsed: number): Promise<number> {
  if (typeof thread.cpuUsage !== "function") return elapsed;
  // A thread that has only begun to start has none to tell of.
  const usage = await thread.cpuUsage().catch(() => undefined);
  return usage === undefined ? 0 : (usage.user + usage.system) / 1000;
}

const isOutOfMemory = (fault: unknown) =>
  fault instanceof Error && "code" in fault && fault.code === "ERR_WORKER_OUT_OF_MEMORY";
