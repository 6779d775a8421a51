import { createHash, createHmac, randomUUID } from "node:crypto";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Gateway } from "../../bridges/sms/gateway.ts";
import { openHttpGateway } from "../../bridges/sms/http/index.ts";
import { httpSettings } from "../../bridges/sms/http/settings.ts";
import { freePort } from "../support/ports.ts";
import {
  LOGIN,
  signAsGeneric,
  signAsTwilio,
  signAsVonage,
  startSmsGatewayDouble,
} from "../support/sms-gateway-double.ts";
import { createGatewayHost, type MemoryGatewayHost } from "../support/sms-gateway-host.ts";
import { until } from "../support/until.ts";

const { signal } = new AbortController();
const PUBLIC = "https://guichet.town.example/calls/sms";
let host: MemoryGatewayHost;
let gateway: Gateway;
let local: string;

async function open(profile: string, webhook: object = {}, more: object = {}): Promise<void> {
  const port = await freePort();
  local = `http://127.0.0.1:${port}/sms`;
  const { account, key, secret, consumer: consumer_key } = LOGIN;
  const login = { account, secret, ...(profile === "ovhcloud" ? { key, consumer_key } : {}) };
  const settings = httpSettings.parse({
    profile,
    base_url: "http://127.0.0.1:1",
    ...login,
    webhook: { port, public_url: PUBLIC, token: "t&ken", signing_secret: "sign-1", ...webhook },
    ...more,
  });
  gateway = openHttpGateway(settings, host);
  await gateway.open(signal);
}

beforeEach(() => {
  host = createGatewayHost();
});
afterEach(() => gateway.close(AbortSignal.timeout(1000)));

const seconds = () => Math.floor(Date.now() / 1000);
const postForm = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(local + path, { method: "POST", body: new URLSearchParams(fields), headers });

describe("Twilio's webhook", () => {
  const TEXT = {
    MessageSid: "SM00000000000000000000000000000001",
    SmsSid: "SM00000000000000000000000000000001",
    AccountSid: "acc-1",
    From: "+33612345678",
    To: "+33700000000",
    Body: "café € & co",
    NumMedia: "0",
  };
  const call = (path: string, fields: Record<string, string>, token = "sign-1") =>
    postForm(path, fields, { "x-twilio-signature": signAsTwilio(PUBLIC + path, fields, token) });
  beforeEach(() => open("twilio"));

  test("takes a text once, however often it comes, and sends nothing back", async () => {
    for (let i = 0; i < 2; i++) {
      const reply = await call("/text", TEXT);
      expect([reply.status, await reply.text()]).toEqual([200, "<Response></Response>"]);
      expect(reply.headers.get("content-type")).toBe("text/xml");
    }
    expect(host.texts).toMatchObject([{ id: TEXT.MessageSid, from: TEXT.From, to: TEXT.To, text: TEXT.Body }]);
    expect(host.calls).toBe(1);
    // With another field it is another request about the same text: the core knows it by its id.
    expect((await call("/text", { ...TEXT, NumSegments: "1" })).status).toBe(200);
    expect(host.texts).toHaveLength(1);
    expect(host.calls).toBe(2);
  });

  test("takes receipts, with the query that we asked for", async () => {
    const receipt = { MessageSid: "SM2", MessageStatus: "undelivered", ErrorCode: "30003" };
    expect((await call("/receipt?key=d1", receipt)).status).toBe(204);
    expect((await call("/receipt", { MessageSid: "SM2", MessageStatus: "sent" })).status).toBe(204);
    expect(host.receipts).toMatchObject([
      { id: "SM2", state: "failed", code: "SMS_HANDSET_UNREACHABLE", remoteAnswer: "undelivered 30003" },
    ]);
  });

  test("refuses what Twilio did not sign", async () => {
    expect((await call("/text", TEXT, "other")).status).toBe(403);
    expect((await postForm("/text", TEXT)).status).toBe(403);
    const signature = { "x-twilio-signature": signAsTwilio(`${PUBLIC}/text`, TEXT, "sign-1") };
    expect((await postForm("/text", { ...TEXT, Body: "forged" }, signature)).status).toBe(403);
    expect((await postForm("/receipt", TEXT, signature)).status).toBe(403);
    expect(host.calls).toBe(0);
  });

  test("asks to try again when the text cannot be stored, and takes the same request then", async () => {
    host.failing = true;
    const refused = await call("/text", TEXT);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "30"]);
    host.failing = false;
    expect((await call("/text", TEXT)).status).toBe(200);
    expect(host.texts).toHaveLength(1);
  });
});

