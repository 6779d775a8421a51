import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { text } from "node:stream/consumers";

/** Which gateway's HTTP interface is spoken. */
type Kind = "kannel" | "twilio" | "vonage" | "ovhcloud" | "generic";

/** What happens to the next submission; afterwards submissions are answered again. */
type Fault =
  | "answer"
  | "throttle"
  | "refuse"
  | "fail"
  /** Takes the message and never answers. */
  | "silent"
  /** Takes the message and hangs up. */
  | "cut"
  /** Hangs up within its answer. */
  | "cut-answer"
  /** Takes one part of two (Vonage). */
  | "in-part"
  | "garbage";

/** A gateway on a port of 127.0.0.1 that keeps what is submitted, and fails on demand. It checks logins and signatures. */
export interface SmsGatewayDouble {
  readonly url: string;
  /** Fields of each message that was taken. */
  readonly taken: Readonly<Record<string, unknown>>[];
  /** Requests to send, also those that were refused. */
  readonly asked: number;
  next: Fault;
  /** `Retry-After` of what it throttles. */
  retryAfter: string | undefined;
  /** Seconds that its clock is ahead (OVHcloud). */
  clockAhead: number;
  /** Tells which messages it has, also those that it did not confirm (OVHcloud). */
  lists: boolean;
  /** What it tells of messages when it is asked (OVHcloud): by id. */
  readonly outgoing: Map<string, Readonly<Record<string, unknown>>>;
  /** Texts of citizens that can be fetched (OVHcloud): by id. */
  readonly incoming: Map<string, Readonly<Record<string, unknown>>>;
  stop(): Promise<void>;
}

export const LOGIN = { account: "acc-1", key: "key-1", secret: "secret-1", consumer: "consumer-1" } as const;

type Answer = readonly [status: number, body: string];
interface Submission {
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly body: string;
  readonly fault: Fault;
  readonly number: number;
}
type Speak = (submission: Submission, double: SmsGatewayDouble) => Answer;

