import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startEmbedded } from "../../src/store/embedded.ts";
import { type AnsweringAgent, answerMails } from "../support/answering-agent.ts";
import { type Crowd, gatherCrowd } from "../support/crowd.ts";
import { type Fleet, openFleet } from "../support/fleet.ts";
import { ask, caseUrlOf, isReceipt, type Page, post, tokenOf } from "../support/form-visitor.ts";
import { type House, openHouse } from "../support/house.ts";
import { missing } from "../support/needs.ts";
import { becomesTrue } from "../support/patience.ts";
import { freePort } from "../support/ports.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { takeStock } from "../support/stock.ts";

const SEED = Number(process.env.GUICHET_CHAOS_SEED ?? Math.floor(Math.random() * 1_000_000));
const SHIPS = [
  { name: "appservice-1", roles: "appservice" },
  { name: "appservice-2", roles: "appservice" },
  { name: "channels-1", roles: "channels" },
  { name: "channels-2", roles: "channels" },
  { name: "worker-1", roles: "worker" },
  { name: "worker-2", roles: "worker" },
  { name: "web", roles: "web" },
];
const MAILS = 240;
const ANSWERS = 80;
const PACE_MS = 60;
/** Of the whole; many times what it takes on a machine of its own. In milliseconds. */
const LIMIT_MS = 400_000;
const PATIENCE_MS = 90_000;
/** How long a process that was killed is left dead, in milliseconds. */
const DEAD_MS = 6_000;
/** Messages flow again within 10 s of a killed process; this machine may have other work. In milliseconds. */
const RECOVERY_MS = 15_000;

const lacks = missing("synapse");

describe.skipIf(lacks)(`several processes with a part of the work each${lacks ? ` (${lacks})` : ""}`, () => {
  const random = seededRandom(SEED);
  const closing = new AsyncDisposableStack();
  let house: House;
  let fleet: Fleet;
  let url: string;
  beforeAll(async () => {
    console.log(`GUICHET_CHAOS_SEED=${SEED}`);
    const folder = await mkdtemp(join(tmpdir(), "guichet-store-"));
    closing.defer(() => rm(folder, { recursive: true, force: true }));
    const server = await startEmbedded({ folder, log: pino({ level: "silent" }) });
    closing.defer(() => server.stop());
    const webPort = await freePort();
    url = `http://127.0.0.1:${webPort}/town-form`;
    const limits = { per_address_unproven: 10_000, per_address: 10_000 };
    house = await openHouse({
      webPort,
      config: { database: { url: server.url }, public: { url: `http://127.0.0.1:${webPort}`, port: webPort } },
      others: { forms: {} },
      channels: { "town-form": { use: "webform", agency: "forms", least_seconds: 0, limits } },
      open: async (file, config, ports) => {
        fleet = await openFleet(SHIPS, file, config, ports);
        return fleet;
      },
    });
    closing.defer(() => house.close());
  }, 240_000);
  afterEach(({ task }) => {
    if (task.result?.state === "fail" && fleet) console.log(tellTrouble(fleet.log()));
  });
  afterAll(() => closing.disposeAsync());

  test(
    "each is killed in turn under load: nothing lost, nothing twice, all in order",
    async ({ signal: timeout }) => {
      const crowd = gatherCrowd({ random, citizens: 8, mails: MAILS, smtpPort: house.smtpPort, paceMs: PACE_MS });
      const { conversations } = crowd;
      const words = conversations.flatMap(({ mails }) => mails.map(({ word }) => word));
      const planned = new Set(random.shuffle(words).slice(0, ANSWERS));
      await using agent = answerMails(house.agent, house.room, conversations, planned);
      const formRoom = await house.agent.join("#forms:agents.test");
      const forms = writeForms(url, house, formRoom, timeout);

      const recoveries: Record<string, number> = {};
      const breakThings = async () => {
        const order = random.shuffle(SHIPS);
        for (const [index, { name }] of order.entries()) {
          crowd.admit(Math.ceil((MAILS * (index + 1)) / (order.length + 1)));
          await sleep(1_000);
          const ship = fleet.ships.get(name);
          await ship?.end("SIGKILL");
          recoveries[name] = await timeRecovery(crowd, agent);
          await sleep(Math.max(0, DEAD_MS - recoveries[name]));
          await ship?.start();
        }
        crowd.admit(MAILS);
      };
      const ending = new AbortController();
      const signal = AbortSignal.any([timeout, ending.signal]);
      await Promise.all([breakThings(), crowd.write(signal)]).finally(() => ending.abort());
      const written = await forms.end();

      const stock = async () =>
        takeStock(await house.agent.messages(house.room), house.sink.mails, { conversations, answers: agent.answers });
      const isDone = async () => agent.answers.length === ANSWERS && (await stock()).faults.length === 0;
      if (await becomesTrue(isDone, PATIENCE_MS, 1_000)) await sleep(1_500);
      const { faults, repeated } = await stock();
      console.log(
        `${MAILS} mails (${crowd.refused} offers without a 250), ${agent.answers.length} answers (${repeated} sent twice ` +
          `under one Message-ID), ${written.length} forms; ms until mails flowed: ${JSON.stringify(recoveries)}`,
      );
      expect(faults).toEqual([]);
      expect(agent.answers).toHaveLength(ANSWERS);
      expect(Math.max(...Object.values(recoveries))).toBeLessThan(RECOVERY_MS);

      const timeline = await house.agent.messages(formRoom);
      const count = (text: string, word: string) => text.split(word).length - 1;
      const said = timeline
        .filter(({ sender }) => sender.startsWith("@_guichet_webform"))
        .map(({ content }) => String(content.body));
      expect(written.map(({ word }) => [word, said.filter((body) => body.includes(word)).length])).toEqual(
        written.map(({ word }) => [word, 1]),
      );
      for (const { word, address } of written) {
        const page = await becomesTrue(async () => count((await ask(address)).text, `re-${word}`) === 1, 20_000);
        expect([word, page]).toEqual([word, true]);
      }
      expect(written.length).toBeGreaterThan(10);
    },
    LIMIT_MS,
  );
});

