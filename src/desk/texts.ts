import type { Cost, Opening } from "../adapter/index.ts";
import type { ComposeTexts } from "../conversation/compose.ts";
import type { StoredRefusal } from "../store/schema.ts";
import type { Step } from "../store/step.ts";

/** What an answer comes to on its channel, before it leaves. */
export interface PreviewFacts {
  readonly parts: number;
  readonly cost: Cost | undefined;
  /** Sentences of the bridge. */
  readonly remarks: readonly string[];
  /** How long the link to its file works; undefined when no file becomes one. */
  readonly linkDays: number | undefined;
  readonly losesFormatting: boolean;
  readonly losesSubject: boolean;
}

/** A step of a message, as far as it is for agents' eyes. */
export type TraceLine = Pick<Step, "step" | "at" | "attempt" | "code" | "remoteAnswer">;

/** All that guichet itself says to agents. A language is one record; a missing one falls back to English. */
export interface DeskTexts extends ComposeTexts {
  readonly topic: (agency: string, replies: "explicit" | "all") => string;
  readonly rejected: (code: string, answer: string | undefined) => string;
  readonly delayed: (code: string, answer: string | undefined) => string;
  readonly gaveUp: (last: string) => string;
  readonly unknown: (code: string) => string;
  readonly alreadyLeft: string;
  readonly editSendsNothing: string;
  readonly cannotAnswer: string;
  readonly nothingToSend: string;
  readonly encrypted: string;
  readonly unsendable: string;
  readonly unknownMessage: string;
  readonly unknownCommand: (verb: string) => string;
  readonly quarantined: (id: string, code: string) => string;
  readonly banned: (id: string) => string;
  readonly waiting: (code: string) => string;
  readonly cameBack: (cause: string, answer: string | undefined) => string;
  readonly heldUp: (cause: string, answer: string | undefined) => string;
  /** A rule of the operator set a message aside. */
  readonly held: (id: string, code: string, remark: string | undefined) => string;
  /** A correspondent's arrivals come too fast. */
  readonly flood: (id: string) => string;
  /** guichet's own acknowledgement did not reach the citizen. */
  readonly notAcknowledged: (cause: string, answer: string | undefined) => string;
  readonly firstContact: string;
  /** Words of a link to a conversation that a new one may belong to, and to the room in which an old one began. */
  readonly mayBelong: string;
  readonly continues: string;
  readonly portalTopic: (agency: string, replies: "explicit" | "all") => string;
  readonly portalOpened: (link: string) => string;
  readonly spaceTopic: (agency: string) => string;
  /** The room has been replaced by one that guichet cannot enter. */
  readonly cannotFollow: string;
  /** Some of several recipients did not get an answer. */
  readonly refused: (refused: readonly StoredRefusal[]) => string;
  /** The channel is none of the agency's, or carries no answers. */
  readonly viaUnknown: (word: string, channels: readonly string[]) => string;
  readonly viaAddress: (word: string, example: string | undefined) => string;
  readonly viaText: string;
  readonly cannotCopy: string;
  readonly nobodyElse: string;
  readonly openingAddress: (verb: string, example: string) => string;
  readonly openingText: string;
  readonly openingStays: (address: string) => string;
  readonly openingOutside: (verb: string) => string;
  /** @param mostBytes what the channel takes; 0 for none. */
  readonly fileStays: (mostBytes: number) => string;
  readonly linkWithdrawn: string;
  readonly previewed: (facts: PreviewFacts) => string;
  /** Ends what is said of a dead letter: what the agent can decide. */
  readonly choice: string;
  readonly nothingToDecide: string;
  readonly nothingToTrace: string;
  readonly traced: (lines: readonly TraceLine[]) => string;
  readonly help: (openings: readonly Pick<Opening, "verb" | "example">[], replies: "explicit" | "all") => string;
}
