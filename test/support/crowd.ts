import { setTimeout as sleep } from "node:timers/promises";
import { createTransport } from "nodemailer";
import { ADDRESS } from "./house.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** A mail as its citizen knows it: one word in it is found nowhere else in the world. */
export interface CrowdMail {
  readonly word: string;
  /** Name of its one file. */
  readonly file: string | undefined;
  /** When the 250 came, in milliseconds since 1970; undefined until then. */
  acceptedAt?: number;
}

/** One matter of one citizen: its mails are written one after the other, each citing the one before. */
export interface CrowdConversation {
  readonly name: string;
  readonly from: string;
  readonly mails: readonly CrowdMail[];
}

export interface CrowdOptions {
  readonly random: SeededRandom;
  readonly citizens: number;
  readonly mails: number;
  readonly smtpPort: number;
  /** Shortest time between two new mails, in milliseconds. */
  readonly paceMs: number;
}

/** Citizens who write at once, through a mail server that offers again what got no 250. */
export interface Crowd {
  readonly conversations: readonly CrowdConversation[];
  /** Mails with a 250 so far. */
  readonly accepted: number;
  /** Offers that ended without a 250. */
  readonly refused: number;
  /** Lets the citizens write so many mails in all. */
  admit(mails: number): void;
  /** Resolves when every mail has its 250; rejects when one is refused for good, or `signal` aborts. */
  write(signal: AbortSignal): Promise<void>;
}

const CONVERSATIONS_EACH = 3;
const FILE_SHARE = 0.15;
const OFFER_AGAIN_MS = 400;

export function gatherCrowd({ random, citizens, mails, smtpPort, paceMs }: CrowdOptions): Crowd {
  const conversations = Array.from({ length: citizens * CONVERSATIONS_EACH }, (_, number) => ({
    name: `matter${number}`,
    from: `citizen${number % citizens}@example.org`,
    mails: [] as CrowdMail[],
  }));
  for (let number = 0; number < mails; number += 1) {
    // The first round gives every conversation its first mail.
    const conversation = conversations[number] ?? random.pick(conversations);
    const word = `${conversation.name}x${conversation.mails.length}x`;
    conversation.mails.push({ word, file: random.chance(FILE_SHARE) ? `${word}.txt` : undefined });
  }
  let admitted = 0;
  let begun = 0;
  let nextAt = 0;
  let accepted = 0;
  let refused = 0;
  const offer = async (from: string, raw: string, signal: AbortSignal) => {
    for (;;) {
      const transport = createTransport({ host: "127.0.0.1", port: smtpPort, ignoreTLS: true });
      try {
        await transport.sendMail({ envelope: { from, to: ADDRESS }, raw });
        return;
      } catch (error) {
        const code = error instanceof Error && "responseCode" in error ? Number(error.responseCode) : 0;
        if (code >= 500) throw error;
        refused += 1;
        await sleep(OFFER_AGAIN_MS, undefined, { signal });
      } finally {
        transport.close();
      }
    }
  };
  const converse = async (conversation: CrowdConversation, signal: AbortSignal) => {
    for (const [index, mail] of conversation.mails.entries()) {
      while (begun >= admitted || Date.now() < nextAt) await sleep(10, undefined, { signal });
      begun += 1;
      nextAt = Date.now() + paceMs;
      await offer(conversation.from, writeMail(conversation, index), signal);
      mail.acceptedAt = Date.now();
      accepted += 1;
    }
  };
  return {
    conversations,
    get accepted() {
      return accepted;
    },
    get refused() {
      return refused;
    },
    admit(count) {
      admitted = count;
    },
    async write(signal) {
      await Promise.all(conversations.map((conversation) => converse(conversation, signal)));
    },
  };
}

const idOf = (mail: CrowdMail) => `<${mail.word}@example.org>`;

/** The same bytes at each call. */
function writeMail({ name, from, mails }: CrowdConversation, index: number): string {
  const mail = mails[index];
  const before = mails[index - 1];
  if (mail === undefined) throw new Error("no such mail");
  const head = [
    `From: ${from}`,
    `To: ${ADDRESS}`,
    `Subject: Matter ${name}`,
    `Message-ID: ${idOf(mail)}`,
    "Date: Tue, 03 Mar 2026 10:00:00 +0000",
    "MIME-Version: 1.0",
    ...(before ? [`In-Reply-To: ${idOf(before)}`, `References: ${idOf(before)}`] : []),
  ];
  const text = ["Content-Type: text/plain; charset=utf-8", "", `Here is ${mail.word} of it.`];
  if (mail.file === undefined) return [...head, ...text, ""].join("\r\n");
  return [
    ...head,
    'Content-Type: multipart/mixed; boundary="part"',
    "",
    "--part",
    ...text,
    "--part",
    "Content-Type: text/plain",
    `Content-Disposition: attachment; filename="${mail.file}"`,
    "",
    `File of ${mail.word}`,
    "--part--",
    "",
  ].join("\r\n");
}
