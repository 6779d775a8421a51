import { isRecord } from "../../src/domain/is-record.ts";
import { type AgentAnswer, findWord } from "./answering-agent.ts";
import type { CrowdConversation } from "./crowd.ts";
import type { MatrixEvent } from "./matrix-client.ts";
import type { SmtpSink } from "./smtp-sink.ts";

/** What is wrong, one sentence each; empty when nothing was lost, doubled or put out of order. */
export interface Stock {
  readonly faults: readonly string[];
  /** Mails that the citizens' server took a second time under the same Message-ID. */
  readonly repeated: number;
}

export interface Written {
  readonly conversations: readonly CrowdConversation[];
  readonly answers: readonly AgentAnswer[];
}

/**
 * Compares what citizens and agent wrote with what stands in the room and what left the house, seen from outside.
 * @param isOrdered false where mail servers stand between that keep no order themselves.
 */
export function takeStock(
  timeline: readonly MatrixEvent[],
  mails: SmtpSink["mails"],
  { conversations, answers }: Written,
  isOrdered = true,
): Stock {
  const sent = readSent(mails, answers);
  return {
    faults: [
      ...conversations.flatMap((conversation) => checkCounts(timeline, conversation)),
      ...checkStrays(timeline, conversations),
      ...answers.flatMap((answer) => checkAnswer(timeline, sent, answer)),
      ...(isOrdered ? conversations.flatMap((each) => checkThread(timeline, each)) : []),
      ...(isOrdered ? conversations.flatMap((each) => checkAnswerOrder(sent, answers, each)) : []),
    ],
    repeated: sent.length - new Set(sent.map(({ messageId }) => messageId)).size,
  };
}

function checkCounts(timeline: readonly MatrixEvent[], conversation: CrowdConversation): string[] {
  const found = findPosted(timeline, conversation).map(({ word }) => word);
  return conversation.mails.flatMap(({ word, file }) => [
    ...count(`the words ${word}`, found.filter((each) => each === word).length),
    ...(file === undefined
      ? []
      : count(`the file ${file}`, timeline.filter(({ content }) => content.filename === file).length)),
  ]);
}

function findPosted(timeline: readonly MatrixEvent[], { mails }: CrowdConversation) {
  const words = new Set(mails.map(({ word }) => word));
  return timeline.flatMap((event) => {
    const word = findWord(event);
    return word !== undefined && words.has(word) ? [{ word, event }] : [];
  });
}

function checkThread(timeline: readonly MatrixEvent[], conversation: CrowdConversation): string[] {
  const { name, mails } = conversation;
  const posted = findPosted(timeline, conversation);
  const ranks = posted.map(({ word }) => mails.findIndex((mail) => mail.word === word));
  const isMixed = ranks.some((rank, at) => rank < (ranks[at - 1] ?? -1));
  const root = posted[0]?.event.event_id;
  return [
    ...(isMixed ? [`${name} out of order: ${posted.map(({ word }) => word).join(" ")}`] : []),
    ...posted
      .slice(1)
      .filter(({ event }) => rootOf(event) !== root)
      .map(({ word }) => `${word} stands outside its thread`),
  ];
}

/** Nothing else was said on the citizens' or the bridge's behalf. */
function checkStrays(timeline: readonly MatrixEvent[], conversations: readonly CrowdConversation[]): string[] {
  const names = new Set(conversations.flatMap(({ mails }) => mails.flatMap(({ word, file }) => [word, file])));
  return timeline
    .filter(({ type, sender }) => type === "m.room.message" && sender.startsWith("@_guichet_"))
    .filter((event) => !names.has(findWord(event) ?? String(event.content.filename)))
    .map(({ content }) => `stray message: ${String(content.body).slice(0, 120)}`);
}

interface SentAnswer {
  readonly word: string;
  readonly messageId: string;
  readonly to: readonly string[];
}

function readSent(mails: SmtpSink["mails"], answers: readonly AgentAnswer[]): SentAnswer[] {
  const words = new Set(answers.map(({ word }) => word));
  return mails.flatMap(({ raw, to }) => {
    const word = /\bre-[a-z]+\d+x\d+x\b/.exec(raw)?.[0] ?? "";
    return words.has(word) ? [{ word, to, messageId: /^Message-ID: (\S+)/im.exec(raw)?.[1] ?? "" }] : [];
  });
}

function checkAnswer(
  timeline: readonly MatrixEvent[],
  sent: readonly SentAnswer[],
  { word, conversation, event }: AgentAnswer,
): string[] {
  const mine = sent.filter((mail) => mail.word === word);
  const reactions = timeline.filter(
    ({ type, content }) =>
      type === "m.reaction" && isRecord(content["m.relates_to"]) && content["m.relates_to"].event_id === event,
  );
  const keys = reactions.map(({ content }) => isRecord(content["m.relates_to"]) && content["m.relates_to"].key);
  return [
    ...count(`the answer ${word}`, new Set(mine.map(({ messageId }) => messageId)).size),
    ...mine.filter(({ to }) => to.join() !== conversation.from).map(({ to }) => `${word} went to ${to}`),
    ...(keys.join() === "✅" ? [] : [`${word} carries ${keys.join(" ") || "no reaction"}`]),
  ];
}

function checkAnswerOrder(
  sent: readonly SentAnswer[],
  answers: readonly AgentAnswer[],
  conversation: CrowdConversation,
): string[] {
  const written = answers.filter((answer) => answer.conversation === conversation).map(({ word }) => word);
  const arrived = [...new Set(sent.map(({ word }) => word))].filter((word) => written.includes(word));
  const inOrder = arrived.every(
    (word, at) => at === 0 || written.indexOf(word) > written.indexOf(arrived[at - 1] ?? ""),
  );
  return inOrder ? [] : [`answers of ${conversation.name} out of order: ${arrived.join(" ")}`];
}

const count = (what: string, found: number) => (found === 1 ? [] : [`${what}: ${found} times`]);

function rootOf({ content }: MatrixEvent): unknown {
  const relation = content["m.relates_to"];
  return isRecord(relation) ? relation.event_id : undefined;
}
