import type { ConfiguredAgency } from "../config/config.ts";
import { GuichetError } from "../domain/guichet-error.ts";
import { pause } from "../domain/pause.ts";
import { NAMESPACE_PREFIX } from "../matrix/identity.ts";
import { MatrixError } from "../matrix/matrix-error.ts";
import { registerUser } from "../matrix/provision.ts";
import type { Agencies } from "./agencies.ts";
import { provideBot, provideRooms, type RoomParts } from "./provide-rooms.ts";

const WAIT_MS = 2_000;
/** A closed room waits for a person. */
const CLOSED_WAIT_MS = 30_000;

export interface ReachParts extends RoomParts {
  readonly agencies: Agencies;
}

/**
 * Brings our users and rooms into being. A homeserver that is away is waited for, while the channels take messages in.
 * @returns the agencies whose rooms are closed to the bot: see `openClosedRooms`.
 * @throws GuichetError REGISTRATION_UNKNOWN when the homeserver does not know us.
 */
export async function reachHomeserver(parts: ReachParts, signal: AbortSignal): Promise<ConfiguredAgency[]> {
  const { config, client, users, log } = parts;
  for (let waited = false; !signal.aborted; waited = true) {
    try {
      await provideBot(parts);
      const closed = await provideRooms(parts, config.agencies.values());
      await registerUser(client, users, `${NAMESPACE_PREFIX}watch`);
      await parts.agencies.refresh();
      return closed;
    } catch (error) {
      if (!(error instanceof MatrixError)) throw error;
      if (error.errcode === "M_UNKNOWN_TOKEN")
        throw new GuichetError(
          "REGISTRATION_UNKNOWN",
          `The homeserver does not know the as_token of ${config.appservice.registration}: name this file in its app_service_config_files and restart it.`,
        );
      if (!waited) log.warn({ code: error.errcode, status: error.status }, "homeserver not ready; waiting for it");
      await pause(Math.max(WAIT_MS, error.retryAfterMs ?? 0), signal);
    }
  }
  return [];
}

/** Tries closed rooms again until each has let the bot in, or `signal` aborts. */
export async function openClosedRooms(
  parts: ReachParts,
  closed: readonly ConfiguredAgency[],
  signal: AbortSignal,
): Promise<void> {
  for (let left = closed; left.length > 0; ) {
    await pause(CLOSED_WAIT_MS, signal);
    if (signal.aborted) return;
    try {
      left = await provideRooms(parts, left);
      await parts.agencies.refresh();
    } catch (error) {
      if (!(error instanceof MatrixError)) parts.log.error({ err: error }, "closed rooms could not be tried again");
    }
  }
}
