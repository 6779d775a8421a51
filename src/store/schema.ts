import type { ColumnType, Generated, JSONColumnType } from "kysely";
import type { PortalKind } from "../domain/conversation.ts";
import type { LateState } from "../domain/late-news.ts";
import type { AnswerState, ArrivalState, MessageStep } from "../domain/message-steps.ts";

type Instant = ColumnType<Date, Date, Date>;
type DefaultInstant = ColumnType<Date, Date | undefined, Date>;

/** Tables as the newest migration leaves them. bigint columns travel as text. */
export interface Schema {
  setting: { key: string; value: string };
  note: { channel: string; key: string; value: string };
  lane: { name: string; token: string; owner: string; until: Instant };
  agency_room: AgencyRoomTable;
  agency_space: { agency: string; room_id: string };
  portal_room: { room_id: string; conversation_id: string; created_at: DefaultInstant };
  ghost: { localpart: string; channel_type: string; address: string; registered_at: Date | null };
  ghost_membership: GhostMembershipTable;
  conversation: ConversationTable;
  conversation_way: { conversation_id: string; channel: string; address: string; added_at: DefaultInstant };
  inbox: InboxTable;
  blob: { id: Generated<string>; size: ColumnType<string, number | undefined, number>; created_at: DefaultInstant };
  blob_chunk: { blob_id: string; seq: number; bytes: Buffer };
  inbox_attachment: AttachmentTable;
  shelf: {
    id: Generated<string>;
    channel: string;
    place: string;
    key: string;
    text: string;
    until: Instant;
  };
  shelf_file: { shelf_id: string; position: number; name: string; type: string; blob_id: string };
  message: MessageTable;
  matrix_event: MatrixEventTable;
  outbox: OutboxTable;
  standing: {
    mark: string;
    part: string;
    event_id: string;
    room_id: string;
    conversation: string;
    found_at: DefaultInstant;
  };
  step: StepTable;
  channel_switch: { channel: string; is_on: boolean; at: DefaultInstant };
  channel_state: {
    channel: string;
    process: string;
    state: string;
    reason: string | null;
    since: Instant;
    seen_at: DefaultInstant;
  };
}

interface AgencyRoomTable {
  room_id: string;
  agency: string;
  is_current: boolean;
  /** The room that new conversations go to instead, since this one was full. */
  successor: string | null;
  /** When the successor stood in its place wholly. */
  rolled_at: Date | null;
  /** When its last ghost had left; conversations that come back begin again elsewhere. */
  emptied_at: Date | null;
  /** When its tombstone stood. */
  closed_at: Date | null;
  created_at: DefaultInstant;
}

interface GhostMembershipTable {
  room_id: string;
  localpart: string;
  display_name: string;
  joined_at: DefaultInstant;
  /** Its conversations in this room had no message from then until they were last looked at, or later ones. */
  quiet_since: DefaultInstant;
  /** Before it is told to leave; the ghost may still stand in the room. */
  leaving_at: Date | null;
  left_at: Date | null;
}

interface ConversationTable {
  id: Generated<string>;
  agency: string;
  channel: string;
  portal: Generated<PortalKind>;
  room_id: string;
  root_event_id: string | null;
  citizen: string;
  address: string;
  citizen_name: string | null;
  subject: string | null;
  created_at: DefaultInstant;
}

/** A correspondent, as a message names them. */
export interface StoredParty {
  readonly address: string;
  readonly name?: string;
}

/** An arrival's words, kept only until they stand in the room. */
export interface StoredMessage {
  readonly remoteId?: string;
  readonly from: StoredParty;
  readonly to: string;
  readonly subject?: string;
  readonly text: string;
  readonly html?: string;
  /** What is shown of it; the whole goes along as a file. */
  readonly visible?: { readonly text: string; readonly html?: string };
  /** Others whom the sender addressed. */
  readonly cc?: readonly StoredParty[];
  /** Where the sender wishes answers to go, when that is elsewhere. */
  readonly replyTo?: StoredParty;
  readonly token?: string;
  readonly references: readonly string[];
  readonly automatic: boolean;
  /** The event that shows the words, while files still have to follow. */
  readonly posted?: string;
  readonly trust?: { readonly verdict: "verified" | "unverified" | "forged"; readonly remark?: string };
  readonly remarks?: readonly string[];
  /** Code of the rule by which it is to be set aside; gone once it was. */
  readonly hold?: string;
  /** It was set aside, and somebody let it go its way. */
  readonly wasHeld?: boolean;
  /** Where the sender wants answers, when that is on another kind of channel. */
  readonly answerVia?: { readonly type: string; readonly address: string };
}

