import { setTimeout as sleep } from "node:timers/promises";
import { type AgentAnswer, type AnsweringAgent, answerMails } from "../test/support/answering-agent.ts";
import { type CrowdConversation, gatherCrowd } from "../test/support/crowd.ts";
import { becomesTrue, whileAway } from "../test/support/patience.ts";
import { seededRandom } from "../test/support/seeded-random.ts";
import { gatherPhones } from "./phones.ts";
import { planFaults } from "./plan.ts";
import { type Stock, takeStock } from "./take-stock.ts";
import { openWorld, type World } from "./world.ts";

export interface ChaosOptions {
  readonly seed: number;
  readonly faults: number;
  readonly queue: "postgres" | "redis";
  readonly only: readonly string[];
  readonly without: string | undefined;
  say(line: string): void;
}

/** One fault as it happened; times in milliseconds since 1970. */
export interface Suffered {
  readonly name: string;
  readonly beganAt: number;
  readonly healedAt: number;
  /**
   * From its end until something that was written later had arrived; where guichet itself was to start again, from its
   * beginning. In milliseconds; undefined: not in time.
   */
  readonly recoveryMs: number | undefined;
}

export interface ChaosReport {
  readonly suffered: readonly Suffered[];
  readonly conversations: readonly CrowdConversation[];
  readonly answers: readonly (AgentAnswer & { readonly writtenAt: number })[];
  readonly stock: Stock;
  readonly seconds: number;
  /** What guichet wrote. */
  readonly log: string;
}

/** In each of the two halves of a fault: while it lasts, and after it. */
const MAILS = 4;
const TEXTS = 2;
/** Mails that the agent answers, of all. Every text is answered. */
const ANSWERED = 0.7;
const PACE_MS = 60;
const RECOVERY_MS = 60_000;
const DRAIN_MS = 150_000;
const LOOK_MS = 1_500;
/** Time for what comes too late or twice. */
const AFTERMATH_MS = 3_000;

/** Breaks a whole guichet under load again and again, lets it mend, and takes stock from outside. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const began = Date.now();
  const world = await openWorld(options);
  try {
    const planned = planFaults(options.seed, options.faults, options.only, world);
    const random = seededRandom(options.seed + 1);
    const rounds = 2 * planned.length + 1;
    const crowd = gatherCrowd({
      random,
      citizens: 8,
      mails: Math.max(24, MAILS * rounds),
      smtpPort: world.wires.intake.port,
      paceMs: PACE_MS,
    });
    const phones = gatherPhones({ random, count: 6, texts: TEXTS * rounds, paceMs: PACE_MS }, world.smsc);
    const conversations = [...crowd.conversations, ...phones.conversations];
    const answered = conversations.flatMap(({ from, mails }) =>
      mails.filter(() => from.startsWith("+") || random.chance(ANSWERED)).map(({ word }) => word),
    );
    await using agent = answerMails(world.house.agent, world.house.room, conversations, new Set(answered));
    const ending = new AbortController();
    const writing = Promise.all([crowd.write(ending.signal), phones.write(ending.signal)]);
    writing.catch(() => undefined);
    const admit = (round: number) => {
      crowd.admit(Math.ceil((Math.max(24, MAILS * rounds) * round) / rounds));
      phones.admit(TEXTS * round);
    };

    const suffered: Suffered[] = [];
    admit(1);
    for (const [index, { fault, seed, waitMs }] of planned.entries()) {
      await sleep(waitMs);
      admit(2 * index + 2);
      await sleep(waitMs / 2);
      const beganAt = Date.now();
      await fault.inject(world, seededRandom(seed));
      const healedAt = Date.now();
      admit(2 * index + 3);
      const isBack = await becomesTrue(() => flowsSince(healedAt, conversations, agent), RECOVERY_MS, 50);
      const recoveryMs = isBack ? Date.now() - (fault.isOurStart ? beganAt : healedAt) : undefined;
      suffered.push({ name: fault.name, beganAt, healedAt, recoveryMs });
      options.say(`${index + 1}/${planned.length} ${fault.name}: ${healedAt - beganAt} ms, back in ${recoveryMs} ms`);
    }
    const look = () => stockOf(world, conversations, agent.answers);
    const isDone = async () => agent.answers.length === answered.length && !(await look()).findings.some(isOpen);
    if (!(await becomesTrue(isDone, DRAIN_MS, LOOK_MS))) options.say("not all is done in time");
    await sleep(AFTERMATH_MS);
    ending.abort();
    await writing.catch(() => undefined);
    const stock = await look();
    const timeline = await world.house.agent.messages(world.house.room);
    const times = new Map(timeline.map(({ event_id, origin_server_ts }) => [event_id, origin_server_ts]));
    const answers = agent.answers.map((answer) => ({ ...answer, writtenAt: times.get(answer.event) ?? 0 }));
    const seconds = (Date.now() - began) / 1000;
    return { suffered, conversations, answers, stock, seconds, log: world.house.guichet.log() };
  } finally {
    await world.close();
  }
}

/** What may still come. */
const isOpen = ({ verdict }: Stock["findings"][number]) => verdict === "lost" || verdict === "waiting";

const flowsSince = (healedAt: number, conversations: readonly CrowdConversation[], { seenAt }: AnsweringAgent) =>
  conversations.some(({ mails }) =>
    mails.some(({ word, acceptedAt = 0 }) => acceptedAt >= healedAt && seenAt.has(word)),
  );

async function stockOf(
  { house, mailServer, smsc }: World,
  conversations: readonly CrowdConversation[],
  answers: readonly AgentAnswer[],
): Promise<Stock> {
  const timeline = await whileAway(() => house.agent.messages(house.room), AbortSignal.timeout(30_000));
  return takeStock({ timeline, mails: mailServer.taken(), texts: smsc.taken() }, conversations, answers);
}