test("Twilio signs with the auth token when there is no other secret", async () => {
  await open("twilio", { signing_secret: undefined });
  const fields = { MessageSid: "SM1", From: "+33612345678", Body: "a" };
  const headers = { "x-twilio-signature": signAsTwilio(`${PUBLIC}/text`, fields, LOGIN.secret) };
  expect((await postForm("/text", fields, headers)).status).toBe(200);
});

describe("Vonage's webhook", () => {
  const text = (more: Record<string, string> = {}) => ({
    "api-key": LOGIN.account,
    msisdn: "447700900001",
    to: "447700900000",
    messageId: "0A0000000123ABCD1",
    text: "a&b=c café",
    type: "text",
    keyword: "A&B=C",
    "message-timestamp": "2020-01-01 12:00:00",
    timestamp: String(seconds()),
    nonce: randomUUID(),
    ...more,
  });
  const call = {
    get: (path: string, fields: Record<string, string>) => fetch(`${local}${path}?${new URLSearchParams(fields)}`),
    form: (path: string, fields: Record<string, string>) => postForm(path, fields),
    json: (path: string, fields: Record<string, string>) =>
      fetch(local + path, {
        method: "POST",
        body: JSON.stringify(fields),
        headers: { "content-type": "application/json" },
      }),
  };
  beforeEach(() => open("vonage"));

  test.each(["get", "form", "json"] as const)("takes texts by %s", async (way) => {
    expect((await call[way]("/text", signAsVonage(text(), "sign-1"))).status).toBe(200);
    expect(host.texts).toEqual([
      {
        id: "0A0000000123ABCD1",
        from: "+447700900001",
        to: "447700900000",
        text: "a&b=c café",
        at: new Date("2020-01-01T12:00:00Z"),
      },
    ]);
    expect((await call[way]("/text", signAsVonage(text(), "other"))).status).toBe(403);
    expect((await call[way]("/text", text())).status).toBe(403);
  });

  test("takes a text in parts, and a receipt", async () => {
    const part = { concat: "true", "concat-ref": "1234", "concat-total": "2", "concat-part": "1" };
    expect((await call.get("/text", signAsVonage(text(part), "sign-1"))).status).toBe(200);
    expect(host.texts[0]?.part).toEqual({ reference: "1234", of: 2, number: 1 });
    const receipt = {
      messageId: "M1",
      msisdn: "447700900001",
      status: "failed",
      "err-code": "6",
      timestamp: String(seconds()),
    };
    expect((await call.json("/receipt", signAsVonage(receipt, "sign-1"))).status).toBe(200);
    expect(host.receipts).toMatchObject([
      { id: "M1", state: "failed", code: "SMS_CONTENT_REFUSED", remoteAnswer: "failed 6" },
    ]);
  });

  test("repeated for a day is known again, replayed later is refused", async () => {
    const first = signAsVonage(text(), "sign-1");
    expect((await call.get("/text", first)).status).toBe(200);
    host.clockAhead = 24 * 3600_000;
    expect((await call.get("/text", first)).status).toBe(200);
    expect(host.calls).toBe(1);
    host.clockAhead = 26 * 3600_000;
    expect((await call.get("/text", first)).status).toBe(403);
    expect(host.texts).toHaveLength(1);
  });

  test("takes no receipt for a text, and believes nothing that is not signed", async () => {
    const receipt = signAsVonage(
      { messageId: "M1", msisdn: "447700900001", status: "delivered", timestamp: String(seconds()) },
      "sign-1",
    );
    expect((await call.form("/text", receipt)).status).toBe(400);
    const unsigned = "concat-ref=1&concat-total=2&concat-part=1&messageId=other";
    expect((await call.form(`/text?${unsigned}`, signAsVonage(text(), "sign-1"))).status).toBe(200);
    expect(host.texts).toMatchObject([{ id: "0A0000000123ABCD1" }]);
    expect(host.texts[0]).not.toHaveProperty("part");
  });

  test("by the Messages API's token", async () => {
    const body = JSON.stringify({ msisdn: "447700900001", messageId: "j1", text: "bonjour" });
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const hash = createHash("sha256").update(body).digest("hex");
    const signed = `${part({ alg: "HS256" })}.${part({ iat: seconds(), jti: "1", payload_hash: hash, api_key: LOGIN.account })}`;
    const authorization = `Bearer ${signed}.${createHmac("sha256", "sign-1").update(signed).digest("base64url")}`;
    const headers = { authorization, "content-type": "application/json" };
    const post = (sent: string) => fetch(`${local}/text`, { method: "POST", body: sent, headers });
    expect((await post(body)).status).toBe(200);
    expect((await post(body.replace("bonjour", "bonsoir"))).status).toBe(403);
    expect(host.texts).toHaveLength(1);
  });
});

