import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { runScript } from "../support/child-script.ts";
import { missing } from "../support/needs.ts";
import { until } from "../support/patience.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { useSmsc } from "../support/smsc-suite.ts";

const absent = missing("jsmpp-smsc");
const numberOf = (place: number) => `336120000${String(place % 50).padStart(2, "0")}`;

const deliveries = z.array(
  z.looseObject({ dir: z.string(), source_addr: z.string(), esm_class: z.number(), text: z.string().optional() }),
);

describe.skipIf(absent)(`many texts${absent === undefined ? "" : ` (${absent})`}`, () => {
  const suite = useSmsc(["--queue", "1000"]);

  /** Runs them with so many at once. */
  const runAll = async (count: number, width: number, run: (place: number) => Promise<unknown>) => {
    let next = 0;
    const work = async () => {
      for (let place = next++; place < count; place = next++) await run(place);
    };
    await Promise.all(Array.from({ length: width }, work));
  };

  test("10,000 in and out: none lost, none twice, in order for each number, nothing malformed", async () => {
    const channel = await suite.start({ per_second: 10_000, window: 50 });
    const begun = performance.now();
    // Each number's texts one after the other, as its conversation's lane sends them.
    await Promise.all([
      runAll(50, 50, async (citizen) => {
        for (let turn = 0; turn < 200; turn += 1)
          await channel.send(`réponse ${turn}`, { to: { address: `+${numberOf(citizen)}` } });
      }),
      runAll(50, 50, async (citizen) => {
        for (let turn = 0; turn < 200; turn += 1)
          await suite.smsc.order("mo", { text: `question ${turn}`, from: numberOf(citizen), retries: 100, window: 1 });
      }),
    ]);
    await until(() => channel.host.taken.length >= 10_000 && channel.host.receipts.length >= 10_000, 60_000);
    const seconds = (performance.now() - begun) / 1000;
    console.log(`10,000 texts in, 10,000 out and 10,000 receipts in ${seconds.toFixed(1)} s`);
    // The SMSC works on many at once: what counts is the order on the wire.
    const wire = await suite.smsc.tell("log", { has: '"cmd":"deliver_sm"' }, deliveries);
    const expected = (word: string) => Array.from({ length: 200 }, (_, turn) => `${word} ${turn}`);
    const sent = await suite.smsc.texts();
    expect([channel.host.taken.length, sent.length]).toEqual([10_000, 10_000]);
    for (let citizen = 0; citizen < 50; citizen += 1) {
      const address = `+${numberOf(citizen)}`;
      const asked = wire.filter(
        (pdu) => pdu.dir === "out" && pdu.source_addr === numberOf(citizen) && pdu.esm_class === 0,
      );
      const taken = channel.host.taken.filter(({ from }) => from.address === address).map(({ text }) => text);
      expect(taken).toEqual(asked.map(({ text }) => text));
      expect(taken.toSorted()).toEqual(expected("question").toSorted());
      expect(sent.filter(({ to }) => `+${to}` === address).map(({ text }) => text)).toEqual(expected("réponse"));
    }
    expect(await suite.smsc.lint()).toEqual([]);
  }, 180_000);

  // Nobody says "oui" twice here: whether equal words after a kill are new or come again, nothing can tell (ADR 20).
  test("killed again and again while texts come in: none is lost, none comes twice", async () => {
    const folder = await mkdtemp(join(tmpdir(), "guichet-sms-kill-"));
    const random = seededRandom(11);
    const count = 400;
    const expected = Array.from({ length: count }, (_, place) =>
      place % 5 === 0 ? `long ${place} ${"é".repeat(400)}` : place % 7 === 0 ? "oui" : `court ${place}`,
    );
    try {
      const feeding = runAll(count, 1, async (place) => {
        await suite.smsc.order("mo", {
          ...{
            text: expected[place] ?? "",
            from: `3361300${String(place).padStart(4, "0")}`,
            coding: "latin1",
            concat: "auto",
          },
          ...{ ref: place % 256, order: "shuffle", retries: 1_000, retry_ms: 100 },
        });
        await new Promise((resolve) => setTimeout(resolve, 20));
      });
      const readInbox = async () => {
        const lines = (await readFile(join(folder, "inbox"), "utf8").catch(() => "")).split("\n").slice(0, -1);
        return lines.map((line): string => JSON.parse(line.slice(line.indexOf(" ") + 1)));
      };
      let kills = 0;
      const limit = Date.now() + 120_000;
      for (let isFed = false; !isFed || (await readInbox()).length < count; ) {
        if (Date.now() > limit) break;
        const child = runScript("sms-channel.ts", [folder, String(suite.smsc.port)]);
        await child.line("started");
        await new Promise((resolve) => setTimeout(resolve, random.between(200, 1_500)));
        isFed = await Promise.race([
          feeding.then(() => true),
          new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 1)),
        ]);
        await child.end("SIGKILL");
        kills += 1;
      }
      // What the SMSC still has comes now, if anything does.
      const last = runScript("sms-channel.ts", [folder, String(suite.smsc.port)]);
      await new Promise((resolve) => setTimeout(resolve, 4_000));
      await last.end();
      console.log(`${kills} kills`);
      expect((await readInbox()).sort()).toEqual(expected.sort());
      expect(kills).toBeGreaterThan(5);
      expect(await suite.smsc.lint()).toEqual([]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }, 180_000);
});
