import { findWay, isMeant, type OpenChannel } from "../desk/find-way.ts";
import type { DeskTexts } from "../desk/texts.ts";
import type { Way } from "../domain/conversation.ts";
import { type AnsweredMessageRecord, readOwnersWay } from "../store/answered.ts";
import type { ConversationPlace } from "../store/message.ts";
import type { AnswerRoute } from "../store/recall.ts";
import { readWays } from "../store/way.ts";
import type { OutboxIntake } from "./intake.ts";
import { readFirstLine } from "./read-event.ts";

/** What the first line of `!via CHANNEL [ADDRESS]` says; the text stands below. */
export interface ViaCommand {
  /** In lower case. */
  readonly word: string;
  readonly address: string | undefined;
}

export function readVia(content: Readonly<Record<string, unknown>>): ViaCommand {
  const [, word = "", ...address] = readFirstLine(content).trim().split(/\s+/);
  // People write telephone numbers in groups.
  return { word: word.toLowerCase(), address: address.join("") || undefined };
}

/** Why an answer does not leave, in the agent's language. */
type Objection = (texts: DeskTexts) => string;

/** The way that a command names: to its address, or to the newest that is known to lead to this citizen. */
export function findNamedWay(
  channels: readonly OpenChannel[],
  known: readonly Way[],
  { word, address }: ViaCommand,
): { readonly way: Way } | { readonly objection: Objection } {
  const able = channels.filter(({ bridge }) => bridge.send);
  const meant = able.filter((channel) => isMeant(channel, word));
  if (meant.length === 0)
    return { objection: (texts) => texts.viaUnknown(word, [...new Set(able.map(({ type }) => type))]) };
  const way =
    address === undefined
      ? known.find(({ channel }) => meant.some(({ name }) => name === channel))
      : findWay(meant, word, address);
  const example = meant.find(({ bridge }) => bridge.opening)?.bridge.opening?.example;
  return way ? { way } : { objection: (texts) => texts.viaAddress(word, example) };
}

export interface RouteQuestion {
  readonly place: ConversationPlace;
  readonly answered: AnsweredMessageRecord | undefined;
  /** The agent replied to that message, rather than wrote below it. */
  readonly isReply: boolean;
  readonly via: ViaCommand | undefined;
}

export type Routed =
  | { readonly objection: Objection; readonly route?: undefined; readonly way?: undefined; readonly newWay?: undefined }
  | {
      readonly objection?: undefined;
      readonly route: AnswerRoute;
      readonly way: Way;
      /** Leads to whom the conversation belongs, and was not known before. */
      readonly newWay: Way | undefined;
    };

/**
 * By which channel an answer leaves, and where to: as its command says; else where the message that is replied to wants
 * it; else where the newest message of the conversation's citizen does.
 */
export async function routeAnswer(
  { database, channelsOf }: Pick<OutboxIntake, "database" | "channelsOf">,
  { place, answered, isReply, via }: RouteQuestion,
): Promise<Routed> {
  const known = via ? await readWays(database.relaxed, place.id) : [];
  const named = via && findNamedWay(channelsOf(place.agency), known, via);
  if (named && "objection" in named) return named;
  const way = named?.way ??
    (isReply ? answered?.answers : await readOwnersWay(database.relaxed, place.id)) ?? {
      channel: place.channel,
      address: place.address,
    };
  const isKnown = known.some(({ channel, address }) => channel === way.channel && address === way.address);
  return {
    route: {
      channel: way.channel === place.channel ? undefined : way.channel,
      address: way.address,
      inReplyTo: isReply && answered?.channel === way.channel ? answered.remoteId : undefined,
    },
    way,
    newWay: via && !isKnown ? way : undefined,
  };
}