describe("OVHcloud's webhook", () => {
  const token = `token=${encodeURIComponent("t&ken")}`;

  test("takes texts with the token only", async () => {
    await open("ovhcloud");
    const fields = {
      id: "77",
      senderid: "+33612345678",
      shortcode: "38069",
      message: "Merci é",
      tag: "abc",
      keyword: "",
    };
    expect((await postForm("/text", fields)).status).toBe(403);
    expect((await postForm("/text?token=t%26ke", fields)).status).toBe(403);
    expect((await postForm(`/text?${token}`, fields)).status).toBe(200);
    expect(host.texts).toMatchObject([{ id: "77", from: "+33612345678", to: "38069", text: "Merci é" }]);
  });

  test("believes a receipt only as far as OVHcloud confirms it", async () => {
    const double = await startSmsGatewayDouble("ovhcloud");
    await open("ovhcloud", {}, { base_url: double.url, timeout_seconds: 1 });
    double.outgoing.set("100", { id: 100, ptt: 4, deliveryReceipt: 1 });
    const ask = (query: string) => fetch(`${local}/receipt?${token}&${query}`);
    expect((await ask("id=100&ptt=23&description=2")).status).toBe(200);
    expect((await ask("id=666&ptt=4&description=1")).status).toBe(403);
    expect((await ask("ptt=4")).status).toBe(400);
    expect(host.receipts).toMatchObject([{ id: "100", state: "delivered", code: "SMS_DELIVERED" }]);
    await double.stop();
    expect((await ask("id=100&ptt=4&description=1")).status).toBe(503);
    expect(host.receipts).toHaveLength(1);
  });
});

