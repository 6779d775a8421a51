import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer as createHttpsServer } from "node:https";
import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { openHttpGateway } from "../../bridges/sms/http/index.ts";
import { BUNDLED } from "../../bridges/sms/http/load-profile.ts";
import { httpSettings } from "../../bridges/sms/http/settings.ts";
import { DeliveryError } from "../../src/adapter/index.ts";
import { folderWith } from "../support/config-folder.ts";
import { freePort } from "../support/ports.ts";
import { LOGIN, type SmsGatewayDouble, startSmsGatewayDouble } from "../support/sms-gateway-double.ts";
import { answerOf, createGatewayHost, type MemoryGatewayHost } from "../support/sms-gateway-host.ts";
import { until } from "../support/until.ts";

const run = promisify(execFile);
const { signal } = new AbortController();
let host: MemoryGatewayHost;
beforeEach(() => {
  host = createGatewayHost();
});

/** The profile as it is, but that a lost message is asked for at once. */
const impatient = readFileSync(
  new URL("../../bridges/sms/http/profiles/ovhcloud.yaml", import.meta.url),
  "utf8",
).replace("after_seconds: [2, 4]", "after_seconds: [0.1, 0.1]");
const folder = folderWith({ "ovhcloud.yaml": impatient });
afterAll(() => folder[Symbol.dispose]());

const gatewayTo = (profile: string, base_url: string, more: object = {}) => {
  const { account, key, secret, consumer: consumer_key } = LOGIN;
  const chosen =
    profile === "ovhcloud" ? { profile_file: folder.path("ovhcloud.yaml"), key, consumer_key } : { profile };
  return openHttpGateway(httpSettings.parse({ ...chosen, base_url, account, secret, ...more }), host);
};

const failureOf = async (work: Promise<unknown>): Promise<DeliveryError> => {
  const ended: unknown = await work.catch((error: unknown) => error);
  if (ended instanceof DeliveryError) return ended;
  throw new Error("it did not fail", { cause: ended });
};

describe.each(BUNDLED)("%s", (profile) => {
  let double: SmsGatewayDouble;
  const submit = (text = answerOf("Bonjour, prix 5 €"), more: object = {}, on = signal) =>
    gatewayTo(profile, double.url, { timeout_seconds: 1, ...more }).submit(text, on);

  beforeEach(async () => {
    double = await startSmsGatewayDouble(profile);
  });
  afterEach(() => double.stop());

  test("takes a text as it is, and names it", async () => {
    const { ids } = await submit(answerOf("Ünïcode & {text} = + % 😀", { encoding: "ucs2" }));
    expect(ids).toHaveLength(1);
    expect(ids[0]).toMatch(/./);
    expect(double.taken).toHaveLength(1);
    const [taken = {}] = double.taken;
    expect(taken.Body ?? taken.text ?? taken.message).toBe("Ünïcode & {text} = + % 😀");
    expect(JSON.stringify(taken.To ?? taken.to ?? taken.receivers)).toContain("33612345678");
    expect(host.troubles).toEqual([undefined]);
  });

  test("refuses a number for good, and works on", async () => {
    double.next = "refuse";
    const failure = await failureOf(submit());
    expect(failure).toMatchObject({ consequence: "rejected", code: "SMS_NUMBER_INVALID" });
    expect(failure.remoteAnswer).toMatch(/./);
    expect(host.troubles).toEqual([undefined]);
  });

  test("throttles: later", async () => {
    double.next = "throttle";
    expect(await failureOf(submit())).toMatchObject({ consequence: "retry", code: "SMS_THROTTLED" });
    expect(host.troubles).toEqual([]);
  });

  test("refuses the login: answers wait, operators are told; then it works again", async () => {
    expect(await failureOf(submit(undefined, { secret: "wrong" }))).toMatchObject({
      consequence: "retry",
      code: "SMS_GATEWAY_ACCOUNT",
    });
    await submit();
    expect(host.troubles).toEqual(["SMS_GATEWAY_ACCOUNT", undefined]);
    expect(double.taken).toHaveLength(1);
  });

  test("fails within: nobody knows", async () => {
    double.next = "fail";
    expect(await failureOf(submit())).toMatchObject({ consequence: "unknown", code: "SMS_GATEWAY_ERROR" });
  });

  test.each(["silent", "cut", "cut-answer"] as const)("is %s after the request: nobody knows", async (fault) => {
    double.next = fault;
    expect(await failureOf(submit())).toMatchObject({ consequence: "unknown", code: "SMS_HTTP_UNKNOWN" });
    expect(double.taken).toHaveLength(1);
    expect(double.asked).toBe(1);
    expect(host.troubles).toEqual(["SMS_HTTP_UNKNOWN"]);
  });

  test("answers something else: nobody knows", async () => {
    double.next = "garbage";
    expect(await failureOf(submit())).toMatchObject({ consequence: "unknown", code: "SMS_HTTP_ANSWER" });
  });

  test("is not there: later", async () => {
    await double.stop();
    expect(await failureOf(submit())).toMatchObject({ consequence: "retry", code: "SMS_HTTP_CONNECT" });
    expect(host.troubles).toEqual(["SMS_HTTP_CONNECT"]);
  });

  test("is waited for no longer than the core wants: unknown after the request, later before it", async () => {
    double.next = "silent";
    const ending = new AbortController();
    setTimeout(() => ending.abort(), 150);
    const began = performance.now();
    expect(await failureOf(submit(undefined, { timeout_seconds: 30 }, ending.signal))).toMatchObject({
      consequence: "unknown",
    });
    expect(performance.now() - began).toBeLessThan(2000);
    expect(await failureOf(submit(undefined, {}, AbortSignal.abort()))).toMatchObject({
      consequence: "retry",
      code: "SMS_HTTP_ABORTED",
    });
  });
});

