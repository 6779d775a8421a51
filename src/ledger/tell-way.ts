import type { Way } from "./find-messages.ts";

const HEADS = ["at", "after", "step", "attempt", "code", "remote answer", "process"];

/** The ways of messages as tables for a terminal. */
export const tellWays = (ways: readonly Way[]): string => ways.map(tellWay).join("\n\n");

function tellWay({ message, steps }: Way): string {
  const { kind, id, conversation, channel, state, remoteId, event } = message;
  const head = [
    `${kind === "acknowledgement" ? "answer" : kind}/${id}${kind === "acknowledgement" ? " (acknowledgement)" : ""}`,
    ...(conversation === undefined ? [] : [`case/${conversation}`]),
    channel,
    kind !== "arrival" && message.isDead ? `${state}, a dead letter` : state,
  ].join("  ");
  const names = [event, remoteId].flatMap((name) => name ?? []);
  const rows = steps.map(({ step, at, attempt, code, remoteAnswer, process }, index) => {
    const before = steps[index - 1]?.at;
    const after = before === undefined ? "" : sayTime(at.getTime() - before.getTime());
    return [at.toISOString(), after, step, attempt?.toString() ?? "", code ?? "", remoteAnswer ?? "", process];
  });
  return [head, ...names.map((name) => `  ${name}`), ...alignColumns([HEADS, ...rows]).map((row) => `  ${row}`)]
    .map(makePrintable)
    .join("\n");
}

/** A step may be told by another machine's clock: what would be before is at once. */
function sayTime(ms: number): string {
  if (ms < 1_000) return `+${Math.max(0, ms)} ms`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `+${(ms / 1_000).toFixed(1)} s`;
  return seconds < 7_200 ? `+${Math.round(seconds / 60)} min` : `+${Math.round(seconds / 3_600)} h`;
}

function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = HEADS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** A terminal obeys control characters; a stranger's words must not command it. */
export const makePrintable = (line: string): string =>
  line.replace(/[\p{Cc}\p{Cf}]/gu, (sign) => (sign === "\t" ? sign : "\u{FFFD}"));
