import type { FormSettings } from "../settings.ts";
import { createPace, sourceOf } from "./pace.ts";

/** Who may send now: by address and for all, with a proof of work and without. */
export interface Admission {
  /** Counts a post, before it is read. @returns 0, or how many seconds are to be waited. */
  knock(peer: string): number;
  /** Counts one that came without a proof. @returns as `knock`. */
  enterUnproven(peer: string): number;
  /** Holds one of the places for posts that are read at once; undefined when there is none. */
  takePlace(peer: string): Disposable | undefined;
}

const WINDOW_MS = 10 * 60_000;
const ALL = "all";
/** A place among so many is one address's share. */
const SHARES = 10;

export function createAdmission(limits: FormSettings["limits"], now: () => number): Admission {
  const pace = (most: number) => createPace(most, WINDOW_MS, now);
  const [address, agency] = [pace(limits.per_address), pace(limits.per_agency)];
  const [addressUnproven, agencyUnproven] = [pace(limits.per_address_unproven), pace(limits.per_agency_unproven)];
  const places = new Map<string, number>();
  let taken = 0;
  const share = Math.max(1, Math.ceil(limits.at_once / SHARES));
  // Whoever is refused alone must not use up what there is for all.
  return {
    knock: (peer) => address.spend(sourceOf(peer)) || agency.spend(ALL),
    enterUnproven: (peer) => addressUnproven.spend(sourceOf(peer)) || agencyUnproven.spend(ALL),
    takePlace(peer) {
      const source = sourceOf(peer);
      const own = places.get(source) ?? 0;
      if (taken >= limits.at_once || own >= share) return undefined;
      taken += 1;
      places.set(source, own + 1);
      return {
        [Symbol.dispose]() {
          taken -= 1;
          const left = (places.get(source) ?? 1) - 1;
          if (left === 0) places.delete(source);
          else places.set(source, left);
        },
      };
    },
  };
}
