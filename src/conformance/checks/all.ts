import type { Check } from "../check.ts";
import { arrivalChecks } from "./arrivals.ts";
import { censusChecks } from "./census.ts";
import { arrivingFileChecks, leavingFileChecks } from "./files.ts";
import { lifeChecks } from "./life.ts";
import { routeChecks } from "./routes.ts";
import { seenChecks } from "./seen.ts";
import { failingChecks, sendingChecks } from "./sending.ts";
import { stopChecks } from "./stop.ts";

/** Every check, in the order in which an author will want to pass them. */
export const allChecks: readonly Check[] = [
  ...lifeChecks,
  ...arrivalChecks,
  ...censusChecks,
  ...arrivingFileChecks,
  ...sendingChecks,
  ...failingChecks,
  ...leavingFileChecks,
  ...routeChecks,
  ...seenChecks,
  ...stopChecks,
];
