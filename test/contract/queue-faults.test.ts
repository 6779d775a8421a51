import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { FencedOffError } from "../../src/domain/fence.ts";
import { type InboxId, type Lane, laneFrom } from "../../src/domain/ids.ts";
import { type Sweep, sweepLanes } from "../../src/queue/sweep.ts";
import { addArrival, findIdleLanes, postpone, quarantine, readWaiting } from "../../src/store/inbox.ts";
import { type ChildScript, runScript } from "../support/child-script.ts";
import { type LanePlace, openLanePlace, QUEUES } from "../support/lane-places.ts";
import { until } from "../support/until.ts";

/** Short, so that a test sees it run out. */
const LEASE_MS = 2_000;
const LANE = laneFrom("in/one");

// Both at once: the tests mostly wait.
describe.concurrent.each(QUEUES)("lanes on $kind $lacking", ({ kind, lacking }) => {
  describe.skipIf(lacking)("in bad times", { concurrent: false }, () => {
    let here: LanePlace;
    const workers: ChildScript[] = [];
    const sweeps: Sweep[] = [];
    beforeAll(async () => {
      here = await openLanePlace(kind);
    });
    afterEach(async () => {
      for (const worker of workers.splice(0)) await worker.end();
      for (const sweep of sweeps.splice(0)) await sweep.stop();
      await here.rest();
    });
    afterAll(() => here?.close());

    /** Another process that begins on the first lane it gets, and does not end its work. */
    async function startWorker(leaseMs = LEASE_MS): Promise<ChildScript> {
      const worker = runScript("lane-worker.ts", [kind, here.place.url, here.database.url, String(leaseMs)]);
      workers.push(worker);
      await worker.line("ready");
      return worker;
    }

    function sweepEach(lanes: Parameters<typeof sweepLanes>[0]["lanes"]): void {
      const find = () => findIdleLanes(here.database.relaxed, new Date(), 100);
      sweeps.push(sweepLanes({ lanes, find, everyMs: 100, log: pino({ level: "silent" }) }));
    }

    async function arrive(lane: Lane, dedupeKey: string): Promise<InboxId> {
      const message = {
        from: { address: "a@b.example" },
        to: "c@d.example",
        text: "x",
        references: [],
        automatic: false,
      };
      const arrival = { channel: "mail", dedupeKey, lane, message, receivedAt: new Date(), hasFiles: false };
      const id = await addArrival(here.database.durable, arrival);
      if (!id) throw new Error("the arrival was known");
      return id;
    }

    test("after the loss of the whole queue the sweep wakes what has waiting rows", async () => {
      const { database } = here;
      const done: InboxId[] = [];
      const lanes = await here.open({ alone: true });
      const names = Array.from({ length: 5 }, (_, n) => laneFrom(`in/lost-${n}`));
      const ids = await Promise.all(names.map((lane) => arrive(lane, `lost ${lane}`)));
      for (const lane of names) await lanes.wake(lane, "mail");
      await lanes.wake(LANE, "mail", new Date(Date.now() + 300));
      await here.lose();
      lanes.start(async (fence) => {
        for (const { id } of await readWaiting(database.relaxed, fence.lane, 10)) {
          await quarantine(database.relaxed, fence, id, "TEST");
          done.push(id);
        }
        return undefined;
      });
      await sleep(500);
      expect(done).toEqual([]);
      sweepEach(lanes);
      await until("all rows", () => done.length === ids.length);
      expect([...done].sort()).toEqual([...ids].sort());
    });

    test("a lane whose job was lost in mid-run does not run a second time beside itself", async () => {
      const gate = here.gate();
      let [runs, atOnce, most] = [0, 0, 0];
      const lanes = await here.open({ alone: true, leaseMs: LEASE_MS });
      lanes.start(async ({ signal }) => {
        runs += 1;
        atOnce += 1;
        most = Math.max(most, atOnce);
        if (runs === 1) await gate.promise;
        expect(signal.aborted).toBe(false);
        atOnce -= 1;
        return undefined;
      });
      await lanes.wake(LANE, "mail");
      await until("a run", () => runs === 1);
      await here.lose();
      await lanes.wake(LANE, "mail");
      // Longer than the lease: it is renewed as long as the work lasts.
      await sleep(LEASE_MS * 1.3);
      expect(runs).toBe(1);
      gate.resolve();
      await until("the run after it", () => runs === 2);
      expect([atOnce, most]).toEqual([0, 1]);
    });

    test("a worker that is killed in mid-run is followed within the lease", async () => {
      const follower = await here.open({ alone: true, leaseMs: LEASE_MS });
      const worker = await startWorker();
      await follower.wake(LANE, "mail");
      await worker.line(`began ${LANE}`);
      let followed = 0;
      follower.start(async () => {
        followed = Date.now();
        return undefined;
      });
      await sleep(500);
      await worker.end("SIGKILL");
      const killed = Date.now();
      await until("the follower", () => followed > 0, LEASE_MS * 3);
      // A busy machine may add to what the lease allows.
      expect(followed - killed).toBeLessThan(LEASE_MS * 1.1 + 1_500);
    });

    test("of two workers that both believe they own a lane only the newest can write", async () => {
      const { database } = here;
      const lane = laneFrom("in/two-owners");
      const id = await arrive(lane, "two owners");
      const follower = await here.open({ alone: true, leaseMs: LEASE_MS });
      const worker = await startWorker();
      await follower.wake(lane, "mail");
      await worker.line(`began ${lane}`);
      // It neither works nor knows that time passes, as on a machine that was suspended.
      worker.signal("SIGSTOP");
      const outcomes: string[] = [];
      follower.start(async (fence) => {
        const [name] = await Promise.all([
          worker.line("refused").catch(() => "wrote"),
          (async () => {
            worker.signal("SIGCONT");
            worker.tell(id);
          })(),
        ]);
        outcomes.push(name);
        await postpone(database.relaxed, fence, id, { dueAt: new Date(), code: "NEW_WORKER", attempts: 1 });
        outcomes.push("followed");
        return undefined;
      });
      await until("both tried", () => outcomes.length === 2, 20_000);
      expect(outcomes).toEqual([`refused ${FencedOffError.name}`, "followed"]);
      const row = await database.durable
        .selectFrom("inbox")
        .select(["code", "attempts"])
        .where("id", "=", id)
        .execute();
      expect(row).toEqual([{ code: "NEW_WORKER", attempts: 1 }]);
    });

    test("a guichet that is alone clears at once what a dead one left behind", async () => {
      const before = await here.open({ alone: true });
      const worker = await startWorker(60_000);
      await before.wake(LANE, "mail");
      await worker.line(`began ${LANE}`);
      await before.wake(laneFrom("in/waiting"), "mail");
      await before.wake(laneFrom("in/timer"), "mail", new Date(Date.now() + 300));
      await worker.end("SIGKILL");
      await before.stop();

      const ran: Lane[] = [];
      const lanes = await here.open({ alone: true });
      lanes.start(async ({ lane }) => {
        ran.push(lane);
        return undefined;
      });
      await lanes.wake(LANE, "mail");
      await until("the lane of the dead one", () => ran.length > 0, 2_000);
      await sleep(500);
      expect(ran).toEqual([LANE]);
    });

    test("lanes go on after the queue's server crashed and came back", async () => {
      const ran: number[] = [];
      const lanes = await here.open({ alone: true, leaseMs: LEASE_MS });
      lanes.start(async () => {
        ran.push(Date.now());
        return undefined;
      });
      await lanes.wake(LANE, "mail");
      await until("a run", () => ran.length === 1);
      here.faults.length = 0;
      const fast: number[] = [];
      const crashing = here.crash(1_500).then(() => true);
      for (let back = false; !back; back = await Promise.race([crashing, sleep(50, false)])) {
        const begin = Date.now();
        await Promise.race([lanes.wake(LANE, "mail").catch(() => undefined), sleep(5_000)]);
        fast.push(Date.now() - begin);
      }
      expect(Math.max(...fast)).toBeLessThan(5_000);
      const known = ran.length;
      await until("the queue takes wakes", () =>
        lanes.wake(LANE, "mail").then(
          () => true,
          () => false,
        ),
      );
      await until("a run after it", () => ran.length > known);
      expect(here.faults.length).toBeGreaterThan(0);
      expect(here.faults.length).toBeLessThan(30);
    });

    test("stop comes to its end while the queue's server is away, and the lane runs again later", async () => {
      const gate = here.gate();
      let begun = 0;
      const lanes = await here.open({ alone: true, leaseMs: LEASE_MS });
      lanes.start(async () => {
        begun += 1;
        await gate.promise;
        return undefined;
      });
      await lanes.wake(LANE, "mail");
      await until("a run", () => begun === 1);
      const crashed = here.crash(4_000);
      await sleep(300);
      const begin = Date.now();
      const stopping = lanes.stop();
      gate.resolve();
      await stopping;
      expect(Date.now() - begin).toBeLessThan(4_000);
      await crashed;
      const after = await here.open({ leaseMs: LEASE_MS });
      after.start(async () => {
        begun += 1;
        return undefined;
      });
      await after.wake(LANE, "mail");
      await until("a run after it", () => begun > 1);
    });
  });
});
