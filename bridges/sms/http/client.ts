import { readFile } from "node:fs/promises";
import { DeliveryError, pause } from "../../../src/adapter/index.ts";
import type { GatewayHost, OutgoingText, SubmittedText } from "../gateway.ts";
import { createPace } from "../pace.ts";
import { buildRequest, type HttpRequest, resolveUrl, valuesOf } from "./build-request.ts";
import { ExchangeError, exchange, type HttpAnswer } from "./exchange.ts";
import { findIn, parseJson } from "./fields.ts";
import { judgeAnswer, listIds } from "./judge-answer.ts";
import type { HttpSettings } from "./settings.ts";
import { signForOvh } from "./sign-ovh.ts";
import type { Values } from "./template.ts";
import { watchOutage } from "./watch-outage.ts";

/** Requests of ours to the gateway. */
export interface GatewayClient {
  open(): Promise<void>;
  /** @throws DeliveryError */
  submit(text: OutgoingText, signal: AbortSignal): Promise<SubmittedText>;
  /** Ends its timers; requests end with their signals. */
  close(): void;
  /** Asks the gateway for what it knows. @throws ExchangeError */
  get(path: string, values: Values, signal: AbortSignal): Promise<HttpAnswer>;
}

/** What the answer to a refused login may come from; then the gateway's clock is asked for anew. */
const LOGIN_STATUSES: readonly number[] = [400, 401, 403];
/** How long a text waits within its attempt while the gateway wants a rest, in milliseconds. */
const PATIENCE = 5_000;

export function createClient(settings: HttpSettings, { host, trouble: tell }: GatewayHost): GatewayClient {
  const { mapping, account, key, secret, consumer_key: consumer, webhook } = settings;
  const base = settings.base_url ?? mapping.base_url ?? "";
  const pace = createPace(settings.at_once, settings.per_second);
  const limits: { timeout: number; ca?: string } = { timeout: settings.timeout_seconds * 1000 };
  const urls = webhook?.public_url === undefined ? undefined : webhook.public_url.replace(/\/+$/, "");
  const common: Values = {
    ...(account === undefined ? {} : { account }),
    ...(key === undefined ? {} : { key }),
    ...(secret === undefined ? {} : { secret }),
    ...(consumer === undefined ? {} : { consumer_key: consumer }),
    ...(webhook?.token === undefined ? {} : { token: webhook.token }),
    ...(urls === undefined ? {} : { text_url: `${urls}/text`, receipt_url: `${urls}/receipt` }),
  };
  const outage = watchOutage(
    new URL(base),
    () => limits.ca,
    () => tell(undefined),
  );
  const trouble: GatewayHost["trouble"] = (code) => {
    if (code === "SMS_HTTP_CONNECT" || code === "SMS_HTTP_UNKNOWN") outage.begin();
    else outage.end();
    tell(code);
  };
  /** Seconds that the gateway's clock is ahead of ours. */
  let ahead: number | undefined;

  const sign = async (request: HttpRequest, signal: AbortSignal): Promise<HttpRequest> => {
    const { auth } = mapping.send;
    if (auth?.scheme !== "ovh") return request;
    const seconds = () => Math.round(host.now().getTime() / 1000);
    if (ahead === undefined) {
      const url = resolveUrl(base, auth.time, common);
      const { body } = await exchange({ method: "GET", url, headers: {}, body: "" }, limits, signal).catch(
        (fault: unknown) => {
          // Nothing of the message is on its way yet.
          throw new ExchangeError(false, fault);
        },
      );
      const theirs = Number(body);
      if (!Number.isInteger(theirs) || theirs <= 0) throw new ExchangeError(false, "no time");
      ahead = theirs - seconds();
    }
    const keys = { application: key ?? "", secret: secret ?? "", consumer: consumer ?? "" };
    return signForOvh(request, keys, seconds() + ahead);
  };

  const send = async (request: HttpRequest, signal: AbortSignal) => {
    const answer = await exchange(await sign(request, signal), limits, signal);
    if (LOGIN_STATUSES.includes(answer.status)) ahead = undefined;
    return answer;
  };

  const get: GatewayClient["get"] = (path, values, signal) => {
    const url = resolveUrl(base, path, { ...common, ...values });
    return send({ method: "GET", url, headers: { accept: "application/json" }, body: "" }, signal);
  };

  const handOver = async (text: OutgoingText, values: Values, signal: AbortSignal): Promise<SubmittedText> => {
    // What waits for longer has its turn with the core's next attempt, and keeps no place meanwhile.
    if (pace.restsFor() > PATIENCE) throw new DeliveryError("retry", "SMS_THROTTLED");
    const request = buildRequest(mapping.send, base, values, settings.parameters);
    const answer = await pace
      .run(() => send(request, signal), signal)
      .catch((fault: unknown) => {
        throw ruleOnLoss(fault, signal, trouble);
      });
    const verdict = judgeAnswer(mapping.answer, answer, text.deliveryId);
    if (verdict.outcome === "accepted") {
      pace.ease();
      trouble(undefined);
      return { ids: verdict.ids };
    }
    const { outcome, code, words } = verdict;
    if (answer.retryAfter !== undefined) pace.rest(answer.retryAfter);
    else if (code === "SMS_THROTTLED") pace.slow();
    // An answer that is about the message shows that the gateway works.
    if (verdict.trouble) trouble(code);
    else if (outcome === "rejected") trouble(undefined);
    host.log.info({ code, outcome, status: answer.status }, "the gateway did not take a text");
    throw new DeliveryError(outcome, code, words === undefined ? {} : { remoteAnswer: words });
  };

  /** Asks whether a message is there whose answer was lost. That it is not there proves nothing: it may come yet. */
  const lookUp = async (values: Values, signal: AbortSignal): Promise<string[]> => {
    const { lookup } = mapping.send;
    for (const seconds of lookup?.after_seconds ?? []) {
      await pause(seconds * 1000, signal);
      if (lookup === undefined || signal.aborted) return [];
      const answer = await get(lookup.path, values, signal).catch(() => undefined);
      const json = answer?.status === 200 ? parseJson(answer.body) : undefined;
      const ids = listIds(lookup.ids === undefined ? json : findIn(json, lookup.ids));
      if (ids.length > 0) return ids;
    }
    return [];
  };

  return {
    open: async () => {
      if (settings.ca !== undefined) limits.ca = await readFile(settings.ca, "utf8");
    },
    submit: async (text, signal) => {
      const values = { ...common, ...valuesOf(text, mapping.send) };
      try {
        return await handOver(text, values, signal);
      } catch (fault) {
        const isUnknown = fault instanceof DeliveryError && fault.consequence === "unknown";
        const ids = isUnknown ? await lookUp(values, signal) : [];
        if (ids.length === 0) throw fault;
        trouble(undefined);
        return { ids };
      }
    },
    get,
    close: outage.end,
  };
}

/** What follows when there is no answer: only a request that never left may be made again. */
function ruleOnLoss(fault: unknown, signal: AbortSignal, trouble: GatewayHost["trouble"]): unknown {
  const handedOver = fault instanceof ExchangeError && fault.handedOver;
  if (signal.aborted && !handedOver) return new DeliveryError("retry", "SMS_HTTP_ABORTED", { cause: fault });
  if (!(fault instanceof ExchangeError)) return fault;
  const code = handedOver ? "SMS_HTTP_UNKNOWN" : "SMS_HTTP_CONNECT";
  if (!signal.aborted) trouble(code);
  return new DeliveryError(handedOver ? "unknown" : "retry", code, { cause: fault });
}
