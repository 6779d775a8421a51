import { z } from "zod";
import type { Harness, Offered } from "../../src/conformance/index.ts";
import type { Smsc } from "./smsc.ts";

const CITIZEN = "+33612345678";
const CHANNEL = "+33700000000";
const digits = (number: string) => number.slice(1);

const logLine = z.looseObject({
  dir: z.string().optional(),
  cmd: z.string().optional(),
  status: z.union([z.string(), z.number()]).optional(),
  sess: z.union([z.string(), z.number()]).optional(),
  seq: z.number().optional(),
  text: z.string().optional(),
});
const stored = z.array(
  z.looseObject({ text: z.string(), ids: z.array(z.string()).optional(), id: z.string().optional() }),
);

/** A channel at an SMSC that runs. */
export const smscHarness = (there: () => Smsc): Harness => ({
  patienceMs: 10_000,
  lacks: {
    repetition: "SMPP gives an arrival no name: the SMSC repeats by itself what was not acknowledged",
    "arriving files": "an SMS is text",
    "arrival limit": "an SMS is short",
    "leaving files": "an SMS is text",
    repeatable: "an SMSC takes the same text again",
  },
  open: async () => {
    const smsc = there();
    const listen = (on: 0 | 1) => smsc.order("listen", { on });
    const reset = async () => {
      await smsc.order("reset");
      // Receipts of its own would come long after the test.
      await smsc.order("dlr", { ms: 600_000 });
    };
    await reset();
    await smsc.order("clear");
    await listen(1);
    const give = async (text: string, fields: Record<string, string | number> = {}): Promise<Offered> => {
      await smsc.order("mo", {
        text,
        from: digits(CITIZEN),
        to: digits(CHANNEL),
        concat: "none",
        retries: 20,
        retry_ms: 300,
        ...fields,
      });
      return {
        isAcknowledged: () => wasTaken(smsc, text),
        again: () => Promise.reject(new Error("only the SMSC repeats")),
      };
    };
    return {
      settings: {
        number: CHANNEL,
        country: "FR",
        gateway: {
          smpp: {
            host: "127.0.0.1",
            port: smsc.port,
            system_id: "bridge",
            password: "secret",
            tls: "none",
            per_second: 1000,
          },
        },
      },
      citizen: CITIZEN,
      offer: ({ text }) => give(text),
      offerNews: ({ remoteId }) =>
        give(
          `id:${remoteId} sub:001 dlvrd:000 submit date:2601010000 done date:2601010001 stat:UNDELIV err:021 text:`,
          {
            esm: 4,
          },
        ),
      behave: async (as) => {
        await reset();
        if (as === "silent") await smsc.order("silent", { count: -1 });
        if (as === "busy") await smsc.order("error", { status: "ESME_RTHROTTLED", count: -1 });
        if (as === "refusing") await smsc.order("error", { status: "ESME_RINVDSTADR", count: -1 });
      },
      received: async () => {
        const all = await smsc.tell("messages", {}, stored);
        return all.map(({ text, id }) => ({ text, bytes: text.length, ...(id === undefined ? {} : { id }) }));
      },
      goDown: async () => {
        await listen(0);
        await smsc.order("drop", { when: "now" });
      },
      comeBack: () => listen(1),
      close: async () => {
        await smsc.order("reset");
        await smsc.order("clear");
      },
    };
  },
});

/** deliver_sm was answered with ESME_ROK (SMPP 3.4, 4.6.2). */
async function wasTaken(smsc: Smsc, text: string): Promise<boolean> {
  const log = await smsc.tell("log", {}, z.array(logLine));
  const offered = log.filter((line) => line.dir === "out" && line.cmd === "deliver_sm" && line.text === text);
  return log.some(
    (line) =>
      line.dir === "in" &&
      line.cmd === "deliver_sm_resp" &&
      (line.status === "ESME_ROK" || line.status === 0) &&
      offered.some(({ seq, sess }) => seq === line.seq && sess === line.sess),
  );
}
