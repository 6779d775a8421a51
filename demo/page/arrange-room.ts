import { isRecord } from "../../src/domain/is-record.ts";
import type { MatrixEvent } from "../../test/support/matrix-client.ts";

/** A message as a client shows it. */
export interface RoomMessage {
  readonly id: string;
  readonly author: "citizen" | "agent" | "bridge";
  readonly name: string;
  readonly at: Date;
  /** What guichet says of it above the words: subject, address. */
  readonly head: string;
  readonly words: string;
  readonly isEdited: boolean;
  readonly file?: RoomFile;
  /** Emoji, each once. */
  readonly reactions: readonly string[];
  /** The message that it answers. */
  readonly answers?: string;
}

export interface RoomFile {
  readonly name: string;
  readonly type: string;
  readonly mxc: string;
}

/** A conversation: its first message and what stands in its thread. */
export interface RoomThread {
  readonly root: string;
  /** Kind of channel, when a citizen began it. */
  readonly channelType?: string;
  readonly messages: readonly RoomMessage[];
}

type Content = MatrixEvent["content"];

/** Puts a room's events together as clients with threads do. @returns the one with the latest message first. */
export function arrangeRoom(
  events: readonly MatrixEvent[],
  names: ReadonlyMap<string, string>,
  agent: string,
): RoomThread[] {
  const reactions = new Map<string, Set<string>>();
  const edits = new Map<string, Content>();
  const threads = new Map<string, MatrixEvent[]>();
  for (const event of events) {
    const { rel_type, event_id, key } = relationOf(event.content);
    const about = typeof event_id === "string" ? event_id : "";
    if (event.type === "m.reaction") {
      // One that was taken back has no content.
      if (typeof key === "string") reactions.set(about, (reactions.get(about) ?? new Set()).add(key));
    } else if (rel_type === "m.replace") {
      if (isRecord(event.content["m.new_content"])) edits.set(about, event.content["m.new_content"]);
    } else {
      const root = rel_type === "m.thread" ? about : event.event_id;
      threads.set(root, [...(threads.get(root) ?? []), event]);
    }
  }
  const read = (event: MatrixEvent): RoomMessage => {
    const edit = edits.get(event.event_id);
    return {
      id: event.event_id,
      author: authorOf(event.sender, agent),
      name: names.get(event.sender) || event.sender,
      at: new Date(event.origin_server_ts),
      ...readContent(edit ?? event.content),
      isEdited: edit !== undefined,
      reactions: [...(reactions.get(event.event_id) ?? [])],
      ...readAnswered(event.content),
    };
  };
  return [...threads]
    .map(([root, members]): RoomThread => {
      const first = members.find(({ event_id }) => event_id === root);
      const [, channelType] = first?.sender.match(/^@_guichet_([a-z0-9]+)_/) ?? [];
      return { root, messages: members.map(read), ...(channelType !== undefined && { channelType }) };
    })
    .sort((one, other) => latest(other) - latest(one));
}

const latest = ({ messages }: RoomThread) => messages.at(-1)?.at.getTime() ?? 0;

function authorOf(sender: string, agent: string): RoomMessage["author"] {
  if (sender === agent) return "agent";
  if (/^@_guichet_(bot|watch):/.test(sender)) return "bridge";
  return sender.startsWith("@_guichet_") ? "citizen" : "agent";
}

function readContent(content: Content): Pick<RoomMessage, "head" | "words" | "file"> {
  const { body, url, info, msgtype, filename } = content;
  if (typeof body !== "string") return { head: "", words: "(taken back)" };
  if (typeof url !== "string" || !/^m\.(file|image|audio|video)$/.test(String(msgtype)))
    return splitWords(body, content["org.guichet.words"]);
  const type = isRecord(info) && typeof info.mimetype === "string" ? info.mimetype : "application/octet-stream";
  const name = typeof filename === "string" ? filename : body;
  return { head: "", words: body === name ? "" : body, file: { name, type, mxc: url } };
}

/** guichet says where in the body the citizen's own words stand. */
function splitWords(body: string, places: unknown): Pick<RoomMessage, "head" | "words"> {
  const place: unknown = isRecord(places) ? places.body : undefined;
  const [start]: unknown[] = Array.isArray(place) ? place : [];
  if (typeof start !== "number" || start > body.length) return { head: "", words: body };
  return { head: body.slice(0, start).trim(), words: body.slice(start).trim() };
}

function readAnswered(content: Content): Pick<RoomMessage, "answers"> {
  const { is_falling_back, "m.in_reply_to": answered } = relationOf(content);
  if (is_falling_back === true || !isRecord(answered) || typeof answered.event_id !== "string") return {};
  return { answers: answered.event_id };
}

function relationOf(content: Content): Readonly<Record<string, unknown>> {
  const relation = content["m.relates_to"];
  return isRecord(relation) ? relation : {};
}