interface InboxTable {
  id: Generated<string>;
  channel: string;
  dedupe_key: string;
  lane: string;
  state: ArrivalState;
  message: JSONColumnType<StoredMessage> | null;
  has_files: boolean;
  conversation_id: string | null;
  attempts: Generated<number>;
  due_at: DefaultInstant;
  code: string | null;
  received_at: Instant;
  accepted_at: DefaultInstant;
  posted_at: Date | null;
  /** The event with its words. */
  event_id: string | null;
}

interface AttachmentTable {
  inbox_id: string;
  position: number;
  name: string | null;
  type: string;
  is_inline: boolean;
  content_id: string | null;
  blob_id: string;
}

interface MessageTable {
  event_id: string;
  room_id: string;
  conversation_id: string;
  author: "citizen" | "agent" | "bridge";
  /** Whose words a citizen's message holds. */
  ghost: string | null;
  remote_id: string | null;
  cc: JSONColumnType<readonly StoredParty[]> | null;
  reply_to: JSONColumnType<StoredParty> | null;
  /** By which it came or left; null: the conversation's own. */
  channel: string | null;
  /** Where an answer to it goes; null: where it came from. */
  answer_channel: string | null;
  answer_address: string | null;
  /** The event with the words, for one that shows a file of the same arrival. */
  part_of: string | null;
  /** The arrival that a citizen's message came with. */
  inbox_id: string | null;
  /** What a notice of ours is about. */
  about: string | null;
  created_at: DefaultInstant;
}

interface MatrixEventTable {
  seq: Generated<string>;
  event_id: string;
  room_id: string;
  event: JSONColumnType<Record<string, unknown>> | null;
  state: "waiting" | "done";
  code: string | null;
  received_at: DefaultInstant;
  sent_at: string;
}

/** An agent's words, rendered from the event when it was ruled to be an answer. */
export interface StoredAnswer {
  readonly text: string;
  readonly html?: string;
  readonly file?: { readonly name: string; readonly type: string; readonly size?: number; readonly mxc: string };
}

/** A recipient whom the other side refused, while it took the message for others. */
export interface StoredRefusal {
  readonly address: string;
  readonly code: string;
  readonly remoteAnswer?: string;
}

/** What the room shows of an answer. */
export type Shown = "nothing" | "waiting" | "delayed" | "sent" | "failed" | "read";

interface OutboxTable {
  id: Generated<string>;
  conversation_id: string;
  /** `acknowledgement`: guichet's own word that a message arrived; no agent and no event stand behind it. */
  kind: ColumnType<"answer" | "acknowledgement", "acknowledgement" | undefined, never>;
  event_id: string | null;
  sender: string | null;
  /** By which the answer leaves; null: the conversation's own. */
  channel: string | null;
  /** Where the answer goes: the citizen whose message was answered. */
  address: string;
  content: JSONColumnType<StoredAnswer>;
  /** Others whom it goes to, when the agent answers all. */
  cc: JSONColumnType<readonly StoredParty[]> | null;
  /** Remote id of the message that is answered. */
  in_reply_to: string | null;
  /** The event with the words that are answered. */
  answered_event_id: string | null;
  state: AnswerState;
  due_at: Instant;
  attempts: Generated<number>;
  /** Of them those before a person asked for another one. */
  attempts_before: Generated<number>;
  first_attempt_at: Date | null;
  remote_id: string | null;
  code: string | null;
  remote_answer: string | null;
  /** Those of several recipients whom the other side refused. */
  refused: JSONColumnType<readonly StoredRefusal[]> | null;
  written_at: Instant;
  settled_at: Date | null;
  shown: Generated<Shown>;
  shown_event_id: string | null;
  /** An attempt ended without a clear word: calling the message back would be a lie. */
  may_have_left: Generated<boolean>;
  is_open: Generated<boolean>;
  /** It did not arrive, or nobody knows, and no person has decided what follows. */
  is_dead: Generated<boolean>;
  /** When the agent took back the file of an answer that had left with a link to it. */
  link_withdrawn_at: Date | null;
  /** What the agent was told before it leaves, and the event that says it. */
  preview: string | null;
  preview_event_id: string | null;
  /** What became of it after the other side had taken it. */
  news_state: LateState | null;
  news_code: string | null;
  news_remark: string | null;
  news_answer: string | null;
  news_at: Date | null;
}

/** One step of an arrival or of an answer; never changed once written. */
interface StepTable {
  id: Generated<string>;
  inbox_id: string | null;
  outbox_id: string | null;
  step: MessageStep;
  at: DefaultInstant;
  attempt: number | null;
  code: string | null;
  /** What the other side said; it may name an address. */
  remote_answer: string | null;
  /** Machine and process that made the step. */
  process: string;
}
