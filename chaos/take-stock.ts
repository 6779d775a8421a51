import { isRecord } from "../src/domain/is-record.ts";
import { type AgentAnswer, findWord } from "../test/support/answering-agent.ts";
import type { CrowdConversation } from "../test/support/crowd.ts";
import type { MatrixEvent } from "../test/support/matrix-client.ts";
import type { Delivery } from "./outside-server.ts";

/** `unknown`: the agent was told that it failed or may have failed, or that it may be an earlier one again. */
export type Verdict = "lost" | "doubled" | "reordered" | "unknown" | "waiting";

export interface Finding {
  readonly word: string;
  readonly verdict: Verdict;
  readonly detail: string;
}

export interface Seen {
  readonly timeline: readonly MatrixEvent[];
  readonly mails: readonly Delivery[];
  readonly texts: readonly Delivery[];
}

export interface Stock {
  readonly findings: readonly Finding[];
  /** Mails that came a second time under one Message-ID. */
  readonly repeated: number;
}

/** Line that the SMS bridge adds to a text that it could not tell from an earlier one. */
const IN_DOUBT = "This text may be an earlier one that came again";

/** Compares what was written with what is seen from outside. */
export function takeStock(
  seen: Seen,
  conversations: readonly CrowdConversation[],
  answers: readonly AgentAnswer[],
): Stock {
  const posted = seen.timeline.flatMap((event) => {
    const word = findWord(event);
    return word === undefined ? [] : [{ word, inDoubt: String(event.content.body).includes(IN_DOUBT) }];
  });
  const mails = readAnswers(seen.mails);
  const texts = readAnswers(seen.texts);
  const shown = readReactions(seen.timeline);
  const arrivedOf = ({ from }: CrowdConversation) => (from.startsWith("+") ? texts : mails);
  return {
    findings: [
      ...conversations.flatMap((conversation) => judgeArrivals(posted, conversation)),
      ...answers.flatMap((answer) => judgeAnswer(arrivedOf(answer.conversation), shown.get(answer.event), answer)),
      ...conversations.flatMap((each) => judgeAnswerOrder(arrivedOf(each), answers, each)),
    ],
    repeated: mails.length - new Set(mails.map(({ id }) => id)).size,
  };
}

interface Posted {
  readonly word: string;
  readonly inDoubt: boolean;
}

function judgeArrivals(posted: readonly Posted[], { mails }: CrowdConversation): Finding[] {
  const ranks = new Map(mails.map(({ word }, rank) => [word, rank]));
  const mine = posted.filter(({ word, inDoubt }) => ranks.has(word) && !inDoubt);
  const counts = mails.flatMap(({ word, acceptedAt }): Finding[] => {
    const doubtful = posted.filter((each) => each.word === word && each.inDoubt).length;
    const times = mine.filter((each) => each.word === word).length;
    const detail = `${times} times in the room, ${doubtful} more in doubt`;
    if (acceptedAt === undefined) return [{ word, verdict: "waiting", detail: "never taken in" }];
    if (times === 0 && doubtful === 0) return [{ word, verdict: "lost", detail }];
    if (times > 1) return [{ word, verdict: "doubled", detail }];
    return doubtful > 0 ? [{ word, verdict: "unknown", detail }] : [];
  });
  return [
    ...counts,
    ...judgeOrder(
      mine.map(({ word }) => word),
      (word) => ranks.get(word) ?? -1,
    ),
  ];
}

interface Arrived {
  readonly word: string;
  readonly to: string;
  /** Message-ID of a mail; of a text its place among all: each is one of its own. */
  readonly id: string;
}

const readAnswers = (deliveries: readonly Delivery[]): Arrived[] =>
  deliveries.flatMap(({ to, raw }, place) => {
    const word = /\bre-[a-z]+\d+x\d+x\b/.exec(raw)?.[0];
    const id = /^Message-ID: (\S+)/im.exec(raw)?.[1] ?? String(place);
    return word === undefined ? [] : [{ word, to: to.join(), id }];
  });

function judgeAnswer(
  arrived: readonly Arrived[],
  shown: readonly string[] = [],
  { word, conversation }: AgentAnswer,
): Finding[] {
  const mine = arrived.filter((each) => each.word === word);
  const times = new Set(mine.map(({ id }) => id)).size;
  const detail = `${times} times at the citizen's, the agent sees ${shown.join(" ") || "nothing"}`;
  if (mine.some(({ to }) => to !== conversation.from)) return [{ word, verdict: "doubled", detail: "to a stranger" }];
  if (times > 1) return [{ word, verdict: "doubled", detail }];
  if (shown.includes("❌")) return [{ word, verdict: "unknown", detail }];
  if (times === 0) return [{ word, verdict: "lost", detail }];
  return shown.join() === "✅" ? [] : [{ word, verdict: "waiting", detail }];
}

function judgeAnswerOrder(
  arrived: readonly Arrived[],
  answers: readonly AgentAnswer[],
  conversation: CrowdConversation,
): Finding[] {
  const written = answers.filter((answer) => answer.conversation === conversation).map(({ word }) => word);
  const words = arrived.map(({ word }) => word).filter((word) => written.includes(word));
  return judgeOrder(words, (word) => written.indexOf(word));
}

/** The first of each counts: a repeat says nothing of the order. */
function judgeOrder(words: readonly string[], rankOf: (word: string) => number): Finding[] {
  const firsts = [...new Set(words)];
  return firsts.flatMap((word, at): Finding[] => {
    const before = firsts[at - 1];
    if (before === undefined || rankOf(before) < rankOf(word)) return [];
    return [{ word, verdict: "reordered", detail: `came after ${before}` }];
  });
}

/** Keys of the reactions that stand on each event. */
function readReactions(timeline: readonly MatrixEvent[]): Map<string, string[]> {
  const keys = new Map<string, string[]>();
  for (const { type, content } of timeline) {
    const relation = content["m.relates_to"];
    if (type !== "m.reaction" || !isRecord(relation)) continue;
    const event = String(relation.event_id);
    keys.set(event, [...(keys.get(event) ?? []), String(relation.key)]);
  }
  return keys;
}
