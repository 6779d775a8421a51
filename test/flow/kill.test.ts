import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startEmbedded } from "../../src/store/embedded.ts";
import { type AgentAnswer, answerMails } from "../support/answering-agent.ts";
import { type CrowdConversation, gatherCrowd } from "../support/crowd.ts";
import { type Fault, planKills, planOutages, suffer } from "../support/faults.ts";
import { type House, openHouse } from "../support/house.ts";
import { missing } from "../support/needs.ts";
import { becomesTrue } from "../support/patience.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { takeStock } from "../support/stock.ts";

/** Repeats a run: the same plan of mails, answers and faults (their moments are the machine's). */
const SEED = Number(process.env.GUICHET_CHAOS_SEED ?? Math.floor(Math.random() * 1_000_000));
/** Of one run; many times what it takes on a machine of its own. In milliseconds. */
const LIMIT_MS = 300_000;
/** What must have been done this long after the last fault, in milliseconds. */
const PATIENCE_MS = 60_000;
/** Between two mails, so that some are always on their way; in milliseconds. */
const PACE_MS = 40;
/** In which a killed guichet's work is done by the next, in milliseconds. */
const RECOVERY_MS = 10_000;
/** Time for what comes too late or twice, in milliseconds. */
const AFTERMATH_MS = 1_500;

/** The store that guichet starts itself with its own queue in it, and both of them outside, as where several machines share them. */
const places = [
  { queue: "postgres", store: "embedded", undo: 0 },
  { queue: "redis", store: "shared", undo: 1 },
] as const;

describe.each(places)("nothing lost, nothing twice, all in order: queue in $queue, store $store", (place) => {
  const lacks = missing("synapse", ...(place.queue === "redis" ? (["redis-server"] as const) : []));
  const random = seededRandom(SEED);
  const closing = new AsyncDisposableStack();
  let house: House;
  let postgres: string;
  /** Of all runs in this house: what one run got right, a later one must not spoil. */
  const conversations: CrowdConversation[] = [];
  const answers: AgentAnswer[] = [];
  beforeAll(async () => {
    if (lacks) return;
    console.log(`GUICHET_CHAOS_SEED=${SEED}`);
    const shared = place.store === "shared" ? await openSharedStore(closing) : undefined;
    house = await openHouse({
      queue: place.queue,
      agency: { undo_seconds: place.undo },
      ...(shared ? { config: { database: { url: shared.url } } } : {}),
    });
    closing.defer(() => house.close());
    postgres = shared?.folder ?? join(house.folder, "data", "postgres");
  });
  afterEach(({ task }) => {
    if (task.result?.state === "fail" && house) console.log(tellTrouble(house.guichet.log()));
  });
  afterAll(() => closing.disposeAsync());

  const gather = (name: string, mails: number, paceMs: number) =>
    gatherCrowd({ random, name, citizens: 10, mails, smtpPort: house.smtpPort, paceMs });

  async function live(
    name: string,
    size: { mails: number; answers: number },
    faults: readonly Fault[],
    timeout: AbortSignal,
  ) {
    const began = Date.now();
    const crowd = gather(name, size.mails, PACE_MS);
    const words = crowd.conversations.flatMap(({ mails }) => mails.map(({ word }) => word));
    const planned = new Set(random.shuffle(words).slice(0, size.answers));
    await using agent = answerMails(house.agent, house.room, crowd.conversations, planned);
    conversations.push(...crowd.conversations);
    const stock = async () =>
      takeStock(await house.agent.messages(house.room), house.sink.mails, {
        conversations,
        answers: [...answers, ...agent.answers],
      });

    const breakThings = async () => {
      for (const [index, fault] of faults.entries()) {
        crowd.admit(Math.ceil((size.mails * (index + 1)) / (faults.length + 1)));
        await suffer({ house, postgres, agent }, fault);
      }
      crowd.admit(size.mails);
    };
    const ending = new AbortController();
    const signal = AbortSignal.any([timeout, ending.signal]);
    await Promise.all([crowd.write(signal), breakThings()]).finally(() => ending.abort());
    const isDone = async () => agent.answers.length === size.answers && (await stock()).faults.length === 0;
    const settled = await becomesTrue(isDone, PATIENCE_MS);
    if (settled) await sleep(AFTERMATH_MS);
    const { faults: wrong, repeated } = await stock();
    answers.push(...agent.answers);
    console.log(
      `${place.queue}, ${name}: ${words.length} mails (${crowd.refused} offers without a 250), ${agent.answers.length} answers, ` +
        `${repeated} sent twice under one Message-ID, ${((Date.now() - began) / 1000).toFixed(1)} s`,
    );
    expect(wrong).toEqual([]);
    expect(agent.answers).toHaveLength(size.answers);
  }

  test.skipIf(lacks)(
    `guichet is killed again and again${lacks ? ` (${lacks})` : ""}`,
    { timeout: LIMIT_MS },
    async ({ signal }) => {
      await live("kill", { mails: 300, answers: 100 }, planKills(random, 10), signal);
    },
  );

  test.skipIf(lacks)("what a killed guichet had begun is done soon after its restart", async ({ signal }) => {
    const crowd = gather("burst", 60, 0);
    conversations.push(...crowd.conversations);
    await using agent = answerMails(house.agent, house.room, crowd.conversations, new Set());
    crowd.admit(60);
    const writing = crowd.write(signal);
    await becomesTrue(() => agent.seenAt.size >= 10, PATIENCE_MS);
    await house.guichet.end("SIGKILL");
    const begun = crowd.conversations.flatMap(({ mails }) => mails).filter((mail) => mail.acceptedAt !== undefined);
    const left = begun.filter(({ word }) => !agent.seenAt.has(word)).length;
    const startedAt = Date.now();
    await house.guichet.start();
    const upAt = Date.now();
    const isDone = () => begun.every(({ word }) => agent.seenAt.has(word));
    expect(await becomesTrue(isDone, RECOVERY_MS)).toBe(true);
    console.log(
      `${place.queue}, burst: up ${upAt - startedAt} ms after the start, the ${left} mails of before in the room ${Date.now() - upAt} ms later`,
    );
    await writing;
  });

  test.skipIf(lacks)("Synapse and PostgreSQL are killed and restarted", { timeout: LIMIT_MS }, async ({ signal }) => {
    await live("outage", { mails: 80, answers: 30 }, planOutages(random), signal);
  });
});

async function openSharedStore(closing: AsyncDisposableStack): Promise<{ url: string; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), "guichet-store-"));
  closing.defer(() => rm(folder, { recursive: true, force: true }));
  const server = await startEmbedded({ folder, log: pino({ level: "silent" }) });
  closing.defer(() => server.stop());
  return { url: server.url, folder };
}

/** What guichet warned of, newest last. */
const tellTrouble = (log: string) =>
  log
    .split("\n")
    .filter((line) => !/"level":[1-3]0/.test(line))
    .slice(-80)
    .map((line) => line.slice(0, 400))
    .join("\n");
