import { type Consequence, DeliveryError } from "../../../src/adapter/index.ts";
import { nameStatus, STATUS } from "./commands.ts";

/**
 * What follows from the status with which an SMSC answered a text. It has not taken it, but for its own faults, of which
 * nobody can tell when they happened; what a vendor numbered himself (from 0x400 on) is a refusal.
 */
export function ruleOnStatus(status: number): DeliveryError {
  const ruling = RULINGS.get(status) ?? { consequence: "rejected", code: "SMPP_REFUSED" };
  return new DeliveryError(ruling.consequence, ruling.code, { remoteAnswer: nameStatus(status) });
}

export interface Ruling {
  readonly consequence: Consequence;
  readonly code: string;
}

const RULINGS: ReadonlyMap<number, Ruling> = new Map<number, Ruling>([
  [STATUS.ESME_RTHROTTLED, { consequence: "retry", code: "SMPP_THROTTLED" }],
  [STATUS.ESME_RMSGQFUL, { consequence: "retry", code: "SMPP_QUEUE_FULL" }],
  [STATUS.ESME_RX_T_APPN, { consequence: "retry", code: "SMPP_BUSY" }],
  [STATUS.ESME_RINVBNDSTS, { consequence: "retry", code: "SMPP_CONNECT" }],
  [STATUS.ESME_RINVDSTADR, { consequence: "rejected", code: "SMPP_ADDRESS" }],
  [STATUS.ESME_RINVSRCADR, { consequence: "rejected", code: "SMPP_SENDER" }],
  [STATUS.ESME_RSYSERR, { consequence: "unknown", code: "SMPP_UNKNOWN" }],
  [STATUS.ESME_RUNKNOWNERR, { consequence: "unknown", code: "SMPP_UNKNOWN" }],
]);

/** True when the SMSC asks for less at a time. */
export const isTooFast = (status: number): boolean =>
  status === STATUS.ESME_RTHROTTLED || status === STATUS.ESME_RMSGQFUL || status === STATUS.ESME_RX_T_APPN;

/** What operators are told of a bind that was refused. */
export function codeOfBind(status: number): string {
  if (status === STATUS.ESME_RINVPASWD || status === STATUS.ESME_RINVSYSID || status === STATUS.ESME_RBINDFAIL)
    return "SMPP_AUTH";
  return status === STATUS.ESME_RALYBND ? "SMPP_BOUND_ELSEWHERE" : "SMPP_BIND";
}
