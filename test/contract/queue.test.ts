import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Fence } from "../../src/domain/fence.ts";
import { type Lane, laneFrom } from "../../src/domain/ids.ts";
import type { Lanes, LanesOptions, LaneWork } from "../../src/queue/lanes.ts";
import { type LanePlace, openLanePlace, QUEUES } from "../support/lane-places.ts";
import { until } from "../support/until.ts";

const LANE = laneFrom("in/one");

// Both at once: the tests mostly wait.
describe.concurrent.each(QUEUES)("lanes on $kind $lacking", ({ kind, lacking }) => {
  describe.skipIf(lacking)("in order and in time", { concurrent: false }, () => {
    let here: LanePlace;
    beforeAll(async () => {
      here = await openLanePlace(kind);
    });
    afterEach(() => here.rest());
    afterAll(() => here?.close());

    async function run(work: LaneWork, options: Partial<LanesOptions> = {}): Promise<Lanes> {
      const lanes = await here.open({ alone: true, ...options });
      lanes.start(work);
      return lanes;
    }

    test("a lane runs once at a time, and once more for all wakes during a run", async () => {
      const [first, second] = [here.gate(), here.gate()];
      let [runs, atOnce, most] = [0, 0, 0];
      const lanes = await run(async () => {
        const gate = runs === 0 ? first : second;
        runs += 1;
        atOnce += 1;
        most = Math.max(most, atOnce);
        await gate.promise;
        atOnce -= 1;
        return undefined;
      });
      await lanes.wake(LANE, "mail");
      await until("the first run", () => runs === 1);
      await Promise.all(Array.from({ length: 20 }, () => lanes.wake(LANE, "mail")));
      await sleep(200);
      expect(runs).toBe(1);
      first.resolve();
      await until("the second run", () => runs === 2);
      second.resolve();
      await sleep(300);
      expect([runs, atOnce, most]).toEqual([2, 0, 1]);
    });

    test("no wake is lost between the ends of runs, and no lane runs twice at once", async () => {
      const waiting = new Map<Lane, number>();
      const busy = new Set<Lane>();
      const overlaps: Lane[] = [];
      const lanes = await run(async ({ lane }) => {
        if (busy.has(lane)) overlaps.push(lane);
        busy.add(lane);
        waiting.set(lane, 0);
        await sleep(Math.random() * 8);
        busy.delete(lane);
        return undefined;
      });
      const write = async (lane: Lane) => {
        for (let written = 0; written < 40; written += 1) {
          waiting.set(lane, (waiting.get(lane) ?? 0) + 1);
          await lanes.wake(lane, "mail");
          await sleep(Math.random() * 12);
        }
      };
      const names = Array.from({ length: 6 }, (_, n) => laneFrom(`in/${n}`));
      await Promise.all(names.map(write));
      await until("all is taken", () => names.every((name) => waiting.get(name) === 0), 5_000);
      expect(overlaps).toEqual([]);
    });

    test("lanes run beside each other, as many as are allowed", async () => {
      const gate = here.gate();
      const begun: Lane[] = [];
      const lanes = await run(
        async ({ lane }) => {
          begun.push(lane);
          await gate.promise;
          return undefined;
        },
        { concurrency: 4 },
      );
      const names = Array.from({ length: 9 }, (_, n) => laneFrom(`in/${n}`));
      for (const name of names) await lanes.wake(name, "mail");
      await until("four run", () => begun.length === 4);
      await sleep(300);
      expect(begun).toHaveLength(4);
      gate.resolve();
      await until("all ran", () => begun.length === names.length);
      expect([...begun].sort()).toEqual([...names].sort());
    });

    test("a timer holds back no earlier wake, and a later timer no earlier one", async () => {
      const begin = Date.now();
      const runs: number[] = [];
      const lanes = await run(async () => {
        runs.push(Date.now() - begin);
        return undefined;
      });
      const at = (ms: number) => lanes.wake(LANE, "mail", new Date(begin + ms));
      await at(60_000);
      await at(2_500);
      await at(1_500);
      await at(60_000);
      await lanes.wake(LANE, "mail");
      await until("three runs", () => runs.length === 3);
      const [now = 0, first = 0, second = 0] = runs;
      expect(now).toBeLessThan(first);
      expect(first).toBeGreaterThanOrEqual(1_500);
      expect(second).toBeGreaterThanOrEqual(2_500);
      await sleep(100);
      expect(runs).toHaveLength(3);
    });

    test("a lane that asks to be woken is, each time, also when its timer has only just rung", async () => {
      let runs = 0;
      await (
        await run(async () => {
          runs += 1;
          return runs < 25 ? new Date(Date.now() + 1 + (runs % 3)) : undefined;
        })
      ).wake(LANE, "mail");
      await until("25 runs", () => runs === 25);
    });

    test("many wakes for one moment are one run", async () => {
      let runs = 0;
      const lanes = await run(async () => {
        runs += 1;
        return undefined;
      });
      const at = new Date(Date.now() + 400);
      await Promise.all(Array.from({ length: 50 }, () => lanes.wake(LANE, "mail", at)));
      await until("a run", () => runs > 0);
      await sleep(200);
      expect(runs).toBe(1);
    });

    test("a run that fails is tried again, later each time, and no other lane waits for it", async () => {
      const failed: number[] = [];
      let others = 0;
      const lanes = await run(async ({ lane }) => {
        if (lane !== LANE) others += 1;
        else if (failed.push(Date.now()) < 3) throw new Error("poisoned");
        return undefined;
      });
      await lanes.wake(LANE, "mail");
      await until("the first failure", () => failed.length === 1);
      await lanes.wake(laneFrom("in/other"), "mail");
      await until("the other lane", () => others === 1, 900);
      await until("three runs", () => failed.length === 3);
      const [first = 0, second = 0, third = 0] = failed;
      expect(second - first).toBeGreaterThanOrEqual(800);
      expect(third - second).toBeGreaterThanOrEqual(1_600);
      expect(here.faults.some((line) => line.includes("poisoned"))).toBe(true);
    });

    test("stop waits for runs, takes no new lane, is safe twice, and keeps what was woken meanwhile", async () => {
      const gate = here.gate();
      const begun: Lane[] = [];
      const lanes = await run(async ({ lane }) => {
        begun.push(lane);
        await gate.promise;
        return undefined;
      });
      await lanes.wake(LANE, "mail");
      await until("a run", () => begun.length === 1);
      let stopped = false;
      const stopping = lanes.stop().then(() => {
        stopped = true;
      });
      const later = laneFrom("in/later");
      await lanes.wake(LANE, "mail");
      await lanes.wake(later, "mail");
      await sleep(300);
      expect([stopped, begun]).toEqual([false, [LANE]]);
      gate.resolve();
      await Promise.all([stopping, lanes.stop()]);
      await lanes.stop();
      await expect(lanes.wake(LANE, "mail")).rejects.toThrow();

      const next: Lane[] = [];
      (await here.open()).start(async ({ lane }) => {
        next.push(lane);
        return undefined;
      });
      await until("both ran", () => next.includes(LANE) && next.includes(later));
    });

    test("stop tells a run that takes too long to end", async () => {
      let fence: Fence | undefined;
      const lanes = await run(
        async (given) => {
          fence = given;
          while (!given.signal.aborted) await sleep(10);
          return undefined;
        },
        { stopMs: 200 },
      );
      await lanes.wake(LANE, "mail");
      await until("a run", () => fence !== undefined);
      const begin = Date.now();
      await lanes.stop();
      expect(Date.now() - begin).toBeGreaterThanOrEqual(190);
      expect(Date.now() - begin).toBeLessThan(3_000);
    });
  });
});
