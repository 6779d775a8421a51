import { mayPass, reasonOf } from "./reasons.ts";
import type { DeliveryState, RecipientReport } from "./report.ts";
import { type Codes, isSpecific, readCodes, verdictOf } from "./status.ts";

interface Evidence {
  readonly address?: string;
  readonly finalAddress?: string;
  readonly state: DeliveryState;
  /** What a server said about this recipient. */
  readonly answer: string | undefined;
  /** From a field of its own, when there was one. */
  readonly status?: string | undefined;
  /** What the report says to people about this recipient: asked where `answer` is silent. */
  readonly notice: string;
  readonly remoteServer?: string | undefined;
}

const LONGEST_ANSWER = 500;

/** Verdict, reason and codes of one recipient, out of all that is told about it. */
export function judge({ answer, status, notice, remoteServer, ...known }: Evidence): RecipientReport {
  const codes = settleCodes(status, readCodes(answer ?? ""), readCodes(notice));
  const remoteAnswer = answer?.replace(/\s+/g, " ").trim().slice(0, LONGEST_ANSWER);
  const report = {
    ...known,
    ...codes,
    ...(remoteAnswer ? { remoteAnswer } : {}),
    ...(remoteServer === undefined ? {} : { remoteServer: remoteServer.slice(0, 255) }),
  };
  if (known.state !== "failed" && known.state !== "delayed") return { ...report, reason: "OTHER" };
  const told = reasonOf(answer ?? "", codes);
  const reason = told === "OTHER" || answer === undefined ? reasonOf(notice, codes) : told;
  if (known.state === "delayed") return { ...report, reason, verdict: "temporary" };
  return { ...report, reason, verdict: verdictOf(codes) ?? (mayPass(reason) ? "temporary" : "permanent") };
}

/** The field counts, unless it says no more than that something failed and the server said more. */
function settleCodes(field: string | undefined, answer: Codes, notice: Codes): Codes {
  const said = [answer.status, notice.status].find((each) => each !== undefined && isSpecific(each));
  const status =
    field !== undefined && (isSpecific(field) || said === undefined) ? field : (said ?? answer.status ?? notice.status);
  const replyCode = answer.replyCode ?? notice.replyCode;
  return {
    ...(status === undefined ? {} : { status }),
    ...(replyCode === undefined ? {} : { replyCode }),
  };
}
