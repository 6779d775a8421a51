import { parentPort } from "node:worker_threads";
import { readMime } from "./read.ts";
import type { ReadingTask } from "./reading.ts";

// The thread that a mail is read in: one at a time, with blocking calls. A fault ends the task, not the thread.
parentPort?.on("message", (task: ReadingTask) => {
  try {
    parentPort?.postMessage({ is: "read", reading: readMime(task) });
  } catch (fault) {
    const isOutside = fault instanceof Error && "syscall" in fault;
    parentPort?.postMessage({ is: "failed", isOutside, message: String(fault) });
  }
});
