import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Lane, laneFrom } from "../../src/domain/ids.ts";
import type { Turn } from "../../src/domain/turn.ts";
import { type Slots, shareSlots } from "../../src/queue/share-slots.ts";
import { seededRandom } from "../support/seeded-random.ts";

const SLOTS = 16;
const inbox = (name: string | number) => laneFrom(`in/${name}`);

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

type Run = (whose: string, turn: Turn, lane: Lane) => Promise<boolean>;

/** Slots, and whose runs began, in their order. */
function open(run: Run, slots = SLOTS): Slots & { begun: string[]; back: Lane[] } {
  const begun: string[] = [];
  const back: Lane[] = [];
  const opened = shareSlots({
    slots,
    run: (lane, whose, turn) => {
      begun.push(whose);
      return run(whose, turn, lane);
    },
    giveBack: (lane) => void back.push(lane),
  });
  return { ...opened, begun, back };
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const enter = (slots: Slots, whose: string, count: number, way = "in") => {
  for (let each = 0; each < count; each += 1) void slots.enter(laneFrom(`${way}/${whose}-${each}`), whose);
};

test("whoever is alone has all slots, and as many of its lanes work as there are", async () => {
  const slots = open(() => sleep(20).then(() => false));
  enter(slots, "crowd", 100);
  expect(slots.begun).toHaveLength(SLOTS);
  await vi.advanceTimersByTimeAsync(500);
  expect(slots.begun).toHaveLength(100);
});

test("thousands of lanes that wait for one are a single turn to the next one", async () => {
  const slots = open(() => sleep(20).then(() => false));
  enter(slots, "crowd", 5_000);
  await vi.advanceTimersByTimeAsync(1_000);
  const before = slots.begun.length;
  enter(slots, "quiet", 1);
  await vi.advanceTimersByTimeAsync(100);
  expect(slots.begun.slice(before).indexOf("quiet")).toBeLessThanOrEqual(SLOTS);
});

test("a crowd that was alone for long gives way at its next message to the first one who comes", async () => {
  const slots = open(async (_, turn) => {
    do await sleep(20);
    while (!turn.isOver());
    return true;
  });
  enter(slots, "crowd", 100);
  await vi.advanceTimersByTimeAsync(60_000);
  const before = slots.begun.length;
  enter(slots, "quiet", 1);
  await vi.advanceTimersByTimeAsync(25);
  expect(slots.begun.slice(before)).toContain("quiet");
});

test("two crowds have as many turns, and leave slots free for a third one", async () => {
  const slots = open(() => sleep(20).then(() => true));
  enter(slots, "one", 100);
  enter(slots, "other", 30);
  await vi.advanceTimersByTimeAsync(20_000);
  const turns = (whose: string) => slots.begun.filter((each) => each === whose).length;
  expect(turns("other") / turns("one")).toBeGreaterThan(0.9);
  const before = slots.begun.length;
  enter(slots, "third", 1);
  expect(slots.begun.slice(before)).toEqual(["third"]);
});

test("a lane that has much to do gives its slot to the next one of its channel, and goes on later", async () => {
  const done = new Map<Lane, number>();
  const slots = open(async (_, turn, lane) => {
    for (let message = 0; message < 200; message += 1) {
      await sleep(20);
      done.set(lane, (done.get(lane) ?? 0) + 1);
      if (turn.isOver()) return true;
    }
    return false;
  }, 1);
  enter(slots, "crowd", 2);
  await vi.advanceTimersByTimeAsync(3_000);
  const [first = 0, second = 0] = [...done.values()];
  expect(Math.abs(first - second)).toBeLessThan(60);
  expect(slots.begun.length).toBeGreaterThan(2);
});

test("answers that wait for their remote keep no slot, and no more of one channel wait than there are slots", async () => {
  const hung = Promise.withResolvers<boolean>();
  const slots = open((whose, turn) =>
    whose === "stuck" ? turn.outside(() => hung.promise) : sleep(20).then(() => false),
  );
  enter(slots, "stuck", 100, "out");
  enter(slots, "mail", 1, "out");
  await vi.advanceTimersByTimeAsync(0);
  expect(slots.begun.filter((whose) => whose === "mail")).toHaveLength(1);
  expect(slots.begun.filter((whose) => whose === "stuck")).toHaveLength(SLOTS);
  hung.resolve(false);
  await vi.advanceTimersByTimeAsync(100);
  expect(slots.begun).toHaveLength(101);
});

test("a lane that is woken while it works is worked on once more, and no lane twice at once", async () => {
  let [atOnce, most] = [0, 0];
  const slots = open(async () => {
    atOnce += 1;
    most = Math.max(most, atOnce);
    await sleep(20);
    atOnce -= 1;
    return false;
  });
  void slots.enter(inbox("one"), "mail");
  expect([slots.has(inbox("one")), slots.enter(inbox("one"), "mail"), slots.has(inbox("two"))]).toEqual([
    true,
    undefined,
    false,
  ]);
  await vi.advanceTimersByTimeAsync(100);
  expect([slots.begun.length, most, slots.has(inbox("one"))]).toEqual([2, 1, false]);
});

test("whoever stops gives back what waits, and what has more to do", async () => {
  const slots = open(() => sleep(20).then(() => true), 2);
  enter(slots, "mail", 4);
  const stopped = slots.stop();
  void slots.enter(inbox("late"), "mail");
  expect(slots.back).toEqual(["in/mail-2", "in/mail-3", "in/late"]);
  await vi.advanceTimersByTimeAsync(20);
  await stopped;
  expect(slots.back.slice(3)).toEqual(["in/mail-0", "in/mail-1"]);
});

/** A homeserver with one processor, as Synapse is: what comes waits for what came before, and for its disk. */
function openHomeserver() {
  const random = seededRandom(5);
  let busyUntil = 0;
  return async () => {
    busyUntil = Math.max(busyUntil, Date.now()) + 16 * (0.6 + 0.8 * random.next());
    await sleep(busyUntil - Date.now() + 10 * (0.5 + random.next()));
  };
}

/** @returns the 95th percentile of what a mail takes, at ten a second, and what the crowd posts a second. */
async function takeMails(crowd: number): Promise<{ p95: number; crowdPerSecond: number }> {
  const [random, post] = [seededRandom(7), openHomeserver()];
  const came = new Map<Lane, number>();
  const took: number[] = [];
  let posted = 0;
  const slots = open(async (whose, turn, lane) => {
    if (whose === "crowd") {
      do {
        await post();
        posted += 1;
      } while (!turn.isOver());
      return true;
    }
    await post();
    took.push(Date.now() - (came.get(lane) ?? 0));
    return false;
  });
  enter(slots, "crowd", crowd);
  await vi.advanceTimersByTimeAsync(20_000);
  posted = 0;
  const began = Date.now();
  for (let mail = 0; mail < 1_000; mail += 1) {
    await vi.advanceTimersByTimeAsync(Math.round(-100 * Math.log(1 - random.next())));
    came.set(inbox(mail), Date.now());
    void slots.enter(inbox(mail), "mail");
  }
  const crowdPerSecond = (1_000 * posted) / (Date.now() - began);
  expect(slots.crowds("in", "crowd")).toBe(crowd > 0);
  return { p95: took.toSorted((one, other) => one - other)[Math.floor(took.length * 0.95)] ?? 0, crowdPerSecond };
}

test("a mail now and then takes hardly longer beside a crowd that never ends, and the crowd goes on", async () => {
  const alone = await takeMails(0);
  const beside = await takeMails(100);
  expect(beside.p95 / alone.p95).toBeLessThan(1.15);
  expect(beside.crowdPerSecond).toBeGreaterThan(3);
});

test("those who have something to do all the time do not hold up a crowd for ever", async () => {
  const slots = open(() => sleep(20).then(() => true));
  enter(slots, "crowd", 100);
  // Ten who take turns, each with pauses.
  const mails = async () => {
    for (let at = 0; ; at += 1, await sleep(5)) void slots.enter(inbox(`${at}`), `mail-${at % 10}`);
  };
  void mails();
  await vi.advanceTimersByTimeAsync(20_000);
  const before = slots.begun.filter((whose) => whose === "crowd").length;
  await vi.advanceTimersByTimeAsync(20_000);
  expect(slots.begun.filter((whose) => whose === "crowd").length - before).toBeGreaterThan(10);
});
