import { createHmac, type KeyObject } from "node:crypto";
import type {
  Acceptance,
  InboundAttachment,
  InboundMessage,
  Inbox,
  Party,
  SenderTrust,
  ThreadEvidence,
} from "../adapter/index.ts";
import { readDelivery } from "../conversation/delivery-id.ts";
import { base32, makeReplyToken, readReplyToken } from "../conversation/token.ts";
import { gather } from "../domain/gather.ts";
import { type ChannelId, type ConversationId, type InboxId, inboxLane, type Lane } from "../domain/ids.ts";
import { addAttachment } from "../store/attachment.ts";
import { drawConversations } from "../store/conversation.ts";
import type { Database } from "../store/database.ts";
import { addArrival, addArrivals, findConversationsOf, type NewArrival } from "../store/inbox.ts";
import type { StoredMessage } from "../store/schema.ts";
import { cleanText as clean } from "./clean-text.ts";
import { takeReceipt } from "./receipt.ts";

export interface InboxParts {
  readonly database: Database;
  readonly channel: ChannelId;
  /** Key of the hash that names a citizen's lane: an address must not reach the queue. */
  readonly laneKey: KeyObject;
  /** Key that signs the names of deliveries. */
  readonly replyKey: KeyObject;
  /** Whether a channel of ours writes from this address. */
  readonly isOwn: (address: string) => boolean;
  readonly wake: (lane: Lane) => void;
}

/** The door through which every arrival enters: durable when `accept` or `receipt` resolves. */
export function openInbox(parts: InboxParts): Inbox {
  const add = gather((arrivals: readonly NewArrival[]) => addArrivals(parts.database.durable, arrivals));
  const draw = gather((asked: readonly undefined[]) => drawConversations(parts.database.relaxed, asked.length));
  const find = gather((keys: readonly string[]) => findConversationsOf(parts.database.relaxed, parts.channel, keys));
  return {
    async accept(message: InboundMessage): Promise<Acceptance> {
      const lane = nameArrivals(parts.laneKey, parts.channel, message.from.address);
      const files = iterate(message.attachments);
      try {
        const stored = await number(toStored(message, parts), message, parts, () => draw(undefined));
        const accepted = await store(parts, add, lane, { message, stored }, files);
        if (accepted) parts.wake(lane);
        return accepted ? "accepted" : "duplicate";
      } finally {
        await files.return?.(undefined);
      }
    },
    async numberOf(dedupeKey) {
      const found = await find(dedupeKey);
      const id =
        found?.conversation ?? (found?.token === undefined ? undefined : readReplyToken(parts.replyKey, found.token));
      return id && { number: id, token: makeReplyToken(parts.replyKey, id) };
    },
    receipt: (receipt) => takeReceipt(parts, receipt),
  };
}

/** Longer messages are stored alone: many of them together would fill the memory. */
const MOST_CHARACTERS = 20_000;

/** An arrival that is to begin a conversation under a number brings a token as if it had been given one before. */
async function number(
  stored: StoredMessage,
  { isNumbered }: InboundMessage,
  { replyKey }: InboxParts,
  draw: () => Promise<ConversationId>,
): Promise<StoredMessage> {
  const isNamed = stored.token !== undefined && readReplyToken(replyKey, stored.token) !== undefined;
  return isNumbered && !isNamed ? { ...stored, token: makeReplyToken(replyKey, await draw()) } : stored;
}