test("an outage is found to be over without another answer", async () => {
  const double = await startSmsGatewayDouble("twilio");
  const gateway = gatewayTo("twilio", double.url);
  double.next = "cut";
  await failureOf(gateway.submit(answerOf("un"), signal));
  await double.stop();
  expect(host.troubles).toEqual(["SMS_HTTP_UNKNOWN"]);
  await sleep(1200);
  expect(host.troubles).toEqual(["SMS_HTTP_UNKNOWN"]);
  const back = await startSmsGatewayDouble("twilio", Number(new URL(double.url).port));
  await until("it is seen", () => host.troubles.length > 1);
  expect(host.troubles).toEqual(["SMS_HTTP_UNKNOWN", undefined]);
  expect(back.asked).toBe(0);
  await gateway.close(AbortSignal.timeout(200));
  await back.stop();
});

test("closing lets what runs end until the deadline, and takes nothing new", async () => {
  const double = await startSmsGatewayDouble("twilio");
  const gateway = gatewayTo("twilio", double.url);
  double.next = "silent";
  const lost = failureOf(gateway.submit(answerOf("un"), signal));
  await until("the request is there", () => double.taken.length === 1);
  const began = performance.now();
  await gateway.close(AbortSignal.timeout(200));
  expect(performance.now() - began).toBeLessThan(1000);
  expect(await lost).toMatchObject({ consequence: "unknown", code: "SMS_HTTP_UNKNOWN" });
  expect(await failureOf(gateway.submit(answerOf("deux"), signal))).toMatchObject({ consequence: "retry" });
  await gateway.close(AbortSignal.timeout(200));
  await double.stop();
});

test("Vonage: each part has its name, and a text taken in part is not sent again", async () => {
  const double = await startSmsGatewayDouble("vonage");
  const gateway = gatewayTo("vonage", double.url);
  const long = answerOf("a".repeat(400));
  expect((await gateway.submit(long, signal)).ids).toHaveLength(3);
  double.next = "in-part";
  expect(await failureOf(gateway.submit(long, signal))).toMatchObject({
    consequence: "unknown",
    code: "SMS_TAKEN_IN_PART",
  });
  await double.stop();
});

test("OVHcloud: its clock counts, also when it changes", async () => {
  const double = await startSmsGatewayDouble("ovhcloud");
  double.clockAhead = -7200;
  const gateway = gatewayTo("ovhcloud", double.url);
  await gateway.submit(answerOf("un"), signal);
  double.clockAhead = 7200;
  expect(await failureOf(gateway.submit(answerOf("deux"), signal))).toMatchObject({
    consequence: "retry",
    code: "SMS_GATEWAY_CLOCK",
  });
  await gateway.submit(answerOf("deux"), signal);
  expect(double.taken.map(({ message }) => message)).toEqual(["un", "deux"]);
  await double.stop();
});

