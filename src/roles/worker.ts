import type { KeyObject } from "node:crypto";
import { followRoom } from "../agency/follow-room.ts";
import { announcePortal, openPortal } from "../agency/open-portal.ts";
import type { ReachParts } from "../agency/reach-homeserver.ts";
import type { Channels } from "../channel/open-channels.ts";
import { findWay } from "../desk/find-way.ts";
import { sayInRoom } from "../desk/say.ts";
import type { DeskTexts } from "../desk/texts.ts";
import { type Lane, type RoomId, readLane } from "../domain/ids.ts";
import { deliverArrivals, type InboxDelivery } from "../inbox/deliver.ts";
import { hourOf, openFloodGuard } from "../inbox/flood.ts";
import { rememberJoined } from "../inbox/joined.ts";
import { acceptEvents } from "../outbox/accept.ts";
import type { OutboxIntake } from "../outbox/intake.ts";
import type { Links } from "../outbox/links.ts";
import type { LaneWork } from "../queue/lanes.ts";
import type { Arrival } from "../store/inbox.ts";

export interface IntakeParts extends ReachParts {
  readonly channels: Channels;
  readonly links: Links | undefined;
  readonly ghostKey: KeyObject;
  readonly portalKey: KeyObject;
  readonly replyKey: KeyObject;
  /** False while older events than those that wait may still come. */
  isCurrent(): Promise<boolean>;
  wake(lane: Lane, whose: string): Promise<void>;
}

/** @returns what works on a lane of arrivals or of a room's events. */
export function workIntake(parts: IntakeParts): LaneWork {
  const { agencies } = parts;
  const follow = (room: RoomId) => followRoom(parts, room);
  const channelsOf = (agency: string) =>
    parts.channels.all().flatMap(({ name, type, agency: owner }) => {
      const bridge = owner === agency ? parts.channels.bridge(name) : undefined;
      return bridge ? [{ name, type, bridge }] : [];
    });
  const inbox: InboxDelivery = {
    ...parts,
    channel(name) {
      const channel = parts.channels.configured(name);
      const agency = channel && agencies.get(channel.agency);
      if (!agency) return undefined;
      const { room, texts, configured } = agency;
      const { acknowledge: words, portal } = configured;
      const mayWrite = parts.channels.bridge(name)?.capabilities.send === true;
      const acknowledging = words && mayWrite ? { ...configured, words } : undefined;
      return { type: channel.type, agency: channel.agency, portal, room, texts, acknowledging };
    },
    findWay: (agency, type, address) => findWay(channelsOf(agency), type, address),
    joined: rememberJoined(),
    flood: openFloodGuard(),
    async announceFlood(agency, lane, { id, receivedAt }) {
      const { room, texts } = agencies.get(agency) ?? {};
      const hour = String(hourOf(receivedAt));
      if (room && texts) await sayInRoom(parts, room, texts.flood(id), ["flood", lane, hour]);
    },
    async openPortal(arrival) {
      const channel = parts.channels.configured(arrival.channel);
      const agency = channel && agencies.get(channel.agency);
      return agency && openPortal(parts, agency, channel, arrival);
    },
    async announcePortal(name, portal) {
      const agency = agencies.get(name);
      if (agency) await announcePortal(parts, agency, portal);
    },
    follow,
    async announceQuarantine(agency, arrival, code) {
      const { room, texts } = agencies.get(agency) ?? {};
      if (room && texts) await sayInRoom(parts, room, sayQuarantined(texts, arrival, code), ["quarantine", arrival.id]);
    },
    async announceWaiting(agency, code) {
      const { room, texts } = agencies.get(agency) ?? {};
      // Once a day: each citizen's lane comes here on its own.
      const today = new Date().toISOString().slice(0, 10);
      if (room && texts) await sayInRoom(parts, room, texts.waiting(code), ["waiting", room, today]);
    },
  };
  const intake: OutboxIntake = {
    ...parts,
    agency: agencies.get,
    agencyOf: agencies.ofRoom,
    follow,
    bridge: (channel) => parts.channels.bridge(channel),
    channelsOf,
  };
  return async (fence, turn) => {
    const lane = readLane(fence.lane);
    if (lane.of === "arrivals") return deliverArrivals(inbox, fence, turn);
    if (lane.of === "events") return acceptEvents(intake, fence, lane.room);
    return undefined;
  };
}

function sayQuarantined(texts: DeskTexts, { id, message }: Arrival, code: string): string {
  const { hold, trust, remarks } = message;
  if (hold) return texts.held(id, code, trust?.remark ?? remarks?.[0]);
  return code === "CITIZEN_BANNED" ? texts.banned(id) : texts.quarantined(id, code);
}
