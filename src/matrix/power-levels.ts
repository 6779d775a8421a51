import { isRecord } from "../domain/is-record.ts";

type Content = Readonly<Record<string, unknown>>;

/** Level of an agent: enough to invite, to remove and to redact. */
const MODERATOR = 50;
const HIGHEST = 100;
const WITHOUT_CREATOR_POWER = new Set(["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"]);

/** Users above every level, who may not stand in `users` (room version 12). @param create the whole m.room.create event. */
export function findCreators(create: Content): ReadonlySet<string> {
  const content = isRecord(create.content) ? create.content : {};
  if (WITHOUT_CREATOR_POWER.has(String(content.room_version ?? "1"))) return new Set();
  const others = Array.isArray(content.additional_creators) ? content.additional_creators : [];
  return new Set([create.sender, ...others].filter((user) => typeof user === "string"));
}

/**
 * Power levels that let agents moderate; nobody loses any.
 * @returns undefined when nothing is to be changed.
 */
export function raiseAgents(levels: Content, creators: ReadonlySet<string>, agents: readonly string[]) {
  const standing = isRecord(levels.users) ? levels.users : {};
  const low = agents.filter(
    (agent) => !creators.has(agent) && levelIn(standing[agent] ?? levels.users_default) < MODERATOR,
  );
  if (low.length === 0) return undefined;
  return { ...levels, users: { ...standing, ...Object.fromEntries(low.map((agent) => [agent, MODERATOR])) } };
}

/**
 * The power levels of a room for the one that follows it: nobody loses any power, and creators of the old room, who stood
 * above all levels, get the highest that can be written.
 * @param standing what the new room has: its creator's own level is kept.
 */
export function copyLevels(
  old: Content,
  standing: Content,
  who: {
    readonly bot: string;
    readonly oldCreators: ReadonlySet<string>;
    readonly creators: ReadonlySet<string>;
  },
): Content {
  const users = isRecord(old.users) ? old.users : {};
  const own = isRecord(standing.users) ? standing.users : {};
  const raised = [...who.oldCreators].map((user) => [user, HIGHEST]);
  const all = { ...users, ...Object.fromEntries(raised), ...(who.bot in own ? { [who.bot]: own[who.bot] } : {}) };
  const isListed = (user: string) => !who.creators.has(user) && (user !== who.bot || who.bot in own);
  return { ...old, users: Object.fromEntries(Object.entries(all).filter(([user]) => isListed(user))) };
}

/** Whether a user without a level of their own may send messages (Client-Server API, m.room.power_levels). */
export function mayAnybodySpeak(levels: Content): boolean {
  const events = isRecord(levels.events) ? levels.events : {};
  return levelIn(levels.users_default) >= levelIn(events["m.room.message"] ?? levels.events_default);
}

/** Old rooms hold levels as texts. */
const levelIn = (value: unknown) => Number(value ?? 0) || 0;
