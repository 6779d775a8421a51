import { type Decision, readDecision } from "../domain/decision.ts";
import { type EventId, eventId, type UserId, userId } from "../domain/ids.ts";
import { isRecord } from "../domain/is-record.ts";

interface Common {
  readonly id: EventId;
  readonly sender: UserId;
  /** As the sender's homeserver says, never later than now. */
  readonly at: Date;
}

/** A room event, read as far as guichet needs it. Whatever does not have the specified shape is `other`. */
export type AgentEvent = Common &
  (
    | {
        readonly kind: "message";
        readonly content: Readonly<Record<string, unknown>>;
        readonly replyTo: EventId | undefined;
        readonly threadRoot: EventId | undefined;
        /** Word after a leading "!", in lower case. */
        readonly command: string | undefined;
      }
    | { readonly kind: "encrypted"; readonly replyTo: EventId | undefined; readonly threadRoot: EventId | undefined }
    /** Matrix has it, no other channel does: polls. */
    | { readonly kind: "unsendable"; readonly replyTo: EventId | undefined; readonly threadRoot: EventId | undefined }
    | {
        readonly kind: "edit";
        readonly of: EventId;
        readonly content: Readonly<Record<string, unknown>>;
        readonly command: string | undefined;
      }
    | { readonly kind: "redaction"; readonly of: EventId }
    /** A person decides about a dead letter. */
    | { readonly kind: "decision"; readonly of: EventId; readonly decision: Decision }
    | { readonly kind: "notice" }
    /** The room has been replaced by another one. */
    | { readonly kind: "tombstone" }
    | { readonly kind: "other" }
  );

const UNSENDABLE = new Set(["m.poll.start", "org.matrix.msc3381.poll.start"]);

export function readEvent(event: Readonly<Record<string, unknown>>, now: Date): AgentEvent {
  const content = isRecord(event.content) ? event.content : {};
  const stamp = typeof event.origin_server_ts === "number" ? event.origin_server_ts : now.getTime();
  const common = {
    id: eventId(textIn(event.event_id) ?? ""),
    sender: userId(textIn(event.sender) ?? ""),
    at: new Date(Math.min(stamp, now.getTime())),
  };
  if (event.type === "m.room.redaction") {
    // Room version 11 moved `redacts` into the content.
    const of = textIn(content.redacts) ?? textIn(event.redacts);
    return of ? { ...common, kind: "redaction", of: eventId(of) } : { ...common, kind: "other" };
  }
  if (event.type === "m.room.tombstone") return { ...common, kind: "tombstone" };
  if (event.type === "m.reaction") {
    const decided = readDecision(content);
    return decided ? { ...common, kind: "decision", ...decided } : { ...common, kind: "other" };
  }
  const relation = isRecord(content["m.relates_to"]) ? content["m.relates_to"] : {};
  if (event.type === "m.room.encrypted") return { ...common, kind: "encrypted", ...readRelation(relation) };
  // A sticker is a picture with a name (Client-Server API, m.sticker).
  if (event.type === "m.sticker")
    return {
      ...common,
      kind: "message",
      content: { ...content, msgtype: "m.image" },
      ...readRelation(relation),
      command: undefined,
    };
  if (typeof event.type === "string" && UNSENDABLE.has(event.type))
    return { ...common, kind: "unsendable", ...readRelation(relation) };
  if (event.type !== "m.room.message") return { ...common, kind: "other" };
  if (content.msgtype === "m.notice") return { ...common, kind: "notice" };

  const edited = textIn(relation.event_id);
  if (relation.rel_type === "m.replace" && edited) {
    const words = content["m.new_content"];
    return isRecord(words)
      ? { ...common, kind: "edit", of: eventId(edited), content: words, command: readCommand(words) }
      : { ...common, kind: "other" };
  }
  // Devices verify each other by such messages (Client-Server API, key verification).
  if (typeof content.msgtype !== "string" || content.msgtype.startsWith("m.key.")) return { ...common, kind: "other" };
  return { ...common, kind: "message", content, ...readRelation(relation), command: readCommand(content) };
}

/** A reply inside a thread that is only there for clients without threads is no reply (Client-Server API, threading). */
function readRelation(relation: Readonly<Record<string, unknown>>) {
  const answered = isRecord(relation["m.in_reply_to"]) ? textIn(relation["m.in_reply_to"].event_id) : undefined;
  const root = relation.rel_type === "m.thread" ? textIn(relation.event_id) : undefined;
  const fallback = root !== undefined && relation.is_falling_back === true;
  return {
    replyTo: answered && !fallback ? eventId(answered) : undefined,
    threadRoot: root ? eventId(root) : undefined,
  };
}

/** Commands are looked for in texts and captions, below the quote that older clients put before a reply. */
function readCommand(content: Readonly<Record<string, unknown>>): string | undefined {
  const isCaption = textIn(content.filename) !== undefined && content.body !== content.filename;
  if (content.msgtype !== "m.text" && !isCaption) return undefined;
  return /^!([a-z]+)(?:\s|$)/i.exec(readFirstLine(content))?.[1]?.toLowerCase();
}

/** The first line that has words. */
export const readFirstLine = (content: Readonly<Record<string, unknown>>): string =>
  stripReplyFallback(textIn(content.body) ?? "")
    .trimStart()
    .split("\n", 1)[0] ?? "";

/** Removes the quote of a rich reply (Client-Server API before 1.13, stripping the fallback). */
export function stripReplyFallback(body: string): string {
  if (!body.startsWith("> <") && !body.startsWith("> * <")) return body;
  const lines = body.split("\n");
  const end = lines.findIndex((line) => !line.startsWith("> "));
  if (end < 0) return body;
  return lines.slice(lines[end] === "" ? end + 1 : end).join("\n");
}

export const textIn = (value: unknown): string | undefined => (typeof value === "string" && value ? value : undefined);
