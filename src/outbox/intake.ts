import type { KeyObject } from "node:crypto";
import type { Logger } from "pino";
import type { Bridge } from "../adapter/index.ts";
import type { OpenChannel } from "../desk/find-way.ts";
import { type DeskParts, sayBeside, sayToAgent } from "../desk/say.ts";
import type { DeskTexts } from "../desk/texts.ts";
import type { Fence } from "../domain/fence.ts";
import type { ConversationId, EventId, Lane, RoomId } from "../domain/ids.ts";
import { MatrixError } from "../matrix/matrix-error.ts";
import { settleEvent } from "../store/matrix-event.ts";
import { addMessage, readPlace } from "../store/message.ts";
import type { Links } from "./links.ts";
import type { AgentEvent } from "./read-event.ts";
import { type RenderOptions, renderAnswer } from "./render.ts";

export interface OutboxIntake extends DeskParts {
  readonly log: Logger;
  agency(name: string): AgencyRules | undefined;
  agencyOf(room: RoomId): AgencyRules | undefined;
  /** False while older events than those that wait may still come. */
  isCurrent(): Promise<boolean>;
  /**
   * Follows a room that another one has replaced. @returns false when none has that can be believed.
   * @throws MatrixError when there is no way in.
   */
  follow(room: RoomId): Promise<boolean>;
  wake(lane: Lane, whose: string): Promise<void>;
  /** Key of the hash that names ghosts. */
  readonly ghostKey: KeyObject;
  /** The running bridge of a channel; undefined when it was taken out of the configuration. */
  bridge(channel: string): Bridge | undefined;
  /** Undefined: citizens cannot reach guichet by HTTP. */
  readonly links: Links | undefined;
  /** An agency's channels, in the order of the configuration. */
  channelsOf(agency: string): readonly OpenChannel[];
}

export interface AgencyRules {
  readonly id: string;
  readonly replies: "explicit" | "all";
  readonly undoMs: number;
  readonly texts: DeskTexts;
}

/** An event of a room that is being worked on. */
export interface Context {
  readonly parts: OutboxIntake;
  readonly fence: Fence;
  readonly room: RoomId;
  /** Of the agency to which the room belongs. */
  readonly rules: AgencyRules | undefined;
  readonly seq: string;
  readonly event: AgentEvent;
  /** When the homeserver told of it. */
  readonly receivedAt: Date;
}

/** Says to the event's sender why it does not leave, or does not change what has. A room that is closed to us is passed over. */
export async function object(
  context: Context,
  conversation: ConversationId,
  choose: (texts: DeskTexts) => string,
  about: EventId = context.event.id,
): Promise<undefined> {
  const { parts, event, fence } = context;
  const place = await readPlace(parts.database.relaxed, conversation, context.room);
  const texts = place && parts.agency(place.agency)?.texts;
  try {
    if (place && texts) await sayToAgent(parts, place, { text: choose(texts), about, agent: event.sender });
  } catch (error) {
    if (!(error instanceof MatrixError && error.isRefusal)) throw error;
    parts.log.warn({ lane: fence.lane, code: error.errcode }, "an agent could not be told of an objection");
  }
  return settle(context, "objection", about === event.id ? conversation : undefined);
}

/** As `object`, for an event that belongs to no conversation. */
export async function objectBeside(
  context: Context,
  choose: (texts: DeskTexts) => string,
  code = "objection",
): Promise<undefined> {
  const { parts, room, event, fence } = context;
  const texts = parts.agencyOf(room)?.texts;
  try {
    if (texts) await sayBeside(parts, room, { text: choose(texts), about: event.id, agent: event.sender });
  } catch (error) {
    if (!(error instanceof MatrixError && error.isRefusal)) throw error;
    parts.log.warn({ lane: fence.lane, code: error.errcode }, "an agent could not be told of an objection");
  }
  return settle(context, code, undefined);
}

/** @param conversation to which the event belongs as agents' talk, so that replies to it do too. */
export async function settle(
  { parts, fence, room, seq, event }: Context,
  code: string,
  conversation: ConversationId | undefined,
): Promise<undefined> {
  const db = parts.database.relaxed;
  if (conversation) await addMessage(db, { event: event.id, room, conversation, author: "agent" });
  await settleEvent(db, fence, seq, code);
}

/** Words that cannot be rendered are as good as none: they must not hold up what stands behind them. */
export function renderSafely(
  { parts, fence, seq }: Context,
  content: Readonly<Record<string, unknown>>,
  options: RenderOptions = {},
) {
  try {
    return renderAnswer(content, options);
  } catch (error) {
    parts.log.error({ err: error, lane: fence.lane, event: seq }, "an agent's message could not be rendered");
    return undefined;
  }
}
