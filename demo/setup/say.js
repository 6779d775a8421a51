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

/** Says `line` now and how long it has been running every 15 seconds; call the result when it is done. */
export function sayWhileRunning(line) {
  const begun = Date.now();
  const seconds = () => Math.round((Date.now() - begun) / 1000);
  say(`${line} …`);
  const timer = setInterval(() => say(`  still at it (${seconds()} s)`), 15_000);
  return () => {
    clearInterval(timer);
    say(`  done in ${seconds()} s`);
  };
}
