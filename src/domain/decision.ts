import { type EventId, eventId } from "./ids.ts";
import { isRecord } from "./is-record.ts";

/** What a person decides about a dead letter: another attempt, or to leave it as it is. */
export type Decision = "replay" | "drop";

/** Reactions by which agents decide. */
const DECISION_SIGNS: Readonly<Record<Decision, string>> = { replay: "🔁", drop: "🗑️" };

/** Some clients send an emoji without the selector that makes it one (Unicode, variation selector-16). */
const bare = (key: string) => key.replaceAll("\u{FE0F}", "");

/** What a reaction decides, and on which event; undefined for every other reaction (Client-Server API, m.reaction). */
export function readDecision(content: unknown): { readonly of: EventId; readonly decision: Decision } | undefined {
  const relation = isRecord(content) ? content["m.relates_to"] : undefined;
  if (!isRecord(relation) || relation.rel_type !== "m.annotation") return undefined;
  const { event_id: of, key } = relation;
  if (typeof of !== "string" || of === "" || typeof key !== "string") return undefined;
  const decisions: readonly Decision[] = ["replay", "drop"];
  const decision = decisions.find((one) => bare(DECISION_SIGNS[one]) === bare(key));
  return decision && { of: eventId(of), decision };
}
