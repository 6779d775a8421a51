import { DeliveryError } from "../adapter/index.ts";

const CODE = /^[A-Z][A-Z0-9_]{0,59}$/;

/**
 * What a bridge's attempt ended with; undefined when that is no DeliveryError. A bridge that was loaded with a copy of
 * `guichet/adapter` of its own throws another class of the same shape.
 */
export function readFault(error: unknown): DeliveryError | undefined {
  if (error instanceof DeliveryError) return error;
  if (!(error instanceof Error) || error.name !== "DeliveryError") return undefined;
  const { consequence, code, remoteAnswer } = {
    consequence: undefined,
    code: undefined,
    remoteAnswer: undefined,
    ...error,
  };
  if (consequence !== "retry" && consequence !== "rejected" && consequence !== "unknown") return undefined;
  if (typeof code !== "string" || !CODE.test(code)) return undefined;
  return new DeliveryError(consequence, code, {
    ...(typeof remoteAnswer === "string" ? { remoteAnswer } : {}),
    cause: error,
  });
}
