import type { Bridge } from "../../adapter/index.ts";
import type { Check } from "../check.ts";
import { demand } from "../contract-broken.ts";
import { inTime, moment, until } from "../patience.ts";
import * as sentences from "../sentences.ts";
import type { Stage } from "../stage.ts";
import { writeAnswer, writeLetter } from "../words.ts";
import { has, hold, offer, send, untilAcknowledged, untilTaken } from "./acts.ts";
import { watchResources } from "./resources.ts";

/** How a bridge ends. */
export const stopChecks: readonly Check[] = [
  {
    sentence: sentences.STOP_FREES,
    needs: [],
    see: async (stage) => {
      using resources = watchResources();
      const bridge = await stage.start();
      if (has(stage, "arrivals")) {
        await offer(stage, writeLetter());
        await untilTaken(stage, 1);
      }
      if (has(stage, "sending")) await send(stage, bridge, writeAnswer(stage.remote.citizen));
      for (const time of ["first", "second"]) await stop(stage, bridge, `at the ${time} time`);
      const { state } = bridge.health();
      demand(state === "stopped", `\`health\` says "${state}"`);
      let open: string[] = [];
      await until(
        async () => {
          open = await resources.listOpen();
          return open.length === 0;
        },
        () => `still open: ${open.join(", ")}`,
        stage.patienceMs,
      );
    },
  },
  {
    sentence: sentences.STOP_LETS_END,
    needs: ["arrivals", "acknowledgement"],
    see: async (stage) => {
      const bridge = await stage.start();
      const inbox = hold();
      stage.host.answer = inbox.answer;
      const offered = await offer(stage, writeLetter());
      await until(inbox.isHeld, () => "the arrival did not come to the inbox", stage.patienceMs);
      const stopped = bridge.stop(AbortSignal.timeout(stage.patienceMs));
      await moment();
      inbox.release();
      await inTime(stopped, "`stop` did not resolve", 2 * stage.patienceMs);
      await moment();
      // A channel that is asked for its arrivals may have closed before it could say so.
      if (!(await offered.isAcknowledged())) await stage.start();
      await untilAcknowledged(stage, offered);
      demand(stage.host.taken.length === 1, `the inbox holds ${stage.host.taken.length} messages`);
    },
  },
  {
    sentence: sentences.STOP_BY_DEADLINE,
    needs: ["arrivals"],
    see: async (stage) => {
      const bridge = await stage.start();
      const inbox = hold();
      stage.host.answer = inbox.answer;
      await offer(stage, writeLetter());
      await until(inbox.isHeld, () => "the arrival did not come to the inbox", stage.patienceMs);
      try {
        await stop(stage, bridge, "while the inbox was busy");
      } finally {
        inbox.release();
      }
    },
  },
  {
    sentence: sentences.STOPPED_TAKES_NOTHING,
    needs: ["arrivals"],
    see: async (stage) => {
      const bridge = await stage.start();
      await offer(stage, writeLetter());
      await untilTaken(stage, 1);
      await stop(stage, bridge, "");
      const offered = await offer(stage, writeLetter());
      await moment();
      demand(stage.host.offered.length === 1, "an arrival came to the inbox");
      if (has(stage, "acknowledgement")) demand(!(await offered.isAcknowledged()), "an arrival was acknowledged");
    },
  },
];

/** Its deadline aborts at once or nearly: it must end soon after. */
const DEADLINE_MS = 300;

const stop = ({ patienceMs }: Stage, bridge: Bridge, when: string) =>
  inTime(bridge.stop(AbortSignal.timeout(DEADLINE_MS)), `\`stop\` did not resolve ${when}`, DEADLINE_MS + patienceMs);
