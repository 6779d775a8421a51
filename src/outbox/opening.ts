import type { Opening, Party } from "../adapter/index.ts";
import { nameGhost } from "../conversation/ghost.ts";
import type { OpenChannel } from "../desk/find-way.ts";
import type { ConversationId } from "../domain/ids.ts";
import { addConversation } from "../store/conversation.ts";
import { addGhost } from "../store/ghost.ts";
import { settleEvent } from "../store/matrix-event.ts";
import { addMessage, findMessages } from "../store/message.ts";
import { addAnswer } from "../store/outbox.ts";
import type { StoredAnswer } from "../store/schema.ts";
import { objectToFile } from "./file-objection.ts";
import { type AgencyRules, type Context, object, objectBeside, renderSafely, settle } from "./intake.ts";
import { readFirstLine } from "./read-event.ts";

/** Understood for every kind of channel. */
const ANY = "write";
/** In characters. */
const LONGEST_SUBJECT = 500;

/** What a command says that begins a conversation: `!mail ADDRESS Subject`. */
export interface OpeningCommand {
  readonly verb: string;
  readonly address: string;
  readonly subject: string | undefined;
}

export function readOpening(content: Readonly<Record<string, unknown>>): OpeningCommand {
  const [command = "", address = "", ...subject] = readFirstLine(content).trim().split(/\s+/);
  return {
    verb: command.slice(1).toLowerCase(),
    address,
    subject: subject.join(" ").slice(0, LONGEST_SUBJECT) || undefined,
  };
}

/** The ways to begin a conversation, one a kind of channel. */
export function listOpenings(channels: readonly OpenChannel[]): Opening[] {
  const able = channels.flatMap(({ bridge }) => (bridge.send && bridge.opening ? [bridge.opening] : []));
  return able.filter(({ verb }, index) => able.findIndex((other) => other.verb === verb) === index);
}

export function listVerbs(channels: readonly OpenChannel[]): string[] {
  const verbs = listOpenings(channels).map(({ verb }) => verb);
  return verbs.length === 0 ? [] : [...verbs, ANY];
}

/** The first of the channels that the command may mean and that takes the address. */
export function chooseChannel(
  channels: readonly OpenChannel[],
  { verb, address }: OpeningCommand,
): { channel: OpenChannel; to: Party } | undefined {
  for (const channel of channels) {
    const { send, opening } = channel.bridge;
    if (!send || !opening || (verb !== ANY && verb !== opening.verb)) continue;
    const to = opening.parseAddress(address);
    if (to !== undefined) return { channel, to };
  }
  return undefined;
}

/** Begins a conversation whose thread stands below the command itself. */
export async function takeOpening(context: Context): Promise<ConversationId | undefined> {
  const { parts, room, event } = context;
  const agency = parts.agencyOf(room);
  if (!agency || event.kind !== "message") return settle(context, "outside-conversations", undefined);
  const command = readOpening(event.content);
  const channels = parts.channelsOf(agency.id);
  const chosen = chooseChannel(channels, command);
  if (!chosen) {
    const openings = listOpenings(channels);
    const meant = openings.find(({ verb }) => verb === command.verb) ?? openings[0];
    return objectBeside(context, (texts) => texts.openingAddress(command.verb, meant?.example ?? ""));
  }
  const content = renderSafely(context, event.content, { isHeaded: true });
  const objection = objectToFile(content, chosen.channel.bridge, parts.links);
  if (objection) return objectBeside(context, objection);
  // Repeated after a crash before the event was settled.
  const known = await findMessages(parts.database.relaxed, room, [event.id]);
  const conversation =
    known.get(event.id)?.conversation ?? (await begin(context, agency, { ...chosen, command, content }));
  return content ? conversation : object(context, conversation, (texts) => texts.openingText);
}

async function begin(
  { parts, fence, room, seq, event }: Context,
  agency: AgencyRules,
  {
    channel,
    to,
    command,
    content,
  }: ReturnType<typeof chooseChannel> & {
    command: OpeningCommand;
    content: StoredAnswer | undefined;
  },
): Promise<ConversationId> {
  const localpart = nameGhost(parts.ghostKey, channel.type, to.address);
  return parts.database.durable.transaction().execute(async (trx) => {
    await addGhost(trx, { localpart, channelType: channel.type, address: to.address });
    const conversation = await addConversation(trx, {
      agency: agency.id,
      channel: channel.name,
      // Where the agent wrote is where it stands, also in an agency whose conversations have rooms of their own.
      portal: "thread",
      room,
      root: event.id,
      citizen: localpart,
      address: to.address,
      citizenName: to.name,
      subject: command.subject,
    });
    await addMessage(trx, { event: event.id, room, conversation, author: "agent" });
    if (content === undefined) return conversation;
    await addAnswer(trx, {
      conversation,
      event: event.id,
      agent: event.sender,
      address: to.address,
      content,
      inReplyTo: undefined,
      dueAt: new Date(event.at.getTime() + agency.undoMs),
      writtenAt: event.at,
    });
    await settleEvent(trx, fence, seq, "opening");
    return conversation;
  });
}
