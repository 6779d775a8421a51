import { isDeepStrictEqual } from "node:util";
import { CONTRACT_GENERATION } from "../../adapter/index.ts";
import type { Check } from "../check.ts";
import { demand } from "../contract-broken.ts";
import { moment } from "../patience.ts";
import * as sentences from "../sentences.ts";
import { writeAnswer, writeLetter } from "../words.ts";
import { comeBack, goDown, has, offer, send, untilReceived } from "./acts.ts";
import { watchResources } from "./resources.ts";

/** What a bridge is before it receives. */
export const lifeChecks: readonly Check[] = [
  {
    sentence: sentences.DEFINITION,
    needs: [],
    see: async ({ definition, remote }) => {
      demand(/^[a-z][a-z0-9-]*$/.test(definition.type), `\`type\` is "${definition.type}"`);
      demand(
        Object.is(definition.contract, CONTRACT_GENERATION),
        `\`contract\` is ${definition.contract}, and this kit is of generation ${CONTRACT_GENERATION}`,
      );
      const parsed = definition.config.safeParse(remote.settings);
      demand(parsed.success, `the schema refuses the harness's settings: ${parsed.error?.message}`);
    },
  },
  {
    sentence: sentences.CREATE_CONNECTS_NOTHING,
    needs: [],
    see: async (stage) => {
      using resources = watchResources();
      const bridge = stage.create();
      await moment();
      const { state } = bridge.health();
      demand(state === "starting", `\`health\` says "${state}" before \`start\``);
      const open = await resources.listOpen();
      demand(open.length === 0, `\`create\` opened ${open.join(", ")}`);
    },
  },
  {
    sentence: sentences.SEND_AS_DECLARED,
    needs: [],
    see: async (stage) => {
      const bridge = stage.create();
      const { capabilities } = bridge;
      const isThere = bridge.send !== undefined;
      demand(
        capabilities.send === isThere,
        `\`capabilities.send\` is ${capabilities.send}, and \`send\` is ${isThere ? "there" : "not there"}`,
      );
      demand(isThere || bridge.opening === undefined, "there is an `opening` without `send`");
      demand(isThere || bridge.preview === undefined, "there is a `preview` without `send`");
      demand(isThere || capabilities.attachmentBytes === 0, "`attachmentBytes` is above 0 without `send`");
      demandAsDeclared("sending", has(stage, "sending"), capabilities.send);
      if (!isThere) return;
      demandAsDeclared("leaving files", has(stage, "leaving files"), capabilities.attachmentBytes > 0);
      demandAsDeclared("repeatable", has(stage, "repeatable"), capabilities.repeatable);
    },
  },
  {
    sentence: sentences.OPENING_READS,
    needs: ["sending"],
    see: async (stage) => {
      const { opening, addresses = [] } = stage.create();
      if (opening === undefined) return;
      const { verb, example } = opening;
      const parseAddress = (text: string) => opening.parseAddress(text);
      demand(/^[a-z][a-z0-9-]*$/.test(verb), `\`verb\` is "${verb}"`);
      demand(parseAddress(example) !== undefined, `"${example}" is read as none`);
      for (const own of addresses) demand(parseAddress(own) === undefined, `"${own}" is read as a citizen's`);
      for (const none of ["", "?"]) demand(parseAddress(none) === undefined, `"${none}" is read as an address`);
    },
  },
  {
    sentence: sentences.PREVIEW_IS_PURE,
    needs: ["sending"],
    see: async (stage) => {
      const bridge = stage.create();
      if (bridge.preview === undefined) return;
      using resources = watchResources();
      let least = 0;
      for (const letters of DRAFT_LETTERS) {
        const draft = { to: { address: stage.remote.citizen }, text: "a b ".repeat(letters / 4), attachments: [] };
        const preview: unknown = bridge.preview(draft);
        const parts = readParts(preview);
        demand(isDeepStrictEqual(preview, bridge.preview(draft)), "it says something else the second time");
        demand(parts >= least, `${letters} letters are ${parts} parts, and fewer letters are ${least}`);
        least = parts;
      }
      const open = await resources.listOpen();
      demand(open.length === 0, `it opened ${open.join(", ")}`);
    },
  },
  {
    sentence: sentences.START_WITHOUT_REMOTE,
    needs: ["outage"],
    see: async (stage) => {
      await goDown(stage);
      const bridge = await stage.begin();
      await comeBack(stage);
      // What the remote tries before the bridge is there again is lost to neither: it tries once more.
      const tryUntil = async (act: () => Promise<unknown>, isDone: () => boolean, found: string) => {
        for (const end = Date.now() + stage.patienceMs; !isDone(); await moment()) {
          demand(Date.now() < end, found);
          await act();
        }
      };
      const write = () => offer(stage, writeLetter());
      if (has(stage, "arrivals"))
        await tryUntil(write, () => stage.host.taken.length > 0, "nothing arrives though the remote has come back");
      if (!has(stage, "sending")) return;
      const answer = writeAnswer(stage.remote.citizen);
      let isSent = false;
      const attempt = () =>
        send(stage, bridge, answer).then(
          () => {
            isSent = true;
          },
          () => undefined,
        );
      await tryUntil(attempt, () => isSent, "nothing can be sent though the remote has come back");
      await untilReceived(stage, answer.text);
    },
  },
];

/** How long the texts are that `preview` is asked about. */
const DRAFT_LETTERS = [0, 40, 4_000];

/** @throws Error that says what is wrong with what `preview` gave. */
function readParts(preview: unknown): number {
  const { parts, cost, remarks = [] } = Object(preview);
  demand(Number.isSafeInteger(parts) && parts >= 1, `\`parts\` is ${String(parts)}`);
  if (cost !== undefined) {
    demand(Number.isFinite(cost.amount) && cost.amount >= 0, `\`cost.amount\` is ${String(cost.amount)}`);
    demand(/^[A-Z]{3}$/.test(cost.currency), `\`cost.currency\` is "${String(cost.currency)}"`);
  }
  const isSaid = Array.isArray(remarks) && remarks.every((remark) => typeof remark === "string" && remark !== "");
  demand(isSaid, "`remarks` are no sentences");
  return parts;
}

/** The harness and the bridge must agree, or checks would be skipped that the bridge has to pass. */
function demandAsDeclared(part: string, isChecked: boolean, isDeclared: boolean): void {
  demand(
    isChecked === isDeclared,
    isDeclared ? `the harness says that it lacks "${part}"` : `\`lacks\` of the harness does not name "${part}"`,
  );
}