test("OVHcloud's texts are fetched: none of before, each once and in order, also after an outage and a restart", async () => {
  const double = await startSmsGatewayDouble("ovhcloud");
  const { account, key, secret, consumer: consumer_key } = LOGIN;
  const settings = httpSettings.parse({
    profile: "ovhcloud",
    base_url: double.url,
    account,
    key,
    secret,
    consumer_key,
    poll_seconds: 0.1,
    timeout_seconds: 1,
  });
  const start = async () => {
    gateway = openHttpGateway(settings, host);
    await gateway.open(signal);
  };
  const write = (id: number, message: string) =>
    double.incoming.set(String(id), {
      id,
      sender: "+33612345678",
      message,
      creationDatetime: "2026-01-02T03:04:05+01:00",
    });
  write(9, "of before");
  await start();
  await until("the first look is over", async () => (await host.host.notes.get("http-poll-last")) === "9");
  host.failing = true;
  for (const [id, message] of ["un", "deux", "trois"].entries()) write(10 + id, message);
  await until("the store was tried", () => host.calls > 1);
  expect(host.troubles.at(-1)).toBe("SMS_POLL_FAILED");
  host.failing = false;
  await until("all are there", () => host.texts.length === 3);
  await until("it works again", () => host.troubles.at(-1) === undefined);
  await gateway.close(AbortSignal.timeout(500));
  write(13, "quatre");
  await start();
  await until("the last is there", () => host.texts.length > 3);
  expect(host.texts.map(({ id, text }) => `${id} ${text}`)).toEqual(["10 un", "11 deux", "12 trois", "13 quatre"]);
  expect(host.texts[0]).toMatchObject({ from: "+33612345678", to: "", at: new Date("2026-01-02T02:04:05Z") });
  await gateway.close(AbortSignal.timeout(500));
  await double.stop();
});