export async function startSmsGatewayDouble(kind: Kind, port = 0): Promise<SmsGatewayDouble> {
  const sockets = new Set<Socket>();
  let asked = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await text(request);
    const url = new URL(request.url ?? "", double.url);
    const other = kind === "ovhcloud" ? answerOvh(request, url, double) : undefined;
    if (other !== undefined) return void response.writeHead(other[0]).end(other[1]);
    asked++;
    const fault = double.next;
    double.next = "answer";
    const [status, said] = speak[kind]({ request, url, body, fault, number: asked }, double);
    if (fault === "silent") return;
    if (fault === "cut") return void request.socket.destroy();
    if (fault === "cut-answer") {
      response.writeHead(status, { "content-length": said.length + 100 }).write(said);
      return void setTimeout(() => request.socket.destroy(), 20);
    }
    if (fault === "throttle" && double.retryAfter !== undefined) response.setHeader("retry-after", double.retryAfter);
    response.writeHead(status, { "content-type": kind === "kannel" ? "text/html" : "application/json" }).end(said);
  };
  const http = createServer((request, response) => void answer(request, response));
  http.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  http.listen(port, "127.0.0.1");
  await once(http, "listening");
  const address = http.address();
  const double: SmsGatewayDouble = {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`,
    taken: [],
    get asked() {
      return asked;
    },
    next: "answer",
    retryAfter: undefined,
    clockAhead: 0,
    lists: false,
    outgoing: new Map(),
    incoming: new Map(),
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      http.close();
    },
  };
  return double;
}

const json = (status: number, value: unknown): Answer => [status, JSON.stringify(value)];

const speak: Record<Kind, Speak> = { kannel, twilio, vonage, ovhcloud, generic };

function kannel({ url, fault }: Submission, { taken }: SmsGatewayDouble): Answer {
  const fields = Object.fromEntries(url.searchParams);
  if (url.pathname !== "/cgi-bin/sendsms") return [404, "Unknown request."];
  if (fields.username !== LOGIN.account || fields.password !== LOGIN.secret)
    return [403, "Authorization failed for sendsms"];
  if (!fields.to || fault === "refuse") return [400, "Missing receiver number, rejected"];
  if (fault === "throttle") return [503, "Temporal failure, try again later."];
  if (fault === "fail") return [500, "Internal error"];
  if (fault === "garbage") return [202, "<html>a proxy's page</html>"];
  taken.push(fields);
  return [202, fields.to.endsWith("99") ? "3: Queued for later delivery" : "0: Accepted for delivery"];
}

function twilio({ request, url, body, fault, number }: Submission, { taken }: SmsGatewayDouble): Answer {
  const error = (status: number, code: number, message: string) =>
    json(status, { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status });
  const login = Buffer.from(`${LOGIN.account}:${LOGIN.secret}`).toString("base64");
  if (request.headers.authorization !== `Basic ${login}`) return error(401, 20003, "Authenticate");
  if (url.pathname !== `/2010-04-01/Accounts/${LOGIN.account}/Messages.json`)
    return error(404, 20404, "The requested resource was not found");
  const fields = Object.fromEntries(new URLSearchParams(body));
  if (fault === "refuse") return error(400, 21211, "The 'To' number is not a valid phone number.");
  if (fault === "throttle") return error(429, 20429, "Too Many Requests");
  if (fault === "fail") return json(500, { code: 20500, message: "Internal Server Error" });
  if (fault === "garbage") return [201, "<html></html>"];
  taken.push(fields);
  const sid = `SM${String(number).padStart(32, "0")}`;
  return json(201, { sid, status: "queued", to: fields.To, from: fields.From, num_segments: "1", error_code: null });
}

function vonage({ url, body, fault, number }: Submission, { taken }: SmsGatewayDouble): Answer {
  const fields = Object.fromEntries(new URLSearchParams(body));
  const failed = (status: string, text: string) =>
    json(200, { "message-count": "1", messages: [{ status, "error-text": text }] });
  if (url.pathname !== "/sms/json") return json(404, {});
  if (fields.api_key !== LOGIN.account || fields.api_secret !== LOGIN.secret) return failed("4", "Bad Credentials");
  if (!/^\d{7,15}$/.test(fields.to ?? "")) return failed("3", "Invalid value for to");
  if (fault === "refuse") return failed("6", "Unroutable message");
  if (fault === "throttle") return failed("1", "Throughput Rate Exceeded");
  if (fault === "fail") return failed("5", "Internal Error");
  if (fault === "garbage") return json(200, { "message-count": "0", messages: [] });
  taken.push(fields);
  const parts = Math.max(1, Math.ceil((fields.text ?? "").length / 153));
  const messages: unknown[] = Array.from({ length: parts }, (_, index) => ({
    to: fields.to,
    "message-id": `0A${number}0${index}`,
    status: "0",
    "client-ref": fields["client-ref"],
  }));
  if (fault === "in-part") messages.push({ status: "9", "error-text": "Quota exceeded" });
  return json(200, { "message-count": String(messages.length), messages });
}

/** The clock and the list of messages; undefined for a submission. */
function answerOvh(request: IncomingMessage, url: URL, double: SmsGatewayDouble): Answer | undefined {
  if (url.pathname === "/1.0/auth/time") return [200, String(Math.round(Date.now() / 1000) + double.clockAhead)];
  const tag = url.searchParams.get("tag");
  if (/^\/1\.0\/sms\/[^/]+\/outgoing$/.test(url.pathname) && tag !== null) {
    const found = [...double.outgoing].flatMap(([id, message]) => (message.tag === tag ? [Number(id)] : []));
    return checkOvh(request, url, "", double) ?? json(200, double.lists ? found : []);
  }
  if (/^\/1\.0\/sms\/[^/]+\/incoming$/.test(url.pathname)) {
    return checkOvh(request, url, "", double) ?? json(200, [...double.incoming.keys()].map(Number).reverse());
  }
  const [, kind, id] = /^\/1\.0\/sms\/[^/]+\/(outgoing|incoming)\/([^/]+)$/.exec(url.pathname) ?? [];
  if (id === undefined) return undefined;
  const fault = checkOvh(request, url, "", double);
  const found = (kind === "incoming" ? double.incoming : double.outgoing).get(id);
  return fault ?? (found ? json(200, found) : json(404, { message: "The requested object does not exist" }));
}

function checkOvh(request: IncomingMessage, url: URL, body: string, double: SmsGatewayDouble): Answer | undefined {
  const refuse = (status: number, errorCode: string, message: string) =>
    json(status, { errorCode, httpCode: String(status), message });
  const { headers } = request;
  const time = Number(headers["x-ovh-timestamp"]);
  if (headers["x-ovh-application"] !== LOGIN.key) return refuse(403, "INVALID_KEY", "This application key is invalid");
  if (Math.abs(time - Date.now() / 1000 - double.clockAhead) > 30)
    return refuse(400, "QUERY_TIME_OUT", "Query out of time");
  const parts = [LOGIN.secret, LOGIN.consumer, request.method, url.href, body, headers["x-ovh-timestamp"]];
  const expected = `$1$${createHash("sha1").update(parts.join("+")).digest("hex")}`;
  return headers["x-ovh-signature"] === expected ? undefined : refuse(400, "INVALID_SIGNATURE", "Invalid signature");
}

function ovhcloud({ request, url, body, fault, number }: Submission, double: SmsGatewayDouble): Answer {
  const refused = checkOvh(request, url, body, double);
  if (refused !== undefined) return refused;
  if (url.pathname !== `/1.0/sms/${LOGIN.account}/jobs`) return json(404, { message: "Got an invalid (or empty) URL" });
  const fields = JSON.parse(body);
  const job = {
    totalCreditsRemoved: 1,
    ids: [26929925 + number],
    validReceivers: fields.receivers,
    invalidReceivers: [],
  };
  if (fault === "refuse")
    return json(200, {
      ...job,
      totalCreditsRemoved: 0,
      ids: [],
      validReceivers: [],
      invalidReceivers: fields.receivers,
    });
  if (fault === "throttle") return json(429, { message: "Too many requests" });
  if (fault === "fail") return json(500, { message: "Internal server error" });
  if (fault === "garbage") return json(200, { ids: [], invalidReceivers: [] });
  double.taken.push(fields);
  double.outgoing.set(String(job.ids[0]), { id: job.ids[0], tag: fields.tag, ptt: 0 });
  return json(200, job);
}

function generic({ request, url, body, fault, number }: Submission, { taken }: SmsGatewayDouble): Answer {
  if (url.pathname !== "/messages") return json(404, {});
  if (request.headers.authorization !== `Bearer ${LOGIN.secret}`) return json(401, { code: "login" });
  if (fault === "refuse") return json(422, { code: "number", message: "not a number" });
  if (fault === "throttle") return json(429, {});
  if (fault === "fail") return json(500, {});
  if (fault === "garbage") return [200, "OK"];
  taken.push(JSON.parse(body));
  return json(202, { ids: [`g-${number}`] });
}

/** Twilio's header for a form, made from Twilio's page and not from the code under test. */
export function signAsTwilio(url: string, fields: Readonly<Record<string, string>>, token: string): string {
  const joined = Object.keys(fields)
    .sort()
    .reduce((text, name) => text + name + fields[name], url);
  return createHmac("sha1", token).update(joined, "utf8").digest("base64");
}

/** Adds Vonage's `sig` (HMAC-SHA256). */
export function signAsVonage(fields: Readonly<Record<string, string>>, secret: string): Record<string, string> {
  const joined = Object.keys(fields)
    .sort()
    .map((name) => `&${name}=${fields[name]?.replace(/[&=]/g, "_")}`)
    .join("");
  return { ...fields, sig: createHmac("sha256", secret).update(joined).digest("hex").toUpperCase() };
}

/** Headers of a call by a generic gateway. @param at in seconds. */
export function signAsGeneric(body: string, secret: string, at: number): Record<string, string> {
  const signature = createHmac("sha256", secret).update(`${at}.${body}`).digest("hex");
  return {
    "content-type": "application/json",
    "x-guichet-timestamp": String(at),
    "x-guichet-signature": `sha256=${signature}`,
  };
}
