/** A fault that one sentence explains, with its cure: shown without a stack. */
export class SetUpError extends Error {
  name = "SetUpError";
}

/** Progress goes to stderr: stdout belongs to the command's own result. */
export function say(line) {
  process.stderr.write(`[guichet] ${line}\n`);
}

/** Ends a command: faults that people can cure as their sentence, all others with their stack. */
export function sayFault(error) {
  say(error instanceof SetUpError ? error.message : (error?.stack ?? String(error)));
}

/**
 * Says `line`, then every 15 seconds that it still runs, until `work` has ended, well or badly.
 * @returns what `work` returns.
 */
export async function sayWhileRunning(line, work) {
  const begun = Date.now();
  const seconds = () => Math.round((Date.now() - begun) / 1000);
  say(`${line} …`);
  const timer = setInterval(() => say(`  still at it (${seconds()} s)`), 15_000);
  try {
    const result = await work();
    say(`  done in ${seconds()} s`);
    return result;
  } finally {
    clearInterval(timer);
  }
}