test.each(["silent", "cut", "cut-answer"] as const)(
  "OVHcloud: a message whose answer is lost (%s) is found",
  async (fault) => {
    const double = await startSmsGatewayDouble("ovhcloud");
    const gateway = gatewayTo("ovhcloud", double.url, { timeout_seconds: 1 });
    double.lists = true;
    const { ids: earlier } = await gateway.submit(answerOf("un", { deliveryId: "d0-other" }), signal);
    double.next = fault;
    const { ids } = await gateway.submit(answerOf("deux"), signal);
    expect(ids).toHaveLength(1);
    expect(ids).not.toEqual(earlier);
    expect(double.taken).toHaveLength(2);
    expect(host.troubles.at(-1)).toBeUndefined();
    await double.stop();
  },
);

test("OVHcloud: a clock that cannot be asked is no message on its way", async () => {
  const port = await freePort();
  const failure = await failureOf(gatewayTo("ovhcloud", `http://127.0.0.1:${port}`).submit(answerOf("un"), signal));
  expect(failure).toMatchObject({ consequence: "retry", code: "SMS_HTTP_CONNECT" });
});

describe("over TLS", () => {
  /** Hangs up in the middle of the handshake. */
  const startRude = async (onData: (socket: Socket) => void): Promise<Server & { port: number }> => {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => onData(socket));
    });
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    return Object.assign(server, { port });
  };

  test.each<[string, (socket: Socket) => void]>([
    ["a handshake that is cut", (socket) => socket.resetAndDestroy()],
    ["a server that speaks no TLS", (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")],
    ["a handshake that never ends", () => {}],
  ])("%s is no message on its way", async (_, onData) => {
    const server = await startRude(onData);
    const gateway = gatewayTo("twilio", `https://127.0.0.1:${server.port}`, { timeout_seconds: 1 });
    expect(await failureOf(gateway.submit(answerOf("un"), signal))).toMatchObject({
      consequence: "retry",
      code: "SMS_HTTP_CONNECT",
    });
    server.close();
  });
});

test("over TLS with an authority of one's own; without it the certificate is refused, and nothing was sent", async () => {
  using files = folderWith({});
  const [key, cert] = [files.path("key.pem"), files.path("cert.pem")];
  const words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"];
  await run("openssl", [...words, "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert]);
  let asked = 0;
  const server = createHttpsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_request, response) => {
    asked++;
    response.writeHead(201).end('{"sid":"SM1"}');
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const submit = async (url: string, more: object) => {
    const gateway = gatewayTo("twilio", url, more);
    await gateway.open(signal);
    return gateway.submit(answerOf("un"), signal).finally(() => gateway.close(AbortSignal.timeout(100)));
  };
  expect(await submit(`https://localhost:${port}`, { ca: cert })).toEqual({ ids: ["SM1"] });
  for (const [url, more] of [
    [`https://localhost:${port}`, {}],
    [`https://127.0.0.1:${port}`, { ca: cert }],
  ] as const)
    expect(await failureOf(submit(url, more))).toMatchObject({ consequence: "retry", code: "SMS_HTTP_CONNECT" });
  expect(asked).toBe(1);
  server.close();
});

test("no log line holds words or numbers of a text", async () => {
  const double = await startSmsGatewayDouble("twilio");
  const lines: string[] = [];
  const log = host.host.log.child({});
  log.level = "trace";
  Reflect.set(log, "info", (...words: unknown[]) => lines.push(JSON.stringify(words)));
  const gateway = openHttpGateway(
    httpSettings.parse({ profile: "twilio", base_url: double.url, account: LOGIN.account, secret: LOGIN.secret }),
    { ...host, host: { ...host.host, log } },
  );
  double.next = "refuse";
  await failureOf(gateway.submit(answerOf("très privé"), signal));
  expect(lines).toHaveLength(1);
  expect(lines.join()).toContain("SMS_NUMBER_INVALID");
  expect(lines.join()).not.toMatch(/privé|336123|secret-1/);
  await double.stop();
});
