import type { Logger } from "pino";
import type { Channels } from "../channel/open-channels.ts";
import type { PublicAccess } from "../config/config.ts";
import { listenPublic, type PublicListener } from "../http/listen-public.ts";
import type { Links } from "../outbox/links.ts";

export interface WebParts {
  readonly access: PublicAccess;
  readonly log: Logger;
  readonly channels: Channels;
  readonly links: Links;
}

/** Listens for citizens and their providers, for all channels. @throws GuichetError PUBLIC_PORT */
export const serveWeb = ({ access, log, channels, links }: WebParts): Promise<PublicListener> =>
  listenPublic({ ...access, log, find: channels.route, findFile: links.find });
