import type { Acceptance } from "../../src/adapter/index.ts";
import type { ListenSettings } from "./settings.ts";

/** How one mail ended for one recipient: `forged` is refused by its sender's own domain, `failed` is tried again. */
export type Ending = Acceptance | "forged" | "failed";

type Done = (fault?: Error | null, replies?: string | (string | Error)[]) => void;

/** Answers the data of a mail, once or for each recipient. */
export function answer(endings: readonly Ending[], protocol: ListenSettings["protocol"], done: Done): void {
  const replies = endings.map(replyTo);
  // SMTP has one reply for all recipients: unless each is stored, the mail comes again, and duplicates are told apart.
  const fault =
    replies.find((reply) => reply.responseCode === 451) ?? replies.find((reply) => reply.responseCode !== 250);
  if (protocol === "lmtp")
    done(
      null,
      replies.map((reply) => (reply.responseCode === 250 ? "OK" : reply)),
    );
  else if (fault !== undefined && fault.responseCode !== 250) done(fault);
  else done(null, "OK");
}

function replyTo(ending: Ending): SmtpReply {
  if (ending === "failed") return replyWith(451, "Try again later");
  if (ending === "forged")
    return replyWith("550 5.7.1", "The sender's domain asks to refuse mail that it does not prove");
  if (ending === "refused") return replyWith("554 5.7.1", "Not accepted here");
  return replyWith(250, "OK");
}

interface SmtpReply extends Error {
  responseCode: number | string;
}

/**
 * @param responseCode the library adds an enhanced code (RFC 3463) to a number, the same to each; with a text, the reply
 * begins with that text.
 */
export const replyWith = (responseCode: number | string, text: string): SmtpReply =>
  Object.assign(new Error(text), { responseCode });
