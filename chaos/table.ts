import type { ChaosReport, Suffered } from "./run-chaos.ts";
import type { Verdict } from "./take-stock.ts";

interface Line {
  readonly name: string;
  readonly times: number;
  readonly messages: number;
  readonly verdicts: readonly Verdict[];
  readonly recoveries: readonly (number | undefined)[];
}

const COLUMNS: readonly Verdict[] = ["lost", "doubled", "reordered", "unknown", "waiting"];

/** Whether a run shows that guichet broke its promise; what waits too long counts as lost. */
export const hasFailed = ({ stock }: ChaosReport): boolean =>
  stock.findings.some(({ verdict }) => verdict !== "unknown");

/** Each message stands with the fault that was the last to begin when it was taken in. */
export function writeTable(report: ChaosReport): string {
  const { suffered, stock } = report;
  const written = timesOf(report);
  const faultAt = (at: number) => suffered.findLast(({ beganAt }) => beganAt <= at)?.name ?? "(before)";
  const names = ["(before)", ...new Set(suffered.map(({ name }) => name).sort())];
  const lineOf = (name: string, isMine: (fault: string) => boolean): Line => ({
    name,
    times: suffered.filter((each) => isMine(each.name)).length,
    messages: [...written.values()].filter((at) => isMine(faultAt(at))).length,
    verdicts: stock.findings
      .filter(({ word }) => isMine(faultAt(written.get(word) ?? 0)))
      .map(({ verdict }) => verdict),
    recoveries: recoveriesOf(suffered.filter((each) => isMine(each.name))),
  });
  const lines = [...names.map((name) => lineOf(name, (fault) => fault === name)), lineOf("all", () => true)];
  const head = ["fault", "times", "messages", ...COLUMNS, "back p50", "max"];
  const rows = [head, ...lines.map(cellsOf)];
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const pad = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return rows.map((row) => row.map(pad).join("  ")).join("\n");
}

/** When each message was taken in or written, in milliseconds since 1970. */
function timesOf({ conversations, answers }: ChaosReport): Map<string, number> {
  const arrivals = conversations.flatMap(({ mails }) =>
    mails.map(({ word, acceptedAt = Number.MAX_SAFE_INTEGER }) => [word, acceptedAt] as const),
  );
  return new Map([...arrivals, ...answers.map(({ word, writtenAt }) => [word, writtenAt] as const)]);
}

const recoveriesOf = (suffered: readonly Suffered[]) => suffered.map(({ recoveryMs }) => recoveryMs);

function cellsOf({ name, times, messages, verdicts, recoveries }: Line): string[] {
  const sorted = recoveries.map((ms) => ms ?? Number.POSITIVE_INFINITY).sort((one, other) => one - other);
  const seconds = (ms: number | undefined) =>
    ms === undefined ? "" : Number.isFinite(ms) ? `${(ms / 1000).toFixed(1)} s` : "never";
  const counts = COLUMNS.map((column) => String(verdicts.filter((verdict) => verdict === column).length));
  return [name, `${times}`, `${messages}`, ...counts, seconds(sorted[sorted.length >> 1]), seconds(sorted.at(-1))];
}
