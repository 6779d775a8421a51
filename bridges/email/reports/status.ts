/** Codes that a server's answer, or a text that cites one, holds. */
export interface Codes {
  /** RFC 3463: `5.1.1`. */
  readonly status?: string;
  /** RFC 5321: 550. */
  readonly replyCode?: number;
}

/** RFC 3463, 2: class, subject (0 to 7), detail. Not part of an IP address or of a version number. */
const STATUS = /(?<![\w.])#?([245]\.[0-7]\.\d{1,3})(?!\.?\d)/g;
/** A reply with its status: the surest place for both (RFC 2034, 4). */
const REPLY_WITH_STATUS = /(?<![\w.])([245]\d\d)[ -]{1,3}['"]?#?\(?([245]\.[0-7]\.\d{1,3})(?!\.?\d)/;
/** A reply where replies stand: at the start of a line or after a word or sign that introduces one. */
const REPLY =
  /(?:^|[:;>("'[]|\b(?:said|error|code|response|replied|answer|returned|was|with))[ \t"'(<[:#]{0,6}([45]\d\d)(?=[ \t:.,;"')\]-]|$)(?![ \t-]{1,3}(?:bytes?|[kmg]b|messages?|hours?|days?|minutes?|seconds?|times?)\b)/im;

const LONGEST = 8_192;

/** Reads codes out of an answer; a specific status is preferred to a general one such as 5.0.0. */
export function readCodes(text: string): Codes {
  const bounded = text.slice(0, LONGEST);
  const joint = REPLY_WITH_STATUS.exec(bounded);
  const all = [...bounded.matchAll(STATUS)].map((found) => found[1] ?? "");
  const status = joint?.[2] ?? all.find(isSpecific) ?? all[0];
  const reply = joint?.[1] ?? REPLY.exec(bounded)?.[1];
  return {
    ...(status === undefined ? {} : { status }),
    ...(reply === undefined ? {} : { replyCode: Number(reply) }),
  };
}

/** Says more than "something failed": x.0.0 and x.5.0 are what servers put for want of better. */
export const isSpecific = (status: string): boolean => !/^\d\.[05]\.0$/.test(status);

/** RFC 3463 class, else RFC 5321 class. */
export function verdictOf({ status, replyCode }: Codes): "permanent" | "temporary" | undefined {
  const digit = status?.[0] ?? (replyCode === undefined ? undefined : String(replyCode)[0]);
  if (digit === "5") return "permanent";
  return digit === "4" ? "temporary" : undefined;
}
