import type { Bridge } from "../../adapter/index.ts";
import type { Check } from "../check.ts";
import { demand } from "../contract-broken.ts";
import { inTime } from "../patience.ts";
import * as sentences from "../sentences.ts";
import { writeLetter } from "../words.ts";
import { offer, untilAcknowledged, untilTaken } from "./acts.ts";

const HOUR_MS = 60 * 60_000;

/** What a bridge's second witness says. */
export const censusChecks: readonly Check[] = [
  {
    sentence: sentences.CENSUS_COUNTS,
    needs: ["arrivals"],
    see: async (stage) => {
      const bridge = await stage.start();
      if (!bridge.census) return;
      const offered = await offer(stage, writeLetter());
      await untilTaken(stage, 1);
      await untilAcknowledged(stage, offered);
      const [taken] = stage.host.taken;
      const now = stage.host.now().getTime();
      const read = (from: number, to: number) =>
        inTime(count(bridge, from, to), "`census` did not end", stage.patienceMs);
      const counted = await read(now - HOUR_MS, now + HOUR_MS);
      const same = counted.filter(({ dedupeKey }) => dedupeKey === taken?.dedupeKey);
      demand(same.length === 1, `the arrival was counted ${same.length} times under its \`dedupeKey\``);
      demand(same[0]?.ending === "duplicate", `\`take\` of what was taken gives "${same[0]?.ending}"`);
      demand(stage.host.taken.length === 1, `the inbox holds ${stage.host.taken.length} messages`);
      const before = await read(now - 2 * HOUR_MS, now - HOUR_MS);
      demand(before.length === 0, "arrivals outside the period were counted");
    },
  },
];

async function count(bridge: Bridge, from: number, to: number) {
  const found: { dedupeKey: string; ending: string }[] = [];
  for await (const { dedupeKey, take } of bridge.census?.(
    { from: new Date(from), to: new Date(to) },
    new AbortController().signal,
  ) ?? [])
    found.push({ dedupeKey, ending: await take() });
  return found;
}