interface WrittenForm {
  readonly word: string;
  /** Of the citizen's page. */
  readonly address: string;
}

/** Writes one form after the other, each until its receipt is seen, and answers each once. */
function writeForms(url: string, house: House, room: string, signal: AbortSignal) {
  const written: WrittenForm[] = [];
  const answering: Promise<unknown>[] = [];
  let isOver = false;
  const patiently = async (visit: () => Promise<Page>, isGood: (page: Page) => boolean): Promise<Page> => {
    for (;;) {
      signal.throwIfAborted();
      const page = await visit().catch(() => undefined);
      if (page && isGood(page)) return page;
      await sleep(300);
    }
  };
  const write = async () => {
    for (let number = 0; !isOver; number += 1) {
      const word = `form${number}x`;
      const token = tokenOf(
        await patiently(
          () => ask(url),
          ({ status }) => status === 200,
        ),
      );
      const fields = { token, name: `Anna ${number}`, email: `anna${number}@example.org`, message: word, consent: "1" };
      // The same form again, as a browser sends it again: its token makes it the same message.
      const receipt = await patiently(() => post(url, { fields: Object.entries(fields) }), isReceipt);
      written.push({ word, address: caseUrlOf(receipt) });
      answering.push(answer(word));
      await sleep(500);
    }
  };
  const answer = async (word: string) => {
    const { event_id: root } = await house.arrival(word, PATIENCE_MS, room);
    await house.agent.reply(room, root, `re-${word}`, root);
  };
  const writing = write();
  writing.catch(() => undefined);
  return {
    async end(): Promise<readonly WrittenForm[]> {
      isOver = true;
      await writing;
      await Promise.all(answering);
      return written;
    },
  };
}

/** @returns how long it takes until a mail that is accepted from now on stands in the room, in milliseconds. */
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

/** What they warned of, newest last. */
const tellTrouble = (log: string) =>
  log
    .split("\n")
    .filter((line) => !/"level":[1-3]0/.test(line))
    .slice(-80)
    .map((line) => line.slice(0, 400))
    .join("\n");
