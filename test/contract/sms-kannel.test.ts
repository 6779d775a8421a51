import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import type { Gateway, ReceivedText } from "../../bridges/sms/gateway.ts";
import { openHttpGateway } from "../../bridges/sms/http/index.ts";
import { httpSettings } from "../../bridges/sms/http/settings.ts";
import { type Kannel, startKannel } from "../support/kannel.ts";
import { missing } from "../support/needs.ts";
import { freePort } from "../support/ports.ts";
import { answerOf, createGatewayHost, type MemoryGatewayHost } from "../support/sms-gateway-host.ts";
import { buildSmsc, type Smsc, type SmscProgram } from "../support/smsc.ts";
import { until } from "../support/until.ts";

const absent = missing("kannel", "jsmpp-smsc");

describe.skipIf(absent)(`a real Kannel over HTTP${absent === undefined ? "" : ` (${absent})`}`, () => {
  const { signal } = new AbortController();
  let program: SmscProgram;
  let smsc: Smsc;
  let kannel: Kannel;
  let gateway: Gateway;
  let host: MemoryGatewayHost;
  let number = 0;

  const settings = (port: number, password = "secret") =>
    httpSettings.parse({
      profile: "kannel",
      base_url: kannel.url,
      account: "bridge",
      secret: password,
      webhook: { port, token: "to&ken", public_url: `http://127.0.0.1:${port}/sms`, allow_from: ["127.0.0.1"] },
    });
  const send = async (text: string, encoding: "gsm7" | "ucs2" = "gsm7") => {
    const deliveryId = `d${++number}-abcdefghijklmnop`;
    expect(await gateway.submit(answerOf(text, { deliveryId, encoding }), signal)).toEqual({ ids: [deliveryId] });
    return deliveryId;
  };
  const receiptsOf = (id: string) => host.receipts.filter((receipt) => receipt.id === id);

  beforeAll(async () => {
    program = await buildSmsc();
    smsc = await program.start(["--user", "kannel:secret"]);
    host = createGatewayHost();
    const port = await freePort();
    const fields = "from=%p&to=%P&text=%b&charset=%C&coding=%c&udh=%u&id=%I&ts=%T";
    kannel = await startKannel({
      smscPort: smsc.port,
      textUrl: `http://127.0.0.1:${port}/sms/text?token=to%26ken&${fields}`,
    });
    gateway = openHttpGateway(settings(port), host);
    await gateway.open(signal);
  }, 300_000);
  beforeEach(() => {
    host.texts.length = 0;
    host.receipts.length = 0;
    host.failing = false;
  });
  afterAll(async () => {
    await gateway?.close(AbortSignal.timeout(1000));
    await kannel?.stop();
    await smsc?.kill();
    await program?.remove();
  });

  test.each([
    ["gsm7", "Prix 5 € [é] & + % = {text}"],
    ["ucs2", "Здравствуйте, été ☀ 😀"],
  ] as const)("carries a text in %s, and its receipt", async (encoding, words) => {
    const id = await send(words, encoding);
    await until("the receipt is there", () => receiptsOf(id).length > 0, 20_000);
    expect(receiptsOf(id)).toMatchObject([{ state: "delivered", code: "SMS_DELIVERED" }]);
    const sent = await smsc.tell("messages", {}, z.array(z.looseObject({ text: z.string(), to: z.string() })));
    expect(sent.find(({ text }) => text === words)?.to).toBe("33612345678");
  });

  test("carries a long text in parts", async () => {
    const words = Array.from({ length: 40 }, (_, index) => `Phrase numéro ${index + 1} de la réponse.`).join(" ");
    const id = await send(words);
    await until("the receipt is there", () => receiptsOf(id).length > 0, 20_000);
    await until("all parts are there", async () => (await smsc.texts()).some(({ text }) => text === words), 20_000);
  });

  test("tells a number that the network refuses", async () => {
    await smsc.order("error", { status: "RINVDSTADR" });
    const id = await send("nobody");
    await until("the receipt is there", () => receiptsOf(id).length > 0, 20_000);
    expect(receiptsOf(id)).toMatchObject([
      { state: "failed", code: "SMS_NUMBER_INVALID", remoteAnswer: expect.stringContaining("Invalid Destination") },
    ]);
  });

  test.each([
    ["EXPIRED", "failed", "EXPIRED"],
    ["UNDELIV", "failed", "SMS_UNDELIVERABLE"],
    ["REJECTD", "failed", "SMS_REJECTED"],
    ["DELETED", "failed", "SMS_DELETED"],
    ["UNKNOWN", "delayed", "SMS_STATE_UNKNOWN"],
    ["ENROUTE", "delayed", "SMS_DELAYED"],
  ])("tells that the network says %s", async (state, shown, code) => {
    await smsc.order("dlr", { to: "33612345678", state });
    const id = await send(`state ${state}`);
    await until("the receipt is there", () => receiptsOf(id).length > 0, 20_000);
    expect(receiptsOf(id)).toMatchObject([{ state: shown, code, remoteAnswer: expect.stringContaining(state) }]);
    await smsc.order("reset");
  });

  test.each([
    ["gsm7", "Bonjour € [x] {y}"],
    ["ucs2", "Bonjour été ☀ 😀"],
  ])("brings texts in %s", async (coding, words) => {
    await smsc.order("mo", { system_id: "kannel", text: words, coding });
    await until("the text is there", () => host.texts.length > 0, 20_000);
    expect(host.texts).toMatchObject([{ text: words, to: "12345", from: expect.stringMatching(/^\+?33612345678$/) }]);
    expect(host.texts[0]?.id).toMatch(/./);
    expect(Math.abs(Date.now() - (host.texts[0]?.at.getTime() ?? 0))).toBeLessThan(60_000);
  });

  test.each(["udh8", "udh16", "sar"])("brings the parts of a long text (%s), in any order", async (concat) => {
    const words = "Ünïcode très long. ".repeat(20).trim();
    await smsc.order("mo", { system_id: "kannel", text: words, coding: "ucs2", concat, order: "reverse" });
    const joined = (texts: readonly ReceivedText[]) =>
      texts
        .toSorted((a, b) => (a.part?.number ?? 0) - (b.part?.number ?? 0))
        .map(({ text }) => text)
        .join("");
    await until(
      "all parts are there",
      () => host.texts.length > 0 && host.texts.length === host.texts[0]?.part?.of,
      20_000,
    );
    expect(joined(host.texts)).toBe(words);
    expect(new Set(host.texts.map(({ part }) => part?.reference)).size).toBe(1);
  });

  test("repeats a text that could not be stored, and it comes once", async () => {
    host.failing = true;
    const before = host.calls;
    await smsc.order("mo", { system_id: "kannel", text: "encore", coding: "gsm7" });
    await until("it was refused twice", () => host.calls >= before + 2, 30_000);
    host.failing = false;
    await until("the text is there", () => host.texts.length > 0, 20_000);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(host.texts).toMatchObject([{ text: "encore" }]);
  });

  test("refuses a wrong password, and answers that wait for an SMSC are its own", async () => {
    const other = openHttpGateway(settings(await freePort(), "wrong"), host);
    await expect(other.submit(answerOf("a"), signal)).rejects.toMatchObject({
      consequence: "retry",
      code: "SMS_GATEWAY_ACCOUNT",
    });
    await smsc.order("refuse", { on: 1 });
    await smsc.order("drop", { when: "now" });
    const id = await send("en attente");
    await smsc.order("refuse", { on: 0 });
    await until("the receipt is there", () => receiptsOf(id).length > 0, 30_000);
    expect(receiptsOf(id)).toMatchObject([{ state: "delivered" }]);
  });

  test("that is gone is tried again", async () => {
    await kannel.stopSmsbox();
    await expect(gateway.submit(answerOf("a"), signal)).rejects.toMatchObject({
      consequence: "retry",
      code: "SMS_HTTP_CONNECT",
    });
  });
});
