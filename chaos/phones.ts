import { setTimeout as sleep } from "node:timers/promises";
import type { CrowdConversation, CrowdMail } from "../test/support/crowd.ts";
import type { SeededRandom } from "../test/support/seeded-random.ts";
import type { OutsideServer } from "./outside-server.ts";
import { AGENCY_NUMBER } from "./world.ts";

/** Citizens who write texts: each waits until the network has handed over the one before. */
export interface Phones {
  readonly conversations: readonly CrowdConversation[];
  /** Lets them write so many texts in all. */
  admit(texts: number): void;
  write(signal: AbortSignal): Promise<void>;
}

const LOOK_MS = 50;

export function gatherPhones(
  { random, count, texts, paceMs }: { random: SeededRandom; count: number; texts: number; paceMs: number },
  smsc: OutsideServer,
): Phones {
  const conversations = Array.from({ length: count }, (_, number) => ({
    name: `phone${number}`,
    from: `+3369876${String(5_000 + number)}`,
    mails: [] as CrowdMail[],
  }));
  for (let number = 0; number < texts; number += 1) {
    const { name, mails } = conversations[number] ?? random.pick(conversations);
    mails.push({ word: `${name}x${mails.length}x`, file: undefined });
  }
  let admitted = 0;
  let begun = 0;
  let nextAt = 0;
  const hand = async ({ word }: CrowdMail, from: string, signal: AbortSignal) => {
    const order = JSON.stringify({ id: word, from, to: AGENCY_NUMBER, text: `Here is ${word} of it.` });
    // A network that was started again forgot what it was told, and says its lines anew.
    let told: readonly string[] | undefined;
    while (!smsc.lines.includes(`taken ${word}`)) {
      if (told !== smsc.lines && smsc.lines.length > 0) {
        told = smsc.lines;
        smsc.tell(order);
      }
      await sleep(LOOK_MS, undefined, { signal });
    }
  };
  const converse = async ({ from, mails }: CrowdConversation, signal: AbortSignal) => {
    for (const text of mails) {
      while (begun >= admitted || Date.now() < nextAt) await sleep(LOOK_MS, undefined, { signal });
      begun += 1;
      nextAt = Date.now() + paceMs;
      await hand(text, from, signal);
      text.acceptedAt = Date.now();
    }
  };
  return {
    conversations,
    admit(count) {
      admitted = count;
    },
    async write(signal) {
      await Promise.all(conversations.map((each) => converse(each, signal)));
    },
  };
}
