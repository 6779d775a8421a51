import { setTimeout as sleep } from "node:timers/promises";
import type { CrowdConversation } from "./crowd.ts";
import type { MatrixClient, MatrixEvent } from "./matrix-client.ts";
import { whileAway } from "./patience.ts";

export interface AgentAnswer {
  readonly word: string;
  readonly conversation: CrowdConversation;
  /** The agent's event. */
  readonly event: string;
}

/** An agent at a client: sees the room, answers what the plan says, sends again what got no answer. */
export interface AnsweringAgent extends AsyncDisposable {
  /** In the order in which the homeserver took them. */
  readonly answers: readonly AgentAnswer[];
  /** Leaves mails unanswered until `resume`, then answers all of them in a row. */
  pause(): void;
  /** Mails that will be answered and are not yet. */
  readonly waiting: number;
  resume(): void;
  /** When each of the citizens' words was first seen in the room, in milliseconds since 1970. */
  readonly seenAt: ReadonlyMap<string, number>;
}

const POLL_MS = 1_000;

/** @param planned words of the mails that are to be answered, once each. */
export function answerMails(
  agent: MatrixClient,
  room: string,
  conversations: readonly CrowdConversation[],
  planned: ReadonlySet<string>,
): AnsweringAgent {
  const byWord = new Map(conversations.flatMap((each) => each.mails.map(({ word }) => [word, each] as const)));
  const answers: AgentAnswer[] = [];
  const seenAt = new Map<string, number>();
  const stopping = new AbortController();

  const unanswered: MatrixEvent[] = [];
  let isPaused = false;

  const look = (event: MatrixEvent) => {
    const word = findWord(event);
    if (word === undefined || !byWord.has(word) || seenAt.has(word)) return;
    seenAt.set(word, Date.now());
    if (planned.has(word)) unanswered.push(event);
  };
  const answer = async (event: MatrixEvent) => {
    const mail = findWord(event) ?? "";
    const conversation = byWord.get(mail);
    if (conversation === undefined) return;
    const word = `re-${mail}`;
    const content = { msgtype: "m.text", body: `Answer ${word} to you.`, "m.relates_to": relateTo(event) };
    const sent = await whileAway(() => agent.send(room, content, "m.room.message", word), stopping.signal);
    answers.push({ word, conversation, event: sent });
  };
  const read = async () => {
    let since: string | undefined;
    while (!stopping.signal.aborted) {
      const news = await whileAway(() => agent.news(room, since, POLL_MS), stopping.signal);
      since = news.since;
      for (const event of news.events) look(event);
    }
  };
  const write = async () => {
    while (!stopping.signal.aborted) {
      const event = isPaused ? undefined : unanswered.shift();
      if (event) await answer(event);
      else await sleep(20);
    }
  };
  const run = () => Promise.all([read(), write()]);
  const running = run().catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });
  running.catch(() => undefined);
  return {
    answers,
    get waiting() {
      return unanswered.length;
    },
    pause() {
      isPaused = true;
    },
    resume() {
      isPaused = false;
    },
    seenAt,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await running;
    },
  };
}

/** A citizen's word in an event of theirs; a file's name is not it. */
export function findWord({ type, sender, content }: MatrixEvent): string | undefined {
  if (type !== "m.room.message" || !sender.startsWith("@_guichet_") || content.msgtype !== "m.text") return undefined;
  return /\b[a-z]+\d+x\d+x\b/.exec(String(content.body))?.[0];
}

/** As clients with threads reply to a citizen's message. */
function relateTo({ event_id, content }: MatrixEvent) {
  const relation = content["m.relates_to"];
  const root =
    typeof relation === "object" && relation !== null && "event_id" in relation ? relation.event_id : event_id;
  return {
    rel_type: "m.thread",
    event_id: root,
    is_falling_back: false,
    "m.in_reply_to": { event_id },
  };
}
