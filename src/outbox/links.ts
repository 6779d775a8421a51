import type { KeyObject } from "node:crypto";
import { makeLinkToken, readLinkToken } from "../conversation/link-token.ts";
import type { OutboxId } from "../domain/ids.ts";
import { MatrixError } from "../matrix/matrix-error.ts";
import type { OpenedMedia } from "../matrix/media.ts";
import type { Database } from "../store/database.ts";
import { findLinkedFile, type StoredFile } from "../store/linked-file.ts";

/** Signed links to files of answers, for citizens whose channel does not carry them. */
export interface Links {
  /** How long a link works, in days. */
  readonly days: number;
  /** The same for each attempt. */
  linkTo(answer: { readonly id: OutboxId; readonly firstAttemptAt: Date | undefined }): string;
  /**
   * @param token what stands at the end of a link.
   * @returns "gone" when the link was ours, and has expired, or the agent has withdrawn the file.
   */
  find(token: string): Promise<LinkedFile | "gone" | "unknown">;
}

/** The file that a link leads to. */
export interface LinkedFile extends Pick<StoredFile, "name" | "type"> {
  /** Undefined when the homeserver does not have it any more. */
  open(signal: AbortSignal): Promise<OpenedMedia | undefined>;
}

export function openLinks(parts: {
  readonly key: KeyObject;
  readonly database: Database;
  /** What all links begin with, without `/` at its end. */
  readonly url: string;
  readonly days: number;
  open(mxc: string, signal: AbortSignal): Promise<OpenedMedia>;
}): Links {
  const { key, database, url, days, open } = parts;
  return {
    days,
    linkTo: ({ id, firstAttemptAt = new Date() }) => `${url}/${makeLinkToken(key, id, firstAttemptAt, days)}`,
    async find(token) {
      const link = readLinkToken(key, token);
      if (link === undefined) return "unknown";
      if (link.expires.getTime() <= Date.now()) return "gone";
      const file = await findLinkedFile(database.relaxed, link.answer);
      if (file === undefined) return "gone";
      const { name, type, mxc } = file;
      return {
        name,
        type,
        open: (signal) =>
          open(mxc, signal).catch((error: unknown) => {
            if (error instanceof MatrixError && error.status === 404) return undefined;
            throw error;
          }),
      };
    },
  };
}
