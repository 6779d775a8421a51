import { Readable } from "node:stream";
import type { Bridge } from "../../adapter/index.ts";
import type { Check } from "../check.ts";
import { demand } from "../contract-broken.ts";
import { VISITOR } from "../memory-host.ts";
import { moment, until } from "../patience.ts";
import * as sentences from "../sentences.ts";
import type { Stage } from "../stage.ts";
import { watchFile, writeAnswer, writeFile, writeLetter } from "../words.ts";
import { behave, comeBack, giveUp, goDown, has, offer, send, untilTaken } from "./acts.ts";

/** What operators see. */
export const seenChecks: readonly Check[] = [
  {
    sentence: sentences.HEALTH_TURNS,
    needs: ["outage"],
    see: async (stage) => {
      const bridge = await stage.start();
      await turnsTo(stage, bridge, "up");
      await goDown(stage);
      await turnsTo(stage, bridge, "degraded");
      const { reason = "" } = bridge.health();
      demand(reason !== "", "`health` gives no reason");
      await comeBack(stage);
      await turnsTo(stage, bridge, "up");
    },
  },
  {
    sentence: sentences.LOG_IS_CLEAN,
    needs: [],
    see: async (stage) => {
      const { host, remote } = stage;
      const bridge = await stage.start();
      const forbidden = new Map<string, string>([
        [remote.citizen, "the citizen's address"],
        [VISITOR, "a visitor's address"],
      ]);
      for (const secret of remote.secrets ?? []) forbidden.set(secret, "a secret of the settings");
      const reasons: string[] = [];
      const look = () => reasons.push(bridge.health().reason ?? "");
      if (has(stage, "arrivals")) await live(stage, forbidden, look);
      if (has(stage, "sending")) await answer(stage, bridge, forbidden, look);
      const lines = [...host.logged, ...reasons];
      for (const [words, what] of forbidden) {
        const line = lines.find((each) => each.includes(words));
        demand(line === undefined, `${what} stands in: ${line?.replaceAll(words, "[…]").slice(0, 300)}`);
      }
    },
  },
];

/** A bridge may learn of an outage by trying only: it is given something to try. */
async function turnsTo(stage: Stage, bridge: Bridge, state: string): Promise<void> {
  await until(
    async () => {
      const health = bridge.health();
      demand(health.since instanceof Date, "`health().since` is no Date");
      if (health.state === state) return true;
      if (!has(stage, "sending")) return false;
      await send(stage, bridge, writeAnswer(stage.remote.citizen), giveUp(stage)).catch(() => undefined);
      return false;
    },
    () => `\`health\` says "${bridge.health().state}" instead of "${state}"`,
    2 * stage.patienceMs,
  );
}

/** Arrivals that are taken, refused, and that the store cannot take. */
async function live(stage: Stage, forbidden: Map<string, string>, look: () => void): Promise<void> {
  const { host } = stage;
  const write = () => {
    const letter = writeLetter({ files: has(stage, "arriving files") ? [writeFile(1000)] : [] });
    forbidden.set(letter.text, "a citizen's words").set(letter.name, "a citizen's name");
    for (const { name } of letter.files) forbidden.set(name, "a citizen's file name");
    return letter;
  };
  await offer(stage, write());
  await untilTaken(stage, 1);
  const endings = [
    () => "refused" as const,
    () => {
      throw new Error("no database");
    },
  ];
  for (const ending of endings) {
    const before = host.offered.length;
    host.answer = ending;
    await offer(stage, write());
    await until(
      () => host.offered.length > before,
      () => "the arrival did not come to the inbox",
      stage.patienceMs,
    );
    await moment();
    look();
  }
  host.answer = () => undefined;
  look();
}

/** Answers that leave, and that fail in each way. */
async function answer(stage: Stage, bridge: Bridge, forbidden: Map<string, string>, look: () => void): Promise<void> {
  const attempt = async () => {
    const attachments = has(stage, "leaving files") ? [watchFile(10, () => Readable.from([Buffer.alloc(10)]))] : [];
    const message = writeAnswer(stage.remote.citizen, { attachments });
    forbidden.set(message.text, "an agent's words").set(message.subject ?? "", "a subject");
    forbidden.set(message.to.name ?? "", "a citizen's name").set(message.thread.token, "a reply token");
    for (const { name } of attachments) forbidden.set(name, "a file's name");
    await send(stage, bridge, message, giveUp(stage)).catch(() => undefined);
    look();
  };
  await attempt();
  for (const trouble of ["busy", "refusing", "silent"] as const) {
    if (!has(stage, trouble)) continue;
    await behave(stage, trouble);
    await attempt();
    await behave(stage, undefined);
  }
  if (!has(stage, "outage")) return;
  await goDown(stage);
  await attempt();
  await comeBack(stage);
}
