import { mkdtempSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { SABOTAGES } from "./preload/sabotages.ts";
import { type ChaosOptions, type ChaosReport, runChaos } from "./run-chaos.ts";
import { hasFailed, writeTable } from "./table.ts";

const USAGE = `npm run chaos -- [--seed N] [--faults N] [--queue postgres|redis] [--only NAME,…]
                 [--without ${Object.keys(SABOTAGES).join("|")}] [--prove]`;

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    faults: { type: "string", default: "50" },
    queue: { type: "string", default: "postgres" },
    only: { type: "string", default: "" },
    without: { type: "string" },
    prove: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const say = (line: string) => console.log(line);

// Servers and disks are cleared away at the end of the process, whichever it is.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

if (values.help) say(USAGE);
else process.exitCode = values.prove ? await prove() : await runOnce(readOptions());

function readOptions(): ChaosOptions {
  const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
  const faults = Number(values.faults);
  const { queue, without } = values;
  if (!Number.isInteger(seed) || !Number.isInteger(faults)) throw new Error(USAGE);
  if (queue !== "postgres" && queue !== "redis") throw new Error(USAGE);
  if (without !== undefined && !(without in SABOTAGES)) throw new Error(USAGE);
  return { seed, faults, queue, only: values.only.split(",").filter(Boolean), without, say };
}

async function runOnce(options: ChaosOptions): Promise<number> {
  const { seed, faults, queue } = options;
  say(`seed ${seed}, ${faults} faults, queue in ${queue}`);
  const report = await runChaos(options);
  tell(report);
  if (!hasFailed(report)) return 0;
  const folder = mkdtempSync(join(tmpdir(), "guichet-chaos-failed-"));
  writeFileSync(join(folder, "guichet.log"), report.log);
  const { log: _log, ...rest } = report;
  writeFileSync(join(folder, "report.json"), JSON.stringify(rest, undefined, 1));
  say(`FAILED: again with --seed ${seed} --faults ${faults} --queue ${queue}; what guichet wrote is in ${folder}`);
  return 1;
}

function tell(report: ChaosReport): void {
  say(`\n${writeTable(report)}\n`);
  for (const { word, verdict, detail } of report.stock.findings) say(`${verdict}: ${word} (${detail})`);
  const load = loadavg().map((one) => one.toFixed(1));
  say(
    `${report.stock.repeated} mails twice under one Message-ID; ${report.seconds.toFixed(0)} s; load ${load.join(" ")}`,
  );
}

/**
 * Each safeguard is switched off once: a harness that does not notice proves nothing. What merely waits too long on a busy
 * machine, which every run may see, does not count.
 */
async function prove(): Promise<number> {
  const options = readOptions();
  let blind = 0;
  for (const [without, { faults: only, leadsTo }] of Object.entries(SABOTAGES)) {
    say(`\nwithout ${without}`);
    const report = await runChaos({ ...options, faults: Math.min(options.faults, 8), only, without });
    tell(report);
    const isSeen = report.stock.findings.some(({ verdict }) => leadsTo.includes(verdict));
    say(isSeen ? `noticed: without ${without} something is ${leadsTo.join(" or ")}` : `NOT NOTICED: ${without}`);
    if (!isSeen) blind += 1;
  }
  return blind === 0 ? 0 : 1;
}
