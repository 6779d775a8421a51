import type { Config, ConfiguredAgency } from "../config/config.ts";
import { chooseTexts } from "../desk/choose-texts.ts";
import type { DeskTexts } from "../desk/texts.ts";
import type { RoomId } from "../domain/ids.ts";
import { listAgencyRooms, listSpaces } from "../store/agency-room.ts";
import type { Database } from "../store/database.ts";

/** An agency as the lanes see it. */
export interface Agency {
  readonly id: string;
  readonly configured: ConfiguredAgency;
  readonly replies: "explicit" | "all";
  readonly undoMs: number;
  readonly texts: DeskTexts;
  /** Where new conversations begin; undefined until the homeserver has been reached for the first time. */
  readonly room: RoomId | undefined;
  /** Holds the rooms of conversations that have their own; undefined when there are none, or as above. */
  readonly space: RoomId | undefined;
}

export interface Agencies {
  get(name: string): Agency | undefined;
  /** The words for an agency's agents; an agency that left the configuration keeps English. */
  textsOf(name: string): DeskTexts;
  ofRoom(room: RoomId): Agency | undefined;
  /** Reads the rooms again, after they were provided. */
  refresh(): Promise<void>;
}

/** The configured agencies with the rooms that the store knows: an agency works while the homeserver is away. */
export async function openAgencies(config: Config, database: Database): Promise<Agencies> {
  const agencies = new Map<string, Agency>();
  let byRoom: ReadonlyMap<string, string> = new Map();
  const refresh = async () => {
    const [rooms, spaces] = await Promise.all([listAgencyRooms(database.relaxed), listSpaces(database.relaxed)]);
    const current = new Map(rooms.filter(({ isCurrent }) => isCurrent).map(({ agency, room }) => [agency, room]));
    for (const configured of config.agencies.values()) {
      agencies.set(configured.id, {
        id: configured.id,
        configured,
        replies: configured.replies,
        undoMs: configured.undoSeconds * 1000,
        texts: chooseTexts(configured.languages),
        room: current.get(configured.id),
        space: configured.portal === "room" ? spaces.get(configured.id) : undefined,
      });
    }
    byRoom = new Map(rooms.map(({ room, agency }) => [room, agency]));
  };
  await refresh();
  return {
    get: (name) => agencies.get(name),
    textsOf: (name) => agencies.get(name)?.texts ?? chooseTexts([]),
    ofRoom: (room) => agencies.get(byRoom.get(room) ?? ""),
    refresh,
  };
}
