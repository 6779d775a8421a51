import type { Bridge, BridgeHost } from "../adapter/index.ts";
import type { AgencyId, ChannelId } from "../domain/ids.ts";

/** An operator's configuration, checked: every name in it refers to something, every secret is resolved, every path is absolute. */
export interface Config {
  /** The file that was read, absolute. */
  readonly file: string;
  readonly homeserver: { readonly url: string; readonly domain: string };
  readonly appservice: {
    /** File of the registration, absolute. */
    readonly registration: string;
    /** Address and port that the homeserver calls us on. */
    readonly bind: string;
    readonly port: number;
  };
  /** Undefined: citizens reach guichet by their channels' own ways alone. */
  readonly public?: PublicAccess;
  readonly bot: { readonly displayName: string };
  /** Absolute; may not exist yet. */
  readonly dataFolder: string;
  /** Without `url`: the embedded PostgreSQL, on `port` or on a free one. */
  readonly database: { readonly url?: string; readonly port?: number };
  /** Without `redis`: in the database. `concurrency` is the number of lanes worked on at once. */
  readonly queue: { readonly redis?: string; readonly concurrency: number };
  readonly rooms: RoomLimits;
  readonly log: { readonly level: LogLevel };
  readonly agencies: ReadonlyMap<AgencyId, ConfiguredAgency>;
  readonly channels: ReadonlyMap<ChannelId, ConfiguredChannel>;
}

/** Where citizens and their providers reach guichet by HTTP. */
export interface PublicAccess {
  /** As seen from outside, without `/` at its end. */
  readonly url: string;
  readonly bind: string;
  readonly port: number;
  /** Addresses and networks of proxies whose X-Forwarded-For counts. */
  readonly trustedProxies: readonly string[];
  /** How long links to files of answers work, in days. */
  readonly linkDays: number;
}

/** When ghosts leave agency rooms, and when these are followed by new ones. */
export interface RoomLimits {
  /** Without a message in a ghost's conversations there. */
  readonly quietDays: number;
  /** Ghosts in a room at once. */
  readonly mostGhosts: number;
  /** Ghosts that were ever in it: a room's state keeps each member event. */
  readonly mostMembers: number;
}

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal";

export interface ConfiguredAgency {
  readonly id: AgencyId;
  /** Name for citizens and agents by language; holds at least one, the first of `languages` among them when the operator gave it. */
  readonly names: ReadonlyMap<string, string>;
  /** Name in the agency's first language, or else the first name given. */
  readonly name: string;
  /** Full alias, on the homeserver's domain. */
  readonly room: string;
  readonly topic?: string;
  readonly portal: "thread" | "room";
  /** Full alias of the space that holds the conversations' rooms; with `portal: room` only. */
  readonly space?: string;
  readonly replies: "explicit" | "all";
  readonly undoSeconds: number;
  /** Language tags (RFC 5646), the preferred one first; never empty. */
  readonly languages: readonly string[];
  /** Words of automatic acknowledgements by language, none meaning guichet's own; undefined when there are none. */
  readonly acknowledge?: ReadonlyMap<string, string>;
  /** Full user ids of those who are invited and may moderate the room. */
  readonly agents: readonly string[];
}

export interface ConfiguredChannel {
  readonly name: ChannelId;
  readonly agency: AgencyId;
  /** What the operator wrote after `use`. */
  readonly use: string;
  /** The bridge's own type: part of ghost localparts. */
  readonly type: string;
  /** What the file says; an operator's command may say otherwise. */
  readonly enabled: boolean;
  /** Differs when any setting does. Holds none of them. */
  readonly fingerprint: string;
  /** Builds the bridge with the channel's checked settings; connects nothing. */
  build(host: BridgeHost): Bridge;
}
