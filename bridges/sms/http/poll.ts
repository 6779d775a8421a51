import { pause } from "../../../src/adapter/index.ts";
import type { GatewayHost } from "../gateway.ts";
import type { GatewayClient } from "./client.ts";
import { findIn, parseJson } from "./fields.ts";
import { readRequest } from "./incoming.ts";
import { listIds } from "./judge-answer.ts";
import type { PollMapping } from "./profile.ts";
import { readText } from "./read-arrival.ts";

/** Fetches texts from a gateway that can be asked for them, in one process of many. */
export interface Poller {
  start(signal: AbortSignal): void;
  stop(): Promise<void>;
}

/** Note of the last text that was taken: names of texts are numbers that grow. */
const LAST = "http-poll-last";

export function createPoller(
  seconds: number,
  mapping: PollMapping,
  client: GatewayClient,
  { host, received, trouble }: GatewayHost,
): Poller {
  let ending = new AbortController();
  let running: Promise<void> = Promise.resolve();

  const ask = async (path: string, id: string | undefined, until: AbortSignal) => {
    const answer = await client.get(path, id === undefined ? {} : { id }, until);
    if (answer.status !== 200 && answer.status !== 404) throw new Error(`the gateway answers ${answer.status}`);
    return answer.status === 200 ? answer.body : undefined;
  };
  const takeNew = async (until: AbortSignal): Promise<void> => {
    const list = parseJson((await ask(mapping.list, undefined, until)) ?? "[]");
    const ids = listIds(mapping.ids === undefined ? list : findIn(list, mapping.ids)).map(Number);
    const known = await host.notes.get(LAST);
    // What was there before guichet was is not for it.
    if (known === undefined) return host.notes.set(LAST, String(Math.max(0, ...ids)));
    for (const id of ids.filter((each) => each > Number(known)).sort((a, b) => a - b)) {
      if (until.aborted) return;
      const body = await ask(mapping.item, String(id), until);
      if (body !== undefined) await take(body);
      await host.notes.set(LAST, String(id));
    }
  };
  const take = async (body: string) => {
    const headers = { "content-type": "application/json" };
    const text = readText(
      readRequest({ method: "GET", url: "", headers }, "", Buffer.from(body)),
      mapping.text,
      "as_given",
      host.now(),
    );
    if (text === undefined)
      host.log.warn({ code: "SMS_WEBHOOK_UNREADABLE" }, "a text that was fetched lacks its fields");
    else await received(text);
  };
  const keepAsking = async (until: AbortSignal) => {
    while (!until.aborted) {
      await takeNew(until).then(
        () => trouble(undefined),
        (fault: unknown) => {
          if (until.aborted) return;
          host.log.warn({ err: fault, code: "SMS_POLL_FAILED" }, "texts could not be fetched, it is tried again");
          trouble("SMS_POLL_FAILED");
        },
      );
      await pause(seconds * 1000, until);
    }
  };
  return {
    start: (signal) => {
      ending = new AbortController();
      const { signal: end } = ending;
      const lease = host.lease("http-poll", (held) => {
        running = keepAsking(AbortSignal.any([signal, held, end]));
        return running;
      });
      lease.catch((fault: unknown) => {
        host.log.error({ err: fault, code: "SMS_POLL_FAILED" }, "texts are no longer fetched");
        trouble("SMS_POLL_FAILED");
      });
    },
    stop: async () => {
      ending.abort();
      await running;
    },
  };
}
