import { measureAnswers } from "./answers.ts";
import { fillStore } from "./fill.ts";
import type { BenchMail } from "./mails.ts";
import { median, peakRssMb } from "./measure.ts";
import { openRig, print, type Rig } from "./rig.ts";

/** `--quick` is for a look, not for a claim. */
const QUICK = process.argv.includes("--quick");
/** Many: one citizen's mails keep their order, so that a run of few citizens would end with few in flight. */
const CITIZENS = 250;
const MESSAGES = QUICK ? 200 : 500;
const ROUNDS = QUICK ? 1 : 3;
/** `--width 16` measures one width only. */
const asked = process.argv.indexOf("--width");
const WIDTHS = asked === -1 ? [1, 8, 16] : [Number(process.argv[asked + 1])];
const STORED = 100_000;

const citizen = (index: number) => `citizen${index % CITIZENS}@example.org`;
const times = (count: number, make: (index: number) => BenchMail) =>
  Array.from({ length: count }, (_, index) => make(index));

interface Population {
  readonly further: readonly BenchMail[];
  readonly fresh: readonly BenchMail[];
  readonly ghosts: readonly string[];
}

/** Citizens with a conversation each. */
async function populate(rig: Rig): Promise<Population> {
  const firsts = times(CITIZENS, (index) => ({ from: citizen(index), subject: `Matter ${index}` }));
  const { messageIds } = await rig.mails("first mail of a new citizen", firsts);
  const members = [...(await rig.house.agent.members(rig.house.room)).keys()];
  return {
    further: times(MESSAGES, (index) => ({
      from: citizen(index),
      subject: "Re: matter",
      inReplyTo: `<${messageIds[index % CITIZENS]}>`,
    })),
    fresh: times(MESSAGES, (index) => ({ from: citizen(index), subject: `New matter ${index}` })),
    ghosts: members.filter((user) => user.startsWith("@_guichet_email_")),
  };
}

/** Mails between two runs of bare sends, so that a machine that gets slower or faster does so for both. */
async function compare(rig: Rig, { further, fresh, ghosts }: Population): Promise<number> {
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = await rig.bare(ghosts, MESSAGES);
    const { perSecond } = await rig.mails("further mail", further);
    const after = await rig.bare(ghosts, MESSAGES);
    ratios.push((2 * perSecond) / (before + after));
  }
  await rig.mails("new matter of a known citizen", fresh);
  print(
    `ratio further mail / bare: ${median(ratios).toFixed(2)} (${ratios.map((ratio) => ratio.toFixed(2)).join(", ")})\n`,
  );
  return median(ratios);
}

print(`${MESSAGES} messages a line, ${ROUNDS} rounds; latencies are p50 / p95 / p99; CPU a message\n`);
for (const width of WIDTHS) {
  const rig = await openRig(width);
  try {
    const population = await populate(rig);
    // A service runs for months: its first minute, in which V8 compiles, is not measured.
    if (!QUICK) await rig.mails("warming up", [...population.further, ...population.further]);
    const small = await compare(rig, population);
    if (width < 16) continue;
    print(`guichet's peak RSS so far: ${peakRssMb(rig.house.guichet.pid)} MB`);
    await rig.paced(population.further, 1000 / 30);
    await measureAnswers({ ...rig, count: QUICK ? 50 : 200, print });
    print(`\nthe same with ${STORED} conversations in the store`);
    await fillStore(rig.database.durable, rig.house.room, STORED);
    const large = await compare(rig, population);
    await rig.paced(population.further, 1000 / 30);
    print(`\nratio with ${STORED} conversations against ${CITIZENS}: ${(large / small).toFixed(2)}`);
    print(`guichet's peak RSS: ${peakRssMb(rig.house.guichet.pid)} MB`);
  } finally {
    await rig.close();
  }
}
