import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { readCpuMs } from "../demo/setup/cpu-time.ts";
import { readTokens } from "../src/matrix/registration.ts";
import { type Database, openDatabase } from "../src/store/database.ts";
import { startEmbedded } from "../src/store/embedded.ts";
import { ADDRESS, type House, type HouseOptions, openHouse } from "../test/support/house.ts";
import { sendBare } from "./bare.ts";
import { type BenchMail, type MailRun, type MailTarget, sendMails } from "./mails.ts";
import { cpuMsIn, percentiles } from "./measure.ts";
import { countRequests, countSends, sayCounts, total } from "./requests.ts";

export const print = (line = "") => process.stdout.write(`${line}\n`);

/** A house to measure in: `width` lanes at once, and a store that the bench can look into. */
export interface Rig {
  readonly house: House;
  readonly database: Database;
  readonly width: number;
  /** The email channel, for `sendMails`. */
  readonly target: MailTarget;
  /** Mails as fast as `width` connections offer them. */
  mails(name: string, mails: readonly BenchMail[]): Promise<MailRun>;
  /** Mails at a steady pace: what a single one takes. */
  paced(mails: readonly BenchMail[], everyMs: number): Promise<void>;
  /** `PUT /send` and nothing else. @returns messages a second. */
  bare(ghosts: readonly string[], count: number): Promise<number>;
  close(): Promise<void>;
}

export async function openRig(
  width: number,
  {
    rooms,
    ...more
  }: Pick<HouseOptions, "channels" | "others"> & { readonly rooms?: Readonly<Record<string, number>> } = {},
): Promise<Rig> {
  await using opening = new AsyncDisposableStack();
  const log = pino({ level: "warn" }, pino.destination(2));
  const folder = mkdtempSync(join(tmpdir(), "guichet-bench-"));
  opening.defer(() => rmSync(folder, { recursive: true, force: true }));
  const embedded = await startEmbedded({ folder: join(folder, "postgres"), log });
  opening.defer(() => embedded.stop());
  const cluster = realpathSync(join(folder, "postgres", "cluster"));
  const database = await openDatabase({ url: embedded.url }, log);
  opening.defer(() => database.close());
  const house = await openHouse({
    config: { database: { url: embedded.url }, queue: { concurrency: width }, ...(rooms ? { rooms } : {}) },
    synapseLog: "INFO",
    ...more,
  });
  opening.defer(() => house.close());
  const closing = opening.move();
  const requests = countRequests(house.synapse.log);
  const token = readTokens(join(house.folder, "registration.yaml")).as_token;
  const sends = countSends(house.synapse.log);
  const target = { smtpPort: house.smtpPort, address: ADDRESS, database, countSends: sends };
  const at = `${String(width).padStart(2)} in flight`;
  let runs = 0;
  return {
    house,
    database,
    width,
    target,
    async mails(name, mails) {
      requests.take();
      const [synapse, guichet] = [house.synapse.cpuMs(), readCpuMs(house.guichet.pid)];
      const postgres = cpuMsIn(cluster);
      const run = await sendMails(target, mails, { width });
      const each = (ms: number) => (ms / mails.length).toFixed(1);
      const cost = `guichet ${each(readCpuMs(house.guichet.pid) - guichet)} PostgreSQL ${each(cpuMsIn(cluster) - postgres)} Synapse ${each(house.synapse.cpuMs() - synapse)} ms`;
      await sleep(300);
      const counts = requests.take();
      const asked = `${(total(counts) / mails.length).toFixed(2)} requests (${sayCounts(counts, mails.length)})`;
      print(`${name.padEnd(30)} ${at} ${run.perSecond.toFixed(1).padStart(6)}/s  CPU ${cost}  ${asked}`);
      print(`${"".padEnd(30)} ${at} ${run.acceptedPerSecond.toFixed(1).padStart(6)}/s answered with 250`);
      return run;
    },
    async paced(mails, everyMs) {
      const { latencies } = await sendMails(target, mails, { width: 16, everyMs });
      print(`at ${(1000 / everyMs).toFixed(0)} mails a second: SMTP 250 → event ${percentiles(latencies)} ms`);
    },
    async bare(ghosts, count) {
      const synapse = house.synapse.cpuMs();
      runs += 1;
      const bare = { url: house.synapse.url, token, room: house.room, ghosts, run: `bare-${runs}` };
      const perSecond = await sendBare(bare, count, width);
      const cost = ((house.synapse.cpuMs() - synapse) / count).toFixed(1);
      print(`${"bare PUT /send".padEnd(30)} ${at} ${perSecond.toFixed(1).padStart(6)}/s  CPU Synapse ${cost} ms`);
      await sleep(300);
      return perSecond;
    },
    close: () => closing.disposeAsync(),
  };
}