/** Row and files are one commit; those without files that come at once share one. */
async function store(
  parts: InboxParts,
  add: (arrival: NewArrival) => Promise<InboxId | undefined>,
  lane: Lane,
  { message, stored }: { readonly message: InboundMessage; readonly stored: StoredMessage },
  files: AsyncIterator<InboundAttachment>,
): Promise<boolean> {
  const { database, channel } = parts;
  const { dedupeKey, receivedAt } = message;
  const first = await files.next();
  const arrival = { channel, dedupeKey, lane, message: stored, receivedAt, hasFiles: !first.done };
  if (first.done) {
    const { text, html = "" } = arrival.message;
    const isShort = text.length + html.length <= MOST_CHARACTERS;
    return (await (isShort ? add(arrival) : addArrival(database.durable, arrival))) !== undefined;
  }
  return database.durable.transaction().execute(async (trx) => {
    const id = await addArrival(trx, arrival);
    let position = 0;
    for (let next: IteratorResult<InboundAttachment> = first; !next.done; next = await files.next()) {
      try {
        if (!id) return false;
        await addAttachment(trx, id, position, cleanFile(next.value));
      } finally {
        next.value.content.destroy();
      }
      position += 1;
    }
    return id !== undefined;
  });
}

async function* iterate(files: InboundMessage["attachments"]): AsyncGenerator<InboundAttachment> {
  yield* files;
}

/** The lane of all that comes from an address on a channel. */
export const nameArrivals = (laneKey: KeyObject, channel: string, address: string): Lane =>
  inboxLane(base32(createHmac("sha256", laneKey).update(`${channel}:${address}`).digest()).slice(0, 24));

const toStored = (message: InboundMessage, { replyKey, isOwn }: InboxParts): StoredMessage => ({
  ...(message.remoteId === undefined ? {} : { remoteId: clean(message.remoteId) }),
  from: cleanParty(message.from),
  to: clean(message.to),
  ...(message.subject === undefined ? {} : { subject: clean(message.subject) }),
  text: clean(message.text),
  ...(message.html === undefined ? {} : { html: clean(message.html) }),
  ...(message.visible === undefined ? {} : { visible: cleanVisible(message.visible) }),
  ...(message.cc === undefined || message.cc.length === 0 ? {} : { cc: message.cc.slice(0, MOST_CC).map(cleanParty) }),
  ...(message.replyTo === undefined ? {} : { replyTo: cleanParty(message.replyTo) }),
  ...withToken(message.thread, replyKey),
  references: message.thread.references.map(clean),
  automatic: message.automatic || isOwn(message.from.address),
  ...(message.trust === undefined ? {} : { trust: cleanTrust(message.trust) }),
  ...(message.remarks === undefined ? {} : { remarks: message.remarks.slice(0, MOST_REMARKS).map(clean) }),
  ...(message.answerVia === undefined ? {} : { answerVia: cleanVia(message.answerVia) }),
  ...(message.hold === undefined ? {} : { hold: clean(message.hold) }),
});

/** A report names our message instead of bringing its token back. */
function withToken({ token, about = [] }: ThreadEvidence, key: KeyObject): Pick<StoredMessage, "token"> {
  if (token !== undefined && readReplyToken(key, token) !== undefined) return { token };
  const named = about.slice(0, MOST_NAMES).flatMap((name) => readDelivery(key, name) ?? [])[0];
  if (named !== undefined) return { token: makeReplyToken(key, named.conversation) };
  return token === undefined ? {} : { token: clean(token) };
}

const MOST_NAMES = 20;
const MOST_REMARKS = 20;
/** Whoever addresses more of them writes a circular, which nobody answers to all. */
const MOST_CC = 100;

const cleanParty = ({ address, name }: Party): Party => ({
  address: clean(address),
  ...(name === undefined ? {} : { name: clean(name) }),
});

const cleanVia = ({ type, address }: NonNullable<InboundMessage["answerVia"]>) => ({
  type: clean(type),
  address: clean(address),
});

const cleanTrust = ({ verdict, remark }: SenderTrust): SenderTrust => ({
  verdict,
  ...(remark === undefined ? {} : { remark: clean(remark) }),
});

const cleanVisible = ({ text, html }: NonNullable<InboundMessage["visible"]>) => ({
  text: clean(text),
  ...(html === undefined ? {} : { html: clean(html) }),
});

const cleanFile = (file: InboundAttachment): InboundAttachment => ({
  ...file,
  type: clean(file.type),
  ...(file.name === undefined ? {} : { name: clean(file.name) }),
  ...(file.contentId === undefined ? {} : { contentId: clean(file.contentId) }),
});
