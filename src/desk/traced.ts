import type { MessageStep } from "../domain/message-steps.ts";
import { said } from "./phrases.ts";
import type { TraceLine } from "./texts.ts";

/** A message that was tried for days has hundreds of steps: of more than these the middle is left out. */
const FIRST = 4;
const LAST = 12;

/**
 * A message's steps for agents, a line each, the oldest first. What an attempt ended with stands for the attempt; what was
 * passed within the same moment is left out.
 */
export function traced(
  language: string,
  words: Readonly<Record<MessageStep, string>>,
  attempt: string,
  steps: readonly TraceLine[],
): string {
  const moments = new Intl.DateTimeFormat(language, { dateStyle: "short", timeStyle: "medium" });
  const tell = ({ step, at, attempt: number, code, remoteAnswer }: TraceLine) => {
    const which = number !== undefined && number > 1 ? `, ${attempt} ${number}` : "";
    const why = code === undefined ? "" : ` (${said(code, remoteAnswer)})`;
    return `${moments.format(at)}: ${words[step]}${which}${why}`;
  };
  const lines = steps.filter((line, index) => !isPassed(line, steps[index + 1])).map((line) => tell(line));
  if (lines.length <= FIRST + LAST + 1) return lines.join("\n");
  return [...lines.slice(0, FIRST), `… (${lines.length - FIRST - LAST})`, ...lines.slice(-LAST)].join("\n");
}

/** Waiting for its turn and being sent, when it is known how that ended. */
function isPassed({ step, attempt }: TraceLine, next: TraceLine | undefined): boolean {
  if (step === "screened") return true;
  if (next === undefined) return false;
  return (step === "attempted" && next.attempt === attempt) || step === "held" || step === "queued";
}