describe("a generic gateway's webhook", () => {
  const post = (path: string, value: object, at = seconds(), secret = "sign-1") => {
    const body = JSON.stringify(value);
    return fetch(local + path, { method: "POST", body, headers: signAsGeneric(body, secret, at) });
  };
  beforeEach(() => open("generic"));

  test("takes texts, parts and receipts", async () => {
    const text = {
      id: "i1",
      from: "+33612345678",
      to: "+33700000000",
      text: "bonjour",
      at: "2026-01-02T03:04:05+01:00",
    };
    expect((await post("/text", text)).status).toBe(200);
    expect((await post("/text", { ...text, id: "i2", part: { reference: 9, of: 2, number: 2 } })).status).toBe(200);
    expect((await post("/receipt", { id: "g-1", state: "failed", message: "no such phone" })).status).toBe(200);
    expect(host.texts).toMatchObject([
      { id: "i1", text: "bonjour", at: new Date("2026-01-02T02:04:05Z") },
      { id: "i2", part: { reference: "9", of: 2, number: 2 } },
    ]);
    expect(host.receipts).toMatchObject([
      { id: "g-1", state: "failed", code: "SMS_UNDELIVERABLE", remoteAnswer: "no such phone" },
    ]);
  });

  test("refuses other secrets, other times and other bodies", async () => {
    const text = { id: "i1", from: "+33612345678", text: "bonjour" };
    expect((await post("/text", text, seconds(), "other")).status).toBe(403);
    expect((await post("/text", text, seconds() - 301)).status).toBe(403);
    expect((await post("/text", text, seconds() + 305)).status).toBe(403);
    expect((await post("/text", text, Number.NaN)).status).toBe(403);
    const headers = signAsGeneric(JSON.stringify(text), "sign-1", seconds());
    const forged = { method: "POST", body: JSON.stringify({ ...text, from: "+33600000000" }), headers };
    expect((await fetch(`${local}/text`, forged)).status).toBe(403);
    expect(host.calls).toBe(0);
  });

  test("a text without an id that is replayed is one text", async () => {
    const at = seconds();
    for (let i = 0; i < 3; i++)
      expect((await post("/text", { from: "+33612345678", text: "encore" }, at)).status).toBe(200);
    expect(host.texts).toHaveLength(1);
    expect((await post("/text", { from: "+33612345678", text: "encore" }, at - 1)).status).toBe(200);
    expect(host.texts).toHaveLength(2);
    // At once, too: the gateway did not wait for the first answer.
    const together = await Promise.all([1, 2, 3].map(() => post("/text", { from: "+33612345678", text: "vite" }, at)));
    expect(together.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(host.texts).toHaveLength(3);
  });

  test("what cannot be read is refused, and nothing handed on", async () => {
    expect((await post("/text", { id: "i1", text: "nobody" })).status).toBe(400);
    expect((await post("/receipt", { state: "delivered" })).status).toBe(400);
    expect((await post("/receipt", { id: "g-1", state: "odd" })).status).toBe(200);
    expect((await post("/other", { id: "i1" })).status).toBe(404);
    expect((await fetch(`${local}/text`, { method: "DELETE" })).status).toBe(405);
    expect((await post("/text", { id: "i1", from: "+1", text: "x".repeat(70_000) })).status).toBe(413);
    expect(host.calls).toBe(0);
  });

  test("a client that hangs up in the middle, or says nothing, harms nobody", async () => {
    const port = Number(new URL(local).port);
    const half = connect(port, "127.0.0.1", () =>
      half.write("POST /sms/text HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf", () => half.destroy()),
    );
    const mute = connect(port, "127.0.0.1");
    expect((await post("/text", { id: "i1", from: "+33612345678", text: "bonjour" })).status).toBe(200);
    const began = performance.now();
    await gateway.close(AbortSignal.timeout(300));
    expect(performance.now() - began).toBeLessThan(1500);
    mute.destroy();
  });
});

describe("the door", () => {
  test("opens only to the addresses that may call", async () => {
    await open("generic", { allow_from: ["192.0.2.0/24"] });
    expect((await fetch(`${local}/text`)).status).toBe(403);
    await gateway.close(AbortSignal.timeout(300));
    await open("kannel", { allow_from: ["127.0.0.0/8"] });
    expect((await fetch(`${local}/text?token=t%26ken&from=33612345678&text=a`)).status).toBe(200);
  });

  test("rejects at the start when its port is taken, and is free again after the end", async () => {
    await open("generic");
    const port = Number(new URL(local).port);
    const second = openHttpGateway(
      httpSettings.parse({
        profile: "generic",
        base_url: "http://127.0.0.1:1",
        secret: "s",
        webhook: { port, signing_secret: "s" },
      }),
      host,
    );
    await expect(second.open(signal)).rejects.toMatchObject({ code: "EADDRINUSE" });
    await gateway.close(AbortSignal.timeout(300));
    await gateway.close(AbortSignal.timeout(300));
    await second.open(signal);
    await second.close(AbortSignal.timeout(300));
  });

  test("lets a text that is under way end before it closes", async () => {
    await open("kannel");
    let store = () => {};
    const stored = new Promise<void>((resolve) => {
      store = resolve;
    });
    const receive = host.received;
    Reflect.set(host, "received", async (text: Parameters<typeof receive>[0]) => {
      const taken = await receive(text);
      await stored;
      return taken;
    });
    const calling = fetch(`${local}/text?token=t%26ken&from=33612345678&text=a&id=1`);
    await until("the text is on its way", () => host.texts.length === 1);
    const closing = gateway.close(AbortSignal.timeout(5000));
    store();
    expect((await calling).status).toBe(200);
    await closing;
  });
});

test("Kannel's webhook reads other charsets, headers of parts and its own receipts", async () => {
  await open("kannel");
  const utf16 = [...Buffer.from("été 😀", "utf16le").swap16()]
    .map((octet) => `%${octet.toString(16).padStart(2, "0")}`)
    .join("");
  const query = `token=t%26ken&from=%2B33612345678&to=12345&charset=UTF-16BE&coding=2&id=k1&ts=1700000000`;
  expect((await fetch(`${local}/text?${query}&text=${utf16}&udh=%05%00%03%2a%02%01`)).status).toBe(200);
  const nack = encodeURIComponent("NACK/0x0000000b/Invalid Destination Address");
  const reply = await fetch(`${local}/receipt?token=t%26ken&key=d1-abc&type=16&answer=${nack}&smscid=`);
  expect([reply.status, await reply.text()]).toEqual([200, ""]);
  expect(host.texts).toEqual([
    {
      id: "k1",
      from: "+33612345678",
      to: "12345",
      text: "été 😀",
      at: new Date(1_700_000_000_000),
      part: { reference: "42", of: 2, number: 1 },
    },
  ]);
  expect(host.receipts).toMatchObject([{ id: "d1-abc", state: "failed", code: "SMS_NUMBER_INVALID" }]);
});
