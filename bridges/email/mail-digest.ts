import { createHash } from "node:crypto";

/**
 * Fields that a mail keeps on every way it takes. The others are added by the servers that it passes, which may be two
 * ways for one mail: it was sent to two addresses, or offered again because a 250 was lost.
 */
const KEPT = /^(?:from|sender|reply-to|to|cc|subject|date|message-id|in-reply-to|references|content-[a-z-]+)[ \t]*:/i;
/** Longer heads are no mail's: then all bytes count. */
const MOST_HEAD = 256 * 1024;

/** What makes two mails the same: the fields that their author wrote, and the body to its last byte. */
export interface MailDigest {
  update(chunk: Buffer): void;
  /** SHA-256, hex. */
  digest(): string;
}

export function openDigest(): MailDigest {
  const hash = createHash("sha256");
  const head: Buffer[] = [];
  let length = 0;
  let isInBody = false;
  const beginBody = (rest: Buffer) => {
    const bytes = Buffer.concat([...head.splice(0), rest]);
    const end = endOfHead(bytes);
    hash.update(end === undefined ? bytes : keptFields(bytes.toString("latin1", 0, end)));
    if (end !== undefined) hash.update(bytes.subarray(end));
    isInBody = true;
  };
  return {
    update(chunk) {
      if (isInBody) return void hash.update(chunk);
      // The end of the head may lie across two chunks.
      const seam = Buffer.concat([head.at(-1)?.subarray(-3) ?? Buffer.alloc(0), chunk]);
      length += chunk.length;
      if (endOfHead(seam) !== undefined || length > MOST_HEAD) beginBody(chunk);
      else head.push(chunk);
    },
    digest() {
      if (!isInBody) beginBody(Buffer.alloc(0));
      return hash.digest("hex");
    },
  };
}

function endOfHead(bytes: Buffer): number | undefined {
  const ends = ["\n\r\n", "\n\n"].flatMap((mark) => {
    const at = bytes.indexOf(mark, 0, "latin1");
    return at === -1 ? [] : [at + mark.length];
  });
  return ends.length === 0 ? undefined : Math.min(...ends);
}

function keptFields(head: string): string {
  let isKept = false;
  const kept = head.split(/\r?\n/).filter((line) => {
    if (!/^[ \t]/.test(line)) isKept = KEPT.test(line);
    return isKept;
  });
  return kept.join("\n");
}
