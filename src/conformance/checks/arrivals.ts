import { buffer } from "node:stream/consumers";
import type { InboundMessage } from "../../adapter/index.ts";
import type { Check } from "../check.ts";
import { demand } from "../contract-broken.ts";
import { moment, until } from "../patience.ts";
import * as sentences from "../sentences.ts";
import { missing } from "../stage.ts";
import { writeAnswer, writeFile, writeLetter } from "../words.ts";
import { has, hold, offer, send, untilAcknowledged, untilTaken } from "./acts.ts";

const FILE_BYTES = 100_000;
/** As `InboundMessage.dedupeKey`. */
const LONGEST_KEY = 200;

/** How arrivals become messages. */
export const arrivalChecks: readonly Check[] = [
  {
    sentence: sentences.ARRIVAL_IS_WHOLE,
    needs: ["arrivals"],
    see: async (stage) => {
      await stage.start();
      const files = has(stage, "arriving files") ? [writeFile(FILE_BYTES), writeFile(1)] : [];
      const letter = writeLetter({ files });
      const offered = await offer(stage, letter);
      await untilTaken(stage, 1);
      await untilAcknowledged(stage, offered);
      const [message] = stage.host.taken;
      const { citizen } = stage.remote;
      demand(message?.from.address === citizen, "`from.address` is not the citizen's, as the harness has it");
      demand(message.text.includes(letter.text), "`text` lacks the words");
      demand(!message.text.includes("\r"), "lines of `text` end with CR");
      demand(!Number.isNaN(message.receivedAt.getTime()), "`receivedAt` is no time");
      for (const { name, size, open } of files) {
        const file = message.files.find((each) => each.name === name);
        demand(file !== undefined, `a file of ${size} bytes is not there under its name`);
        demand(file.content.equals(await buffer(open())), `a file of ${size} bytes came with other bytes`);
      }
    },
  },
  {
    sentence: sentences.ONE_MESSAGE,
    needs: ["arrivals", "repetition"],
    see: async (stage) => {
      await stage.start();
      const { host } = stage;
      const first = await offer(stage, writeLetter());
      await untilTaken(stage, 1);
      await untilAcknowledged(stage, first);
      const again = await first.again();
      await untilAcknowledged(stage, again, "what was offered again");
      await moment();
      demand(host.taken.length === 1, `they became ${host.taken.length} messages`);
      const keys = new Set(host.offered);
      demand(keys.size === 1, `they came with ${keys.size} different values of \`dedupeKey\``);
    },
  },
  {
    sentence: sentences.TWO_MESSAGES,
    needs: ["arrivals"],
    see: async (stage) => {
      await stage.start();
      const letter = writeLetter();
      await offer(stage, letter);
      await untilTaken(stage, 1);
      await offer(stage, letter);
      await untilTaken(stage, 2);
      for (const key of stage.host.offered) {
        demand(key.length > 0 && key.length <= LONGEST_KEY, `a \`dedupeKey\` has ${key.length} characters`);
        demand(!key.includes(letter.text), "a `dedupeKey` holds the words");
      }
    },
  },
  {
    sentence: sentences.DURABLE_FIRST,
    needs: ["arrivals", "acknowledgement"],
    see: async (stage) => {
      await stage.start();
      const inbox = hold();
      stage.host.answer = inbox.answer;
      const offered = await offer(stage, writeLetter());
      await until(inbox.isHeld, () => "the arrival did not come to the inbox", stage.patienceMs);
      await moment();
      demand(!(await offered.isAcknowledged()), "it was acknowledged while `accept` was still running");
      inbox.release();
      await untilAcknowledged(stage, offered);
    },
  },
  {
    sentence: sentences.NOT_ACKNOWLEDGED,
    needs: ["arrivals", "acknowledgement"],
    see: async (stage) => {
      await stage.start();
      const { host, patienceMs } = stage;
      host.answer = () => {
        throw new Error("no database");
      };
      const offered = await offer(stage, writeLetter());
      await until(
        () => host.offered.length > 0,
        () => "the arrival did not come to the inbox",
        patienceMs,
      );
      await moment();
      demand(!(await offered.isAcknowledged()), "it was acknowledged");
      host.answer = () => undefined;
      const again = has(stage, "repetition") ? await offered.again() : offered;
      await untilTaken(stage, 1);
      await untilAcknowledged(stage, again, "what was offered again");
      await moment();
      demand(host.taken.length === 1, `it became ${host.taken.length} messages in the end`);
    },
  },
  {
    sentence: sentences.UNREAD_FILES,
    needs: ["arrivals", "arriving files"],
    see: async (stage) => {
      await stage.start();
      const { host } = stage;
      for (const leave of [leaveAll, leaveHalfWay]) {
        host.answer = leave;
        const before = host.offered.length;
        const offered = await offer(stage, writeLetter({ files: [writeFile(FILE_BYTES * 10), writeFile(1)] }));
        await until(
          () => host.offered.length > before,
          () => "the arrival did not come to the inbox",
          stage.patienceMs,
        );
        await untilAcknowledged(stage, offered);
      }
      host.answer = () => undefined;
      await offer(stage, writeLetter({ files: [writeFile(FILE_BYTES)] }));
      await untilTaken(stage, 1);
    },
  },
  {
    sentence: sentences.NEWS_ARE_DURABLE,
    needs: ["news", "sending"],
    see: async (stage) => {
      const bridge = await stage.start();
      const { host, remote } = stage;
      if (remote.offerNews === undefined) throw missing("offerNews", "news");
      const answer = writeAnswer(remote.citizen);
      const { remoteId } = await send(stage, bridge, answer);
      host.knows = () => {
        throw new Error("no database");
      };
      const offered = await remote.offerNews({ deliveryId: answer.deliveryId, remoteId, to: remote.citizen });
      await until(
        () => host.receipts.length > 0,
        () => "no news came to the inbox",
        stage.patienceMs,
      );
      await moment();
      if (has(stage, "acknowledgement")) demand(!(await offered.isAcknowledged()), "they were acknowledged before");
      host.knows = () => "applied";
      const again = has(stage, "repetition") ? await offered.again() : offered;
      await until(
        () => host.receipts.length > 1,
        () => "news that the inbox could not take did not come again",
        stage.patienceMs,
      );
      await untilAcknowledged(stage, again, "what was offered again");
      const news = host.receipts.at(-1);
      demand(news?.state === "failed", `\`state\` is "${news?.state}"`);
      const { deliveryIds = [], remoteIds = [] } = news.about;
      const isNamed = deliveryIds.includes(answer.deliveryId) || remoteIds.includes(remoteId);
      demand(isNamed, "`about` does not name the answer");
      demand(host.taken.length === 0, "the news became a message, too");
    },
  },
];

/** A message that is known already: its files are of no interest. */
const leaveAll = () => "duplicate" as const;

async function leaveHalfWay({ attachments }: InboundMessage) {
  for await (const { content } of attachments) {
    for await (const _piece of content) break;
    content.destroy();
    break;
  }
  return "duplicate" as const;
}
