import type { KeyObject } from "node:crypto";
import type { Readable } from "node:stream";
import type { Capabilities, OutboundMessage } from "../adapter/index.ts";
import { nameDelivery } from "../conversation/delivery-id.ts";
import { makeReplyToken } from "../conversation/token.ts";
import { hasCitizenWritten } from "../store/answered.ts";
import { readRemoteIds } from "../store/message.ts";
import type { Answer } from "../store/outbox.ts";
import { type AnsweredParts, readAnswered } from "./answered.ts";
import { carry } from "./carry.ts";
import type { Links } from "./links.ts";

export interface OutboundParts extends AnsweredParts {
  readonly replyKey: KeyObject;
  /** Name that an agency answers under. */
  agencyName(agency: string): string;
  /** Undefined: citizens cannot reach guichet by HTTP. */
  readonly links: Links | undefined;
  openFile(mxc: string, signal: AbortSignal): Promise<Readable>;
}

/** References beyond these help no program of the citizen's, and headers have limits. */
const REFERENCES = 20;

/** An answer as its bridge gets it; equal on each attempt but for the attempt's number. */
export async function outboundOf(
  parts: OutboundParts,
  answer: Answer,
  capabilities: Capabilities,
): Promise<OutboundMessage> {
  const { conversation, answered } = answer;
  const { links } = parts;
  const content = carry(answer.content, capabilities, links && (() => links.linkTo(answer)));
  // An acknowledgement may be faster than the message that it answers is shown.
  const isFirst = answered === undefined && answer.kind === "answer";
  const isOpening = isFirst && !(await hasCitizenWritten(parts.database.relaxed, conversation.id));
  const remote = await readRemoteIds(parts.database.relaxed, {
    conversation: conversation.id,
    channel: answer.channel,
    limit: REFERENCES,
  });
  const inReplyTo = answer.inReplyTo ?? remote.newestOfCitizen;
  const file = content.file;
  return {
    deliveryId: nameDelivery(parts.replyKey, conversation.id, answer.id),
    attempt: answer.attempts,
    fromName: parts.agencyName(conversation.agency),
    to: {
      address: answer.address,
      ...(conversation.citizenName !== undefined && answer.address === conversation.address
        ? { name: conversation.citizenName }
        : {}),
    },
    ...(answer.cc.length === 0 ? {} : { cc: answer.cc }),
    ...(conversation.subject === undefined ? {} : { subject: conversation.subject }),
    text: content.text,
    ...(content.html === undefined ? {} : { html: content.html }),
    attachments: file
      ? [
          {
            name: file.name,
            type: file.type,
            ...(file.size === undefined ? {} : { size: file.size }),
            open: (signal) => parts.openFile(file.mxc, signal),
          },
        ]
      : [],
    thread: {
      token: makeReplyToken(parts.replyKey, conversation.id),
      ...(inReplyTo === undefined ? {} : { inReplyTo }),
      references: remote.all,
      ...(isOpening ? { isOpening } : {}),
    },
    ...(answered === undefined
      ? {}
      : { answered: () => readAnswered(parts, conversation.id, { room: answer.room, event: answered }) }),
    ...(answer.kind === "acknowledgement" ? { automatic: true } : {}),
    writtenAt: answer.writtenAt,
  };
}
