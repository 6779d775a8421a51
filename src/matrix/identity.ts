import { type UserId, userId } from "../domain/ids.ts";

/** Every user of ours begins with this; the registration claims the whole namespace. */
export const NAMESPACE_PREFIX = "_guichet_";

/** The users that guichet speaks as on one homeserver. */
export interface OurUsers {
  readonly domain: string;
  /** The working bot: a namespaced user, because Synapse refuses /sync to `sender_localpart`. */
  readonly bot: UserId;
  /** Appservice's `sender_localpart`; never speaks. */
  readonly sender: UserId;
  fullId(localpart: string): UserId;
  isOurs(user: string): boolean;
}

export function nameOurUsers(domain: string, senderLocalpart: string): OurUsers {
  const fullId = (localpart: string) => userId(`@${localpart}:${domain}`);
  const sender = fullId(senderLocalpart);
  return {
    domain,
    bot: fullId(`${NAMESPACE_PREFIX}bot`),
    sender,
    fullId,
    isOurs: (user) => user === sender || (user.startsWith(`@${NAMESPACE_PREFIX}`) && user.endsWith(`:${domain}`)),
  };
}
