import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startEmbedded } from "../../src/store/embedded.ts";
import { type AnsweringAgent, answerMails } from "../support/answering-agent.ts";
import { type Crowd, gatherCrowd } from "../support/crowd.ts";
import { planKills, planOutages, suffer } from "../support/faults.ts";
import { type House, openHouse } from "../support/house.ts";
import { missing } from "../support/needs.ts";
import { becomesTrue } from "../support/patience.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { takeStock } from "../support/stock.ts";

/** Repeats a run: the same plan of mails, answers and faults (their moments are the machine's). */
const SEED = Number(process.env.GUICHET_CHAOS_SEED ?? Math.floor(Math.random() * 1_000_000));
const MAILS = 300;
const ANSWERS = 100;
/** Of one run; many times what it takes on a machine of its own. In milliseconds. */
const LIMIT_MS = 300_000;
/** What must have been done this long after the last fault, in milliseconds. */
const PATIENCE_MS = 60_000;
/** Between two mails, so that some are always on their way; in milliseconds. */
const PACE_MS = 40;
/** After a fault messages flow again within this, in milliseconds: 10 s, and something for a machine with other work. */
const RECOVERY_MS = 15_000;
/** How often the whole stock is taken; it costs Synapse much. In milliseconds. */
const LOOK_MS = 1_000;
/** Time for what comes too late or twice, in milliseconds. */
const AFTERMATH_MS = 1_500;

/** The store that guichet starts itself with its own queue in it, and both of them outside, as where several machines share them. */
const places = [
  { queue: "postgres", store: "embedded", undo: 0, kills: 10 },
  { queue: "redis", store: "shared", undo: 1, kills: 6 },
] as const;

const title = (lacks: string | undefined) =>
  `guichet, Synapse and PostgreSQL are killed again and again${lacks ? ` (${lacks})` : ""}`;

describe.each(places)("nothing lost, nothing twice, all in order: queue in $queue, store $store", (place) => {
  const lacks = missing("synapse", ...(place.queue === "redis" ? (["redis-server"] as const) : []));
  const random = seededRandom(SEED);
  const closing = new AsyncDisposableStack();
  let house: House;
  let postgres: string;
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

  test.skipIf(lacks)(title(lacks), { timeout: LIMIT_MS }, async ({ signal: timeout }) => {
    const began = Date.now();
    const faults = random.shuffle([...planKills(random, place.kills), ...planOutages(random)]);
    const crowd = gatherCrowd({ random, citizens: 10, mails: MAILS, smtpPort: house.smtpPort, paceMs: PACE_MS });
    const { conversations } = crowd;
    const words = conversations.flatMap(({ mails }) => mails.map(({ word }) => word));
    const planned = new Set(random.shuffle(words).slice(0, ANSWERS));
    await using agent = answerMails(house.agent, house.room, conversations, planned);

    const breakThings = async () => {
      for (const [index, fault] of faults.entries()) {
        crowd.admit(Math.ceil((MAILS * (index + 1)) / (faults.length + 1)));
        await suffer({ house, postgres, agent }, fault);
      }
      crowd.admit(MAILS);
      return timeRecovery(crowd, agent);
    };
    const ending = new AbortController();
    const signal = AbortSignal.any([timeout, ending.signal]);
    const [recoveryMs] = await Promise.all([breakThings(), crowd.write(signal)]).finally(() => ending.abort());

    const stock = async () =>
      takeStock(await house.agent.messages(house.room), house.sink.mails, { conversations, answers });
    const { answers } = agent;
    const isDone = async () => answers.length === ANSWERS && (await stock()).faults.length === 0;
    if (await becomesTrue(isDone, PATIENCE_MS, LOOK_MS)) await sleep(AFTERMATH_MS);
    const { faults: wrong, repeated } = await stock();
    console.log(
      `${place.queue}: ${MAILS} mails (${crowd.refused} offers without a 250), ${answers.length} answers, ` +
        `${repeated} sent twice under one Message-ID, in ${((Date.now() - began) / 1000).toFixed(1)} s; ` +
        `after the last fault every citizen's mails flowed again in ${recoveryMs} ms`,
    );
    expect(wrong).toEqual([]);
    expect(answers).toHaveLength(ANSWERS);
    expect(recoveryMs).toBeLessThan(RECOVERY_MS);
  });
});

/** @returns how long it takes until a waiting mail of every citizen who has one stands in the room, in milliseconds. */
async function timeRecovery({ conversations }: Crowd, { seenAt }: AnsweringAgent): Promise<number> {
  const began = Date.now();
  const waiting = Map.groupBy(
    conversations.flatMap(({ from, mails }) => mails.map((mail) => ({ from, ...mail }))),
    ({ from }) => from,
  );
  const first = [...waiting.values()]
    .map((mails) => mails.filter(({ acceptedAt, word }) => acceptedAt !== undefined && !seenAt.has(word)))
    .filter((mails) => mails.length > 0);
  await becomesTrue(() => first.every((mails) => mails.some(({ word }) => seenAt.has(word))), PATIENCE_MS);
  return Date.now() - began;
}

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
