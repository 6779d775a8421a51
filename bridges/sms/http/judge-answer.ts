import type { Consequence } from "../../../src/adapter/index.ts";
import { asText, findIn, holds, parseJson, type ReadField, readerOfJson, sayWords } from "./fields.ts";
import type { AnswerMapping } from "./profile.ts";

/** What a gateway's answer to a submission means. */
export type Verdict =
  | { readonly outcome: "accepted"; readonly ids: readonly string[] }
  | {
      readonly outcome: Consequence;
      readonly code: string;
      /** The whole gateway is in trouble. */
      readonly trouble: boolean;
      readonly words?: string | undefined;
    };

type Failure = Exclude<Verdict, { outcome: "accepted" }>;

/** An answer that the profile does not know: the message may have gone out. */
const UNKNOWN: Failure = { outcome: "unknown", code: "SMS_HTTP_ANSWER", trouble: false };
/** Of a text in parts, some were taken: the citizen gets a piece. */
const IN_PART = { outcome: "unknown", code: "SMS_TAKEN_IN_PART", trouble: false } as const;

/** Decides by the profile's rules, the first that fits; of several parts all must be accepted. */
export function judgeAnswer(
  mapping: AnswerMapping,
  answer: { readonly status: number; readonly body: string },
  deliveryId: string,
): Verdict {
  const json = parseJson(answer.body);
  const list = mapping.each === undefined ? undefined : findIn(json, mapping.each);
  const elements: unknown[] = Array.isArray(list) && list.length > 0 ? list : [json];
  const verdicts = elements.map((element) => judgeOne(mapping, answer, element, deliveryId));
  const failures = verdicts.filter((verdict): verdict is Failure => verdict.outcome !== "accepted");
  const [worst] = failures.toSorted((a, b) => GRAVITY[b.outcome] - GRAVITY[a.outcome]);
  if (worst === undefined)
    return { outcome: "accepted", ids: verdicts.flatMap((verdict) => ("ids" in verdict ? verdict.ids : [])) };
  return failures.length < verdicts.length ? { ...IN_PART, words: worst.words } : worst;
}

/** What is said of a text when its parts ended differently: the more careful thing. */
const GRAVITY: Record<Consequence, number> = { retry: 0, rejected: 1, unknown: 2 };

function judgeOne(
  mapping: AnswerMapping,
  answer: { readonly status: number; readonly body: string },
  element: unknown,
  deliveryId: string,
): Verdict {
  const read = readerOfJson(element);
  const rule = mapping.rules.find(
    (each) =>
      isStatus(answer.status, each.http) &&
      holds(each.where, read) &&
      (each.body === undefined || new RegExp(each.body, "iu").test(answer.body)),
  );
  if (rule === undefined) return { ...UNKNOWN, words: sayAnswer(mapping, answer, read) };
  if (rule.means !== "accepted") {
    const { code = UNKNOWN.code, trouble } = rule;
    return { outcome: rule.means, code, trouble, words: sayAnswer(mapping, answer, read) };
  }
  const ids = mapping.ids === undefined ? [deliveryId] : listIds(findIn(element, mapping.ids));
  // Without the name that the profile promises, no receipt could be understood: this is some other answer.
  return ids.length > 0 ? { outcome: "accepted", ids } : UNKNOWN;
}

/** One name, or a list of them, as texts. */
export const listIds = (found: unknown): string[] =>
  (Array.isArray(found) ? found : [found]).flatMap((each: unknown) => {
    const id = asText(each);
    return id === undefined || id === "" ? [] : [id];
  });

const isStatus = (status: number, wanted: string | number | readonly (string | number)[] | undefined) =>
  wanted === undefined ||
  [wanted]
    .flat()
    .some((each) => (typeof each === "number" ? each === status : each.startsWith(`${status}`.slice(0, 1))));

function sayAnswer(mapping: AnswerMapping, { status, body }: { status: number; body: string }, read: ReadField) {
  const words = sayWords(mapping.words, read);
  if (words !== undefined) return words;
  const isPlain = body.trim() !== "" && body.length <= 200 && !/[<{]/.test(body);
  return isPlain ? body.trim() : `HTTP ${status}`;
}
