import { becomesTrue } from "./patience.ts";

/** Waits for something to come true. @throws Error that names it after `timeoutMs`. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  if (!(await becomesTrue(holds, timeoutMs, 10))) throw new Error(`not within ${timeoutMs} ms: ${what}`);
}
