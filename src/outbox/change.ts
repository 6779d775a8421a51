import type { Party } from "../adapter/index.ts";
import type { DeskTexts } from "../desk/texts.ts";
import type { ConversationId, EventId } from "../domain/ids.ts";
import { findAnswered } from "../store/answered.ts";
import { setSubject } from "../store/conversation.ts";
import { withdrawLink } from "../store/linked-file.ts";
import { settleEvent } from "../store/matrix-event.ts";
import { findMessages, readPlace } from "../store/message.ts";
import { cancelAnswer, type FoundAnswer, findAnswer, replaceAnswer } from "../store/recall.ts";
import { addWay } from "../store/way.ts";
import { takesFile } from "./carry.ts";
import { listCopies, objectToCopies } from "./copies.ts";
import { objectToFile } from "./file-objection.ts";
import { type Context, object, objectBeside, renderSafely, settle } from "./intake.ts";
import { chooseChannel, listVerbs, readOpening } from "./opening.ts";
import { readVia, routeAnswer } from "./route-answer.ts";

/** An edit inside the undo window changes what leaves, or holds it back: as a note, an unknown command, or nothing at all. */
export async function takeEdit(
  context: Context,
  of: EventId,
  command: string | undefined,
): Promise<ConversationId | undefined> {
  const { parts, fence, rules, seq, event } = context;
  const answer = await findAnswer(parts.database.relaxed, of);
  if (!answer) return refuseToBegin(context, of, command);
  // Clients pass over an edit of somebody else's words, and so do we.
  if (answer.agent !== event.sender) return settle(context, "not-theirs", undefined);
  const isVia = command === "via" && !answer.isOpening;
  const content =
    event.kind === "edit" ? renderSafely(context, event.content, { isHeaded: answer.isOpening || isVia }) : undefined;
  const cc = command === "cc" ? await findCopies(context, answer) : [];
  const routed = isVia ? await routeAgain(context, answer) : undefined;
  const channel = routed?.way?.channel ?? answer.channel;
  const objection =
    (answer.isOpening ? objectToOpening(context, answer, command) : objectionTo(command, cc)) ??
    routed?.objection ??
    objectToFile(content, parts.bridge(channel), parts.links);
  if (content === undefined || command === "note" || objection)
    return withdraw(context, of, command === "note" ? undefined : (objection ?? ((texts) => texts.nothingToSend)));

  const undoMs = rules?.undoMs ?? 0;
  const dueAt = new Date(event.at.getTime() + undoMs);
  const changed = await parts.database.durable.transaction().execute(async (trx) => {
    const conversation = await replaceAnswer(trx, of, event.sender, {
      content,
      cc: cc ?? [],
      dueAt,
      route: routed?.route,
    });
    if (conversation && routed?.newWay) await addWay(trx, conversation, routed.newWay);
    if (conversation) await settleEvent(trx, fence, seq, "edit");
    if (conversation && answer.isOpening && event.kind === "edit")
      await setSubject(trx, conversation, readOpening(event.content).subject);
    return conversation;
  });
  if (changed) return changed;
  if (answer.state !== "cancelled") return sayTooLate(context, of);
  return object(context, answer.conversation, (texts) => texts.editSendsNothing, of);
}

/** Stops an answer that has not left. */
export const takeRedaction = (context: Context, of: EventId): Promise<ConversationId | undefined> =>
  withdraw(context, of, undefined);

type Choice = (texts: DeskTexts) => string;

const ANSWERING: readonly (string | undefined)[] = [undefined, "reply", "cc", "via", "note"];

/** @param cc others whom an answer to all goes to; undefined when the channel cannot. */
function objectionTo(command: string | undefined, cc: readonly Party[] | undefined): Choice | undefined {
  if (!ANSWERING.includes(command)) return (texts) => texts.unknownCommand(command ?? "");
  return command === "cc" ? objectToCopies(cc ?? [], cc !== undefined) : undefined;
}

