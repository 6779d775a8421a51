import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readRetryAfter } from "../../bridges/sms/http/exchange.ts";
import sms from "../../bridges/sms/index.ts";
import { type Bridge, DeliveryError } from "../../src/adapter/index.ts";
import { createMemoryHost, type MemoryHost } from "../../src/conformance/memory-host.ts";
import { until } from "../support/patience.ts";
import { freePort } from "../support/ports.ts";
import {
  LOGIN,
  type SmsGatewayDouble,
  signAsTwilio,
  signAsVonage,
  startSmsGatewayDouble,
} from "../support/sms-gateway-double.ts";

const PUBLIC = "https://guichet.town.example/sms";
const DELIVERY = "2s-abcdefghijklmnop-41";

let double: SmsGatewayDouble;
let host: MemoryHost;
let bridge: Bridge;
let local: string;

async function open(profile: "twilio" | "vonage" | "generic"): Promise<void> {
  double = await startSmsGatewayDouble(profile);
  const port = await freePort();
  local = `http://127.0.0.1:${port}/sms`;
  const { account, secret } = LOGIN;
  const webhook = { port, public_url: PUBLIC, signing_secret: "sign-1" };
  const http = { profile, base_url: double.url, account, secret, timeout_seconds: 1, webhook };
  host = createMemoryHost();
  bridge = sms.create(sms.config.parse({ number: "+33700000000", country: "FR", gateway: { http } }), host);
  await bridge.start(new AbortController().signal);
}

afterEach(async () => {
  await bridge.stop(AbortSignal.timeout(1_000));
  host.end();
  await double.stop();
});

async function send(text = "Bonjour", deliveryId = DELIVERY): Promise<string> {
  const ended: unknown = await bridge
    .send?.(
      {
        ...{ deliveryId, attempt: 1, fromName: "Mairie", to: { address: "+33612345678" }, text, attachments: [] },
        ...{ thread: { token: "t-0", references: [] }, writtenAt: new Date() },
      },
      AbortSignal.timeout(20_000),
    )
    .catch((fault: unknown) => fault);
  if (ended instanceof DeliveryError) return ended.message;
  return typeof ended === "object" && ended !== null && "remoteId" in ended ? String(ended.remoteId) : "";
}

const seconds = () => String(Math.floor(Date.now() / 1000));
const post = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(local + path, { method: "POST", body: new URLSearchParams(fields), headers });

/** A receipt as the gateway calls it, for the message that was taken last. */
const tell = {
  twilio: (sid: string, status = "delivered") => {
    const callback = String(double.taken.at(-1)?.StatusCallback ?? `${PUBLIC}/receipt`);
    const fields = { MessageSid: sid, SmsSid: sid, MessageStatus: status, AccountSid: LOGIN.account };
    const path = callback.slice(PUBLIC.length);
    return post(path, fields, { "x-twilio-signature": signAsTwilio(callback, fields, "sign-1") });
  },
  vonage: (id: string, status = "delivered") => {
    const ref = String(double.taken.at(-1)?.["client-ref"] ?? "");
    const fields = {
      messageId: id,
      msisdn: "33612345678",
      to: "33700000000",
      status,
      "err-code": "0",
      timestamp: seconds(),
    };
    return post("/receipt", signAsVonage({ ...fields, ...(ref === "" ? {} : { "client-ref": ref }) }, "sign-1"));
  },
};

describe.each(["twilio", "vonage"] as const)("%s: receipts that come late", (profile) => {
  beforeEach(() => open(profile));

  test.each(["silent", "cut", "cut-answer"] as const)(
    "of a text whose answer was lost (%s): its receipt tells what became of it",
    async (fault) => {
      double.next = fault;
      expect(await send()).toBe("SMS_HTTP_UNKNOWN (unknown)");
      expect(double.taken).toHaveLength(1);
      // The core knows the text by the name that it gave it, and by no other.
      host.knows = () => (host.receipts.at(-1)?.about.deliveryIds?.[0] === DELIVERY ? "applied" : "unknown");
      expect((await tell[profile]("12345")).status).toBeLessThan(300);
      expect(host.receipts).toHaveLength(1);
      expect(host.receipts[0]).toMatchObject({
        state: "delivered",
        about: { deliveryIds: [DELIVERY, "12345"], remoteIds: ["12345"] },
      });
    },
  );

  test("of a text that was confirmed: the gateway's own name of it counts, too", async () => {
    const id = await send();
    expect((await tell[profile](id)).status).toBeLessThan(300);
    expect(host.receipts[0]?.about.remoteIds).toContain(id);
    expect(host.receipts[0]?.about.deliveryIds).toContain(DELIVERY);
  });

  test("of a text that nobody here sent: it is taken, so that it does not come for a day", async () => {
    host.knows = () => "unknown";
    expect((await tell[profile]("somebody-else's")).status).toBeLessThan(300);
    expect(host.logged.join()).toContain("SMS_RECEIPT_UNKNOWN");
  });

  test("just after a text whose name the core does not know yet: it is to come again", async () => {
    let tries = 0;
    host.knows = () => (++tries > 5 ? "applied" : "unknown");
    const id = await send();
    expect((await tell[profile](id)).status).toBe(503);
    expect((await tell[profile](id)).status).toBeLessThan(300);
  }, 15_000);
});

test.each([
  ["2", 2_000],
  ["Wed, 21 Oct 2026 07:28:05 GMT", 5_000],
  ["999999", 3_600_000],
  ["0", undefined],
  ["Wed, 21 Oct 2015 07:28:00 GMT", undefined],
  ["soon", undefined],
])("Retry-After: %s", (header, wait) => {
  expect(readRetryAfter(header, Date.parse("2026-10-21T07:28:00Z"))).toBe(wait);
});

test("a gateway that asks for a short rest gets it; when it is long, texts wait in the core", async () => {
  await open("generic");
  double.next = "throttle";
  double.retryAfter = "1";
  expect(await send("un")).toBe("SMS_THROTTLED (retry)");
  const begun = performance.now();
  expect(await send("deux")).toBe("g-2");
  expect(performance.now() - begun).toBeGreaterThan(900);
  double.next = "throttle";
  double.retryAfter = "60";
  expect(await send("trois")).toBe("SMS_THROTTLED (retry)");
  const again = performance.now();
  expect(await send("quatre")).toBe("SMS_THROTTLED (retry)");
  expect(performance.now() - again).toBeLessThan(500);
  expect(double.asked).toBe(3);
  await until(() => bridge.health().state === "up");
});
