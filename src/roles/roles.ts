import type { Config } from "../config/config.ts";
import { GuichetError } from "../domain/guichet-error.ts";

/**
 * What a process does of guichet's work.
 * - `appservice`: listens for the homeserver, and follows it, one process of many;
 * - `channels`: runs the channels' connections, and sends answers over them;
 * - `worker`: posts citizens' messages and rules on agents' events;
 * - `web`: listens for citizens and their providers.
 */
export const ROLES = ["appservice", "channels", "worker", "web"] as const;
export type Role = (typeof ROLES)[number];
export type Roles = ReadonlySet<Role>;

const isRole = (word: string): word is Role => ROLES.some((role) => role === word);

/** @param words separated by commas; undefined for all roles. @throws GuichetError ROLE_UNKNOWN */
export function readRoles(words: string | undefined): Roles {
  if (words === undefined) return new Set(ROLES);
  const named = words.split(",").map((word) => word.trim());
  const roles = named.filter(isRole);
  if (roles.length === named.length) return new Set(roles);
  const unknown = named.filter((word) => !isRole(word)).map((word) => JSON.stringify(word));
  throw new GuichetError(
    "ROLE_UNKNOWN",
    `There is no role ${unknown.join(", ")}: the roles are ${ROLES.join(", ")}, separated by commas.`,
  );
}

/**
 * Refuses roles that cannot work with this configuration.
 * @throws GuichetError ROLES_DATABASE, ROLE_WITHOUT_PUBLIC
 */
export function checkRoles(roles: Roles, config: Config): void {
  if (roles.size < ROLES.length && config.database.url === undefined)
    throw new GuichetError(
      "ROLES_DATABASE",
      "Several processes need a database that all of them reach, and the embedded one serves a single process: set database.url, or leave --roles out.",
    );
  if (roles.size === 1 && roles.has("web") && config.public === undefined)
    throw new GuichetError(
      "ROLE_WITHOUT_PUBLIC",
      "The role web has nothing to listen on: write public into the configuration.",
    );
}
