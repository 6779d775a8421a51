import type { Check } from "../check.ts";
import { demand } from "../contract-broken.ts";
import { inTime, moment } from "../patience.ts";
import * as sentences from "../sentences.ts";
import type { Stage } from "../stage.ts";
import { writeAnswer } from "../words.ts";
import { behave, failureOf, giveUp, goDown, has, received, send, untilReceived } from "./acts.ts";

const AT_ONCE = 20;

/** How answers leave. */
export const sendingChecks: readonly Check[] = [
  {
    sentence: sentences.NAMED_AS_CITED,
    needs: ["sending", "remote ids"],
    see: async (stage) => {
      const bridge = await stage.start();
      const answer = writeAnswer(stage.remote.citizen);
      const { remoteId } = await send(stage, bridge, answer);
      const { id } = await untilReceived(stage, answer.text);
      demand(id === remoteId, `\`remoteId\` is "${remoteId}", and the remote has it as "${id}"`);
    },
  },
  {
    sentence: sentences.MANY_AT_ONCE,
    needs: ["sending"],
    see: async (stage) => {
      const bridge = await stage.start();
      const answers = Array.from({ length: AT_ONCE }, () => writeAnswer(stage.remote.citizen));
      const sent = await Promise.all(answers.map((answer) => send(stage, bridge, answer)));
      for (const { text } of answers) await untilReceived(stage, text);
      const ids = new Set(sent.map(({ remoteId }) => remoteId));
      demand(ids.size === AT_ONCE, `${AT_ONCE} messages have ${ids.size} different values of \`remoteId\``);
    },
  },
  {
    sentence: sentences.SAME_IDS,
    needs: ["sending", "repeatable"],
    see: async (stage) => {
      const bridge = await stage.start();
      const answer = writeAnswer(stage.remote.citizen);
      const first = await send(stage, bridge, answer);
      const second = await send(stage, bridge, { ...answer, attempt: 2 });
      demand(
        first.remoteId === second.remoteId,
        `\`remoteId\` was "${first.remoteId}", then "${second.remoteId}", for the same \`deliveryId\``,
      );
      if (!has(stage, "remote ids")) return;
      await untilReceived(stage, answer.text);
      const copies = (await received(stage)).filter(({ text }) => text.includes(answer.text));
      const ids = new Set(copies.map(({ id }) => id));
      demand(ids.size === 1, `the remote has it under ${ids.size} different names`);
    },
  },
];

/** How they fail. */
export const failingChecks: readonly Check[] = [
  {
    sentence: sentences.SILENT_IS_UNKNOWN,
    needs: ["sending", "silent"],
    see: async (stage) => {
      const bridge = await stage.start();
      await behave(stage, "silent");
      const { consequence, code } = await failureOf(sendAndGiveUp(stage, bridge));
      demand(consequence === "unknown", `it gave \`${consequence}\` (${code})`);
    },
  },
  {
    sentence: sentences.BUSY_IS_RETRY,
    needs: ["sending", "busy"],
    see: (stage) => refuse(stage, "busy", "retry"),
  },
  {
    sentence: sentences.REFUSAL_IS_REJECTED,
    needs: ["sending", "refusing"],
    see: (stage) => refuse(stage, "refusing", "rejected"),
  },
  {
    sentence: sentences.DOWN_IS_RETRY,
    needs: ["sending", "outage"],
    see: async (stage) => {
      const bridge = await stage.start();
      await goDown(stage);
      const { consequence, code } = await failureOf(sendAndGiveUp(stage, bridge));
      demand(consequence === "retry", `it gave \`${consequence}\` (${code})`);
    },
  },
  {
    sentence: sentences.ABORT_ENDS,
    needs: ["sending"],
    see: async (stage) => {
      const bridge = await stage.start();
      demand(bridge.send !== undefined, "the bridge has no `send`");
      const limit = stage.patienceMs;
      const answer = writeAnswer(stage.remote.citizen);
      await isEnding(bridge.send(answer, AbortSignal.abort()), "`send` went on though it was aborted before", limit);
      if (!has(stage, "silent")) return;
      await behave(stage, "silent");
      const core = new AbortController();
      const attempt = bridge.send(writeAnswer(stage.remote.citizen), core.signal);
      await moment();
      core.abort();
      await isEnding(attempt, "`send` went on after its signal had aborted", limit);
    },
  },
];

type Bridge = Awaited<ReturnType<Stage["start"]>>;

const sendAndGiveUp = (stage: Stage, bridge: Bridge) =>
  send(stage, bridge, writeAnswer(stage.remote.citizen), giveUp(stage));

async function refuse(stage: Stage, as: "busy" | "refusing", expected: "retry" | "rejected"): Promise<void> {
  const bridge = await stage.start();
  await behave(stage, as);
  const { consequence, code } = await failureOf(send(stage, bridge, writeAnswer(stage.remote.citizen)));
  demand(consequence === expected, `it gave \`${consequence}\` (${code})`);
  await behave(stage, undefined);
  const next = writeAnswer(stage.remote.citizen);
  await send(stage, bridge, next);
  await untilReceived(stage, next.text);
}

/** Ends, by what it had done already or by a `DeliveryError`. */
async function isEnding(attempt: ReturnType<NonNullable<Bridge["send"]>>, found: string, limitMs: number) {
  const ended = attempt.then(
    () => undefined,
    () => failureOf(attempt),
  );
  await inTime(ended, found, limitMs);
}
