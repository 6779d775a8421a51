import type { Decision } from "../domain/decision.ts";
import type { ConversationId, EventId } from "../domain/ids.ts";
import type { AgentEvent } from "./read-event.ts";

/** What an event of an agency's room means for the citizen. */
export type Ruling =
  | {
      readonly is: "answer";
      readonly conversation: ConversationId;
      readonly answers: EventId | undefined;
      readonly toAll: boolean;
      /** Its first line says by which channel. */
      readonly isVia: boolean;
    }
  | { readonly is: "note"; readonly conversation: ConversationId }
  /** An agent writes first. */
  | { readonly is: "opening" }
  | { readonly is: "misplaced-opening"; readonly conversation: ConversationId | undefined; readonly verb: string }
  | { readonly is: "help"; readonly conversation: ConversationId | undefined }
  /** How an answer, or a citizen's message, went: `of` is left out when no message was replied to. */
  | { readonly is: "trace"; readonly conversation: ConversationId; readonly of: EventId | undefined }
  | {
      readonly is: "decision";
      readonly conversation: ConversationId;
      readonly of: EventId;
      readonly decision: Decision;
    }
  | { readonly is: "unknown-command"; readonly conversation: ConversationId; readonly verb: string }
  | { readonly is: "unsendable"; readonly conversation: ConversationId }
  | { readonly is: "unreadable"; readonly conversation: ConversationId }
  | { readonly is: "edit"; readonly of: EventId; readonly command: string | undefined }
  | { readonly is: "redaction"; readonly of: EventId }
  | { readonly is: "moved" }
  | { readonly is: "ignored"; readonly because: "own-echo" | "not-a-message" | "outside-conversations" | "machine" };

/** An event that we know, and whose words it holds. */
export interface KnownEvent {
  readonly conversation: ConversationId;
  readonly author: "citizen" | "agent" | "bridge";
}

export interface Circumstances {
  readonly own: boolean;
  readonly replies: "explicit" | "all";
  /** The event that is truly replied to (not as a fallback) or reacted to, when we know it. */
  readonly repliedTo: KnownEvent | undefined;
  /** The thread's root, or the fallback's event, when we know it. */
  readonly thread: KnownEvent | undefined;
  /** The conversation whose own room this is: everything in it belongs there. */
  readonly portal: ConversationId | undefined;
  /** Commands that begin a conversation in this room. */
  readonly openings: readonly string[];
}

/** In English and in French. */
const TRACING = ["trace", "suivi"];

/**
 * Decides what leaves the house. In `explicit` rooms only a true reply to a citizen's message, or !reply, does: what is
 * typed into a thread by habit stays among agents. In `all` rooms everything in a thread does, except !note. A
 * conversation's own room is like one thread.
 */
export function ruleOn(event: AgentEvent, circumstances: Circumstances): Ruling {
  const { own, replies, repliedTo, thread, portal, openings } = circumstances;
  if (own) return { is: "ignored", because: "own-echo" };
  if (event.kind === "other") return { is: "ignored", because: "not-a-message" };
  if (event.kind === "redaction") return { is: "redaction", of: event.of };
  if (event.kind === "edit") return { is: "edit", of: event.of, command: event.command };
  if (event.kind === "tombstone") return { is: "moved" };
  // Notices are what bots say (Client-Server API, m.notice): answering them, or for them, makes loops.
  if (event.kind === "notice") return { is: "ignored", because: "machine" };
  if (event.kind === "decision") {
    if (repliedTo === undefined) return { is: "ignored", because: "outside-conversations" };
    return { is: "decision", conversation: repliedTo.conversation, of: event.of, decision: event.decision };
  }

  const conversation = (repliedTo ?? thread)?.conversation ?? portal;
  if (event.kind === "message" && event.command !== undefined) {
    const verb = event.command;
    if (verb === "help") return { is: "help", conversation };
    if (openings.includes(verb)) {
      const isInside = (event.replyTo ?? event.threadRoot ?? portal) !== undefined;
      return isInside ? { is: "misplaced-opening", conversation, verb } : { is: "opening" };
    }
  }
  if (conversation === undefined) return { is: "ignored", because: "outside-conversations" };
  if (event.kind === "encrypted") return { is: "unreadable", conversation };

  const answers = repliedTo?.author === "citizen" ? event.replyTo : undefined;
  if (event.kind === "unsendable")
    return { is: answers !== undefined || replies === "all" ? "unsendable" : "note", conversation };
  const answer = { is: "answer", conversation, answers, toAll: false, isVia: false } as const;
  if (event.command === "reply") return answer;
  if (event.command === "cc") return { ...answer, toAll: true };
  if (event.command === "via") return { ...answer, isVia: true };
  if (event.command !== undefined && TRACING.includes(event.command))
    return { is: "trace", conversation, of: repliedTo === undefined ? undefined : event.replyTo };
  if (event.command === "note") return { is: "note", conversation };
  if (event.command !== undefined) return { is: "unknown-command", conversation, verb: event.command };
  if (answers !== undefined || replies === "all") return answer;
  return { is: "note", conversation };
}
