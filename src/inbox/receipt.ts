import type { KeyObject } from "node:crypto";
import type { DeliveryReceipt } from "../adapter/index.ts";
import { readDelivery } from "../conversation/delivery-id.ts";
import { type ChannelId, type Lane, replyLane } from "../domain/ids.ts";
import type { Database } from "../store/database.ts";
import { addNews } from "../store/late-news.ts";
import { cleanText } from "./clean-text.ts";

export interface ReceiptParts {
  readonly database: Database;
  readonly channel: ChannelId;
  /** Key that signs the names of deliveries. */
  readonly replyKey: KeyObject;
  readonly wake: (lane: Lane) => void;
}

/** A report names few messages; a forged one must not cost many look-ups. */
const MOST_NAMES = 20;
const LONGEST_WORDS = 500;

/** Stores late news about an answer, and has the room told. */
export async function takeReceipt(parts: ReceiptParts, receipt: DeliveryReceipt): Promise<"applied" | "unknown"> {
  const { deliveryIds = [], remoteIds = [] } = receipt.about;
  const names = {
    channel: parts.channel,
    deliveries: deliveryIds.slice(0, MOST_NAMES).flatMap((name) => readDelivery(parts.replyKey, name) ?? []),
    remoteIds: remoteIds.slice(0, MOST_NAMES).map(cleanText),
  };
  const news = {
    state: receipt.state,
    code: /^[A-Z][A-Z0-9_]{0,59}$/.test(receipt.code) ? receipt.code : "OTHER",
    recipient: shorten(receipt.recipient),
    remark: shorten(receipt.remark),
    remoteAnswer: shorten(receipt.remoteAnswer),
    at: receipt.at,
  };
  const applied = await addNews(parts.database.durable, names, news);
  if (applied === undefined) return "unknown";
  if (applied.changed) parts.wake(replyLane(applied.conversation));
  return "applied";
}

const shorten = (text: string | undefined) =>
  text && cleanText(text).replace(/\s+/g, " ").trim().slice(0, LONGEST_WORDS);
