import type { KeyObject } from "node:crypto";
import { type ConversationId, type OutboxId, outboxId } from "../domain/ids.ts";
import { makeReplyToken, readReplyToken } from "./token.ts";

/** Unique in the world without a word about who or what: the keyed hash keeps two installations apart. */
export const nameDelivery = (key: KeyObject, conversation: ConversationId, id: OutboxId) =>
  `${makeReplyToken(key, conversation)}-${id}`;

/** @returns what `nameDelivery` named, or undefined when the name is not one of ours. */
export function readDelivery(key: KeyObject, name: string): { conversation: ConversationId; id: OutboxId } | undefined {
  const [, token, id] = /^([0-9a-z-]{1,40})-([0-9]{1,18})$/i.exec(name) ?? [];
  const conversation = token && readReplyToken(key, token);
  return conversation && id ? { conversation, id: outboxId(id) } : undefined;
}
