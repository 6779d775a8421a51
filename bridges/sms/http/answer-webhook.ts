import type { IncomingMessage } from "node:http";
import type { GatewayHost } from "../gateway.ts";
import { isAllowed, listAddresses } from "./addresses.ts";
import type { GatewayClient } from "./client.ts";
import { firstOf, parseJson, readerOfJson } from "./fields.ts";
import { fieldsOf, type IncomingRequest, readRequest } from "./incoming.ts";
import type { ReceiptMapping, WebhookMapping } from "./profile.ts";
import { readReceipt, readText } from "./read-arrival.ts";
import { createReplays } from "./replays.ts";
import type { WebhookSettings } from "./settings.ts";
import { type Secrets, verify } from "./signatures/verify.ts";

export interface WebhookParts {
  readonly settings: WebhookSettings;
  readonly mapping: WebhookMapping;
  readonly secrets: Secrets;
  readonly client: GatewayClient;
  readonly gatewayHost: GatewayHost;
}

export interface Reply {
  readonly status: number;
  readonly type?: string | undefined;
  readonly body?: string;
}

const TOO_LARGE = Symbol("too large");

/**
 * Decides what a request to the webhook is answered: 2xx only for what is durable.
 * @returns a function that rejects when the gateway is to try again. `gone` aborts when nobody waits for the reply.
 */
export function createAnswering({ settings, mapping, secrets, client, gatewayHost }: WebhookParts) {
  const { host } = gatewayHost;
  const replays = createReplays<Reply>(host.now);
  const taking = new Map<string, Promise<Reply>>();
  const allowed = settings.allow_from && listAddresses(settings.allow_from);
  const kinds = new Map([
    [`${settings.path}/text`, "text"],
    [`${settings.path}/receipt`, "receipt"],
  ] as const);
  const scheme =
    mapping.signature.scheme === "vonage"
      ? { ...mapping.signature, method: settings.signature_method ?? mapping.signature.method }
      : mapping.signature;
  const refuse = (status: number, code: string): Reply => {
    host.log.warn({ code, status }, "a webhook's request was refused");
    return { status };
  };

  return async (incoming: IncomingMessage, gone: AbortSignal): Promise<Reply> => {
    const { method = "", url = "" } = incoming;
    if (allowed !== undefined && !isAllowed(allowed, incoming.socket.remoteAddress))
      return refuse(403, "SMS_WEBHOOK_ADDRESS");
    const [, path = "", search = ""] = /^([^?#]*)(\?[^#]*)?/.exec(url) ?? [];
    const kind = [...kinds].find(([each]) => each === path)?.[1];
    if (kind === undefined || mapping[kind] === undefined) return { status: 404 };
    if (method !== "GET" && method !== "POST") return { status: 405 };
    const body = await readBody(incoming, settings.max_bytes);
    if (body === TOO_LARGE) return refuse(413, "SMS_WEBHOOK_TOO_LARGE");
    const publicUrl = settings.public_url?.replace(/\/+$/, "") ?? "";
    const request = readRequest(
      { method, url: publicUrl + url.slice(settings.path.length), headers: incoming.headers },
      search,
      body,
    );
    const verified = verify(request, scheme, secrets, host.now().getTime());
    if (!verified.ok) return refuse(403, verified.code);
    const trusted = verified.coversQuery ? request : { ...request, query: [] };
    const take = () => (kind === "text" ? takeText(trusted) : takeReceipt(trusted, gone));
    return verified.proof === undefined ? take() : takeOnce(kind + verified.proof, verified.goodFor, take);
  };

  /** The same request comes once more after an answer of ours that was lost, or that the gateway did not wait for. */
  async function takeOnce(proof: string, goodFor: number, take: () => Promise<Reply>): Promise<Reply> {
    const running = taking.get(proof);
    if (running !== undefined) return running;
    const kept = replays.read(proof);
    if (kept !== undefined) return kept;
    const started = take().finally(() => taking.delete(proof));
    taking.set(proof, started);
    const reply = await started;
    if (reply.status < 300) replays.keep(proof, reply, goodFor);
    return reply;
  }

  async function takeText(request: IncomingRequest): Promise<Reply> {
    if (mapping.text === undefined) return { status: 404 };
    const text = readText(request, mapping.text, mapping.numbers, host.now());
    if (text === undefined) return refuse(400, "SMS_WEBHOOK_UNREADABLE");
    await gatewayHost.received(text);
    return mapping.text.answer;
  }

  async function takeReceipt(request: IncomingRequest, gone: AbortSignal): Promise<Reply> {
    if (mapping.receipt === undefined) return { status: 404 };
    const told = fieldsOf(request);
    const confirmed = await confirm(mapping.receipt, told(mapping.receipt.id), gone);
    if (confirmed === "denied") return refuse(403, "SMS_WEBHOOK_UNCONFIRMED");
    const receipt = readReceipt(firstOf(readerOfJson(confirmed), told), mapping.receipt, host.now());
    if (receipt === undefined) return refuse(400, "SMS_WEBHOOK_UNREADABLE");
    if (receipt !== "none") await gatewayHost.receipt(receipt);
    return mapping.receipt.answer;
  }

  /** Asks the gateway itself, when the call proves nothing. Rejects when it gives no usable answer now. */
  async function confirm(receipt: ReceiptMapping, id: string | undefined, gone: AbortSignal): Promise<unknown> {
    if (receipt.confirm === undefined || id === undefined) return undefined;
    const { status, body } = await client.get(receipt.confirm, { id }, gone);
    if (status === 404) return "denied";
    if (status !== 200) throw new Error(`the gateway answers ${status} when a receipt is to be confirmed`);
    return parseJson(body);
  }
}

async function readBody(incoming: IncomingMessage, most: number): Promise<Buffer | typeof TOO_LARGE> {
  const pieces: Buffer[] = [];
  let octets = 0;
  for await (const piece of incoming.iterator({ destroyOnReturn: false })) {
    octets += piece.length;
    if (octets > most) return TOO_LARGE;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