/** An edit may name another channel; one that names none leaves it as it was. */
async function routeAgain({ parts, room, event }: Context, answer: FoundAnswer) {
  const { relaxed } = parts.database;
  const place = await readPlace(relaxed, answer.conversation, room);
  if (!place || event.kind !== "edit") return undefined;
  const answered = await findAnswered(relaxed, answer.conversation, answer.answered);
  return routeAnswer(parts, { place, answered, isReply: answered !== undefined, via: readVia(event.content) });
}

async function findCopies({ parts }: Context, answer: FoundAnswer): Promise<Party[] | undefined> {
  const { relaxed } = parts.database;
  if (parts.bridge(answer.channel)?.capabilities.cc === false) return undefined;
  return listCopies(await findAnswered(relaxed, answer.conversation, answer.answered), answer.address);
}

/** What begins a conversation must keep its first line: the thread belongs to that address. */
function objectToOpening(
  { parts, room, event }: Context,
  answer: FoundAnswer,
  command: string | undefined,
): Choice | undefined {
  const agency = parts.agencyOf(room);
  const stays = (texts: DeskTexts) => texts.openingStays(answer.address);
  if (command === undefined || event.kind !== "edit" || !agency) return stays;
  const chosen = chooseChannel(parts.channelsOf(agency.id), readOpening(event.content));
  return chosen?.to.address === answer.address ? undefined : stays;
}

async function withdraw(
  context: Context,
  of: EventId,
  objection: Choice | undefined,
): Promise<ConversationId | undefined> {
  const { parts, fence, seq } = context;
  const cancelled = await parts.database.durable.transaction().execute(async (trx) => {
    const conversation = await cancelAnswer(trx, of);
    if (conversation && !objection) await settleEvent(trx, fence, seq, "withdrawn");
    return conversation;
  });
  if (cancelled && !objection) return cancelled;
  const answer = await findAnswer(parts.database.relaxed, of);
  // Cancelled: by this event, now or before a crash.
  if (answer?.state !== "cancelled") return sayTooLate(context, of);
  if (objection) await object(context, answer.conversation, objection, of);
  else await settle(context, "nothing-to-change", undefined);
  return answer.conversation;
}

/** Says that a change comes too late; a change to anything but an answer needs no word. */
async function sayTooLate(context: Context, of: EventId): Promise<undefined> {
  const { parts, event } = context;
  const answer = await findAnswer(parts.database.relaxed, of);
  if (!answer || answer.state === "cancelled" || answer.state === "failed")
    return settle(context, "nothing-to-change", undefined);
  const room = parts.bridge(answer.channel)?.capabilities;
  // What has left cannot be called back; what the citizen fetches from here can.
  const isLinked = event.kind === "redaction" && parts.links && room && !takesFile(answer.content, room);
  const isWithdrawn = isLinked && (await withdrawLink(parts.database.durable, of));
  return object(context, answer.conversation, (texts) => (isWithdrawn ? texts.linkWithdrawn : texts.alreadyLeft), of);
}

/** Only a message of its own sends: whoever turns a note into a !reply must not believe that it has left. */
async function refuseToBegin(context: Context, of: EventId, command: string | undefined): Promise<undefined> {
  const { parts, room } = context;
  const agency = parts.agencyOf(room);
  // The opening that an objection was made to, put right.
  if (agency && command !== undefined && listVerbs(parts.channelsOf(agency.id)).includes(command))
    return objectBeside(context, (texts) => texts.editSendsNothing);
  const known =
    command === "reply" || command === "cc" || command === "via"
      ? await findMessages(parts.database.relaxed, room, [of])
      : undefined;
  const message = known?.get(of);
  if (message?.author !== "agent") return settle(context, "nothing-to-change", undefined);
  return object(context, message.conversation, (texts) => texts.editSendsNothing, of);
}
