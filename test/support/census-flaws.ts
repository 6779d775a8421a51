import * as sentences from "../../src/conformance/sentences.ts";
import { alter, type Flaw } from "./alter-bridge.ts";

/** A bridge whose second witness tells of other arrivals than its first. */
export const censusFlaws: readonly Flaw[] = [
  alter(sentences.CENSUS_COUNTS, "counts under names of its own", (bridge) => ({
    ...bridge,
    census: async function* () {
      yield { dedupeKey: "another", receivedAt: new Date(), take: async () => "duplicate" as const };
    },
  })),
];
