import type { Config } from "./config.ts";

/** What a configuration asks of the registration. */
export const registrationNeeds = ({ homeserver, agencies }: Pick<Config, "homeserver" | "agencies">) => ({
  domain: homeserver.domain,
  aliases: [...agencies.values()].flatMap(({ room, space }) => (space === undefined ? [room] : [room, space])),
  // Conversations' own rooms, and the successors of agency rooms.
  portalRooms: true,
});
