import { createHmac, type KeyObject } from "node:crypto";
import type { Logger } from "pino";
import type { ConfiguredChannel } from "../config/config.ts";
import { nameForDisplay } from "../conversation/ghost.ts";
import { linkToRoom } from "../conversation/permalink.ts";
import { base32 } from "../conversation/token.ts";
import { sayInRoom } from "../desk/say.ts";
import type { RoomId } from "../domain/ids.ts";
import { cleanCharacters } from "../html/characters.ts";
import type { HomeserverClient } from "../matrix/homeserver-client.ts";
import { NAMESPACE_PREFIX, type OurUsers } from "../matrix/identity.ts";
import { MatrixError } from "../matrix/matrix-error.ts";
import { providePortalRoom } from "../matrix/portal-room.ts";
import type { Agency } from "./agencies.ts";
import { describeChannels } from "./provide-rooms.ts";

export interface PortalParts {
  readonly client: HomeserverClient;
  readonly users: OurUsers;
  readonly log: Logger;
  /** Key of the hash that names rooms: an alias must not tell what it stands for. */
  readonly portalKey: KeyObject;
}

/** The arrival that begins a conversation. */
export interface FirstArrival {
  readonly channel: string;
  readonly dedupeKey: string;
  readonly message: {
    readonly from: { readonly address: string; readonly name?: string };
    readonly subject?: string | undefined;
  };
}

/**
 * Makes a new conversation's own room, or finds the one that an earlier attempt at the same arrival has made.
 * @returns undefined until the agency's space has been reached. @throws MatrixError
 */
export async function openPortal(
  { client, users, portalKey }: PortalParts,
  { configured, space, texts }: Agency,
  channel: Pick<ConfiguredChannel, "agency" | "name" | "type">,
  arrival: FirstArrival,
): Promise<RoomId | undefined> {
  if (!space) return undefined;
  return providePortalRoom(client, users, {
    alias: `#${NAMESPACE_PREFIX}${nameArrival(portalKey, arrival)}:${users.domain}`,
    space,
    name: nameRoom(arrival.message),
    topic: texts.portalTopic(configured.name, configured.replies),
    agents: configured.agents,
    bridges: describeChannels([channel]),
  });
}

/** Tells the agency room that a conversation has begun elsewhere. A room that is closed to us is passed over. */
export async function announcePortal(
  parts: PortalParts,
  { room, texts, configured }: Agency,
  portal: RoomId,
): Promise<void> {
  if (!room) return;
  const text = texts.portalOpened(linkToRoom(portal, parts.users.domain));
  try {
    await sayInRoom(parts, room, text, ["portal", portal]);
  } catch (error) {
    if (!(error instanceof MatrixError && error.isRefusal)) throw error;
    parts.log.warn({ agency: configured.id, code: error.errcode }, "a new conversation could not be announced");
  }
}

const nameArrival = (key: KeyObject, { channel, dedupeKey }: FirstArrival) =>
  base32(
    createHmac("sha256", key)
      .update(JSON.stringify(["portal", channel, dedupeKey]))
      .digest(),
  ).slice(0, 32);

/** In characters: lists of rooms show less. */
const NAME_LIMIT = 150;

function nameRoom({ from, subject = "" }: FirstArrival["message"]): string {
  const matter = cleanCharacters(subject.slice(0, NAME_LIMIT).replace(/\s+/g, " ")).trim();
  const name = nameForDisplay(from);
  return (matter ? `${name}: ${matter}` : name).slice(0, NAME_LIMIT).toWellFormed();
}
