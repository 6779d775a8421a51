import type { KeyObject } from "node:crypto";
import type { Logger } from "pino";
import type { Agencies } from "../agency/agencies.ts";
import type { Channels } from "../channel/open-channels.ts";
import { readLane } from "../domain/ids.ts";
import type { HomeserverClient } from "../matrix/homeserver-client.ts";
import type { OurUsers } from "../matrix/identity.ts";
import { openMedia } from "../matrix/media.ts";
import { deliverAnswers, type OutboxDelivery } from "../outbox/deliver.ts";
import type { Links } from "../outbox/links.ts";
import type { LaneWork } from "../queue/lanes.ts";
import type { Database } from "../store/database.ts";

export interface AnswerParts {
  readonly log: Logger;
  readonly database: Database;
  readonly client: HomeserverClient;
  readonly users: OurUsers;
  readonly agencies: Agencies;
  readonly channels: Channels;
  readonly links: Links | undefined;
  readonly replyKey: KeyObject;
}

/** @returns what works on a lane of answers: it needs the channels' connections in its own process. */
export function workAnswers(parts: AnswerParts): LaneWork {
  const { agencies, channels, client, users } = parts;
  const outbox: OutboxDelivery = {
    ...parts,
    bridge: (channel) => channels.bridge(channel),
    agencyName: (agency) => agencies.get(agency)?.configured.name ?? agency,
    texts: (agency) => agencies.textsOf(agency),
    openFile: async (mxc, signal) => (await openMedia(client, mxc, users.bot, signal)).content,
  };
  return async (fence, turn) => {
    const lane = readLane(fence.lane);
    return lane.of === "answers" ? deliverAnswers(outbox, fence, lane.conversation, turn) : undefined;
  };
}
