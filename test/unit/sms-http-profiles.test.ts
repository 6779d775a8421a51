import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { buildRequest, valuesOf } from "../../bridges/sms/http/build-request.ts";
import { holds, readerOfJson } from "../../bridges/sms/http/fields.ts";
import { judgeAnswer } from "../../bridges/sms/http/judge-answer.ts";
import { BUNDLED, loadProfile, ProfileError, parseProfile } from "../../bridges/sms/http/load-profile.ts";
import { createReplays } from "../../bridges/sms/http/replays.ts";
import { httpSettings } from "../../bridges/sms/http/settings.ts";
import { readConcatenation } from "../../bridges/sms/http/udh.ts";
import { createPace } from "../../bridges/sms/pace.ts";
import { check } from "../../src/config/check.ts";
import { folderWith } from "../support/config-folder.ts";
import { answerOf } from "../support/sms-gateway-host.ts";

const faultsOf = (yaml: string): readonly string[] => {
  try {
    parseProfile(yaml, "own.yaml");
    return [];
  } catch (error) {
    return error instanceof ProfileError ? error.faults : [String(error)];
  }
};

const SMALL = `name: small
base_url: https://sms.example
send:
  path: /send
  form: { to: "{to}", text: "{text}" }
answer:
  rules:
    - { http: 2xx, means: accepted }
`;

describe("a profile", () => {
  test.each(BUNDLED)("%s comes with guichet and has no fault", (name) => {
    expect(loadProfile({ bundled: name }).name).toBe(name);
  });

  test("of one's own may be as small as this", () => {
    expect(faultsOf(SMALL)).toEqual([]);
  });

  test.each([
    [
      "an unknown placeholder",
      SMALL.replace("{text}", "{message}"),
      /^own\.yaml:5:\d+ send\.form\.text: a text whose placeholders/,
    ],
    ["an unknown consequence", SMALL.replace("accepted", "perhaps"), /^own\.yaml:8:\d+ answer\.rules\.0\.means: /],
    [
      "a consequence without its code",
      SMALL.replace("accepted", "retry"),
      /^own\.yaml:8:\d+ answer\.rules\.0\.code: a code/,
    ],
    ["an unknown key", SMALL.replace("answer:", "answers: 1\nanswer:"), /own\.yaml:1:1 the profile: .*answers/],
    ["no rules", SMALL.replace(/answer:[\s\S]*/, "answer: {}"), /^own\.yaml:6:\d+ answer\.rules: /],
    [
      "a broken pattern",
      SMALL.replace("http: 2xx", 'http: 2xx, body: "("'),
      /^own\.yaml:8:\d+ answer\.rules\.0\.body: a regular/,
    ],
    ["broken YAML", "name: [", /^own\.yaml:1:\d+ the YAML \(/],
    ["a body in two forms", SMALL.replace("form:", "json: {}\n  form:"), /^own\.yaml:5:\d+ send\.json: form or json/],
  ])("with %s is refused with file, line and path", (_, yaml, expected) => {
    expect(faultsOf(yaml)).toEqual([expect.stringMatching(expected)]);
  });

  test("tells all its faults at once", () => {
    expect(faultsOf(SMALL.replace("{text}", "{message}").replace("accepted", "perhaps")).length).toBeGreaterThan(1);
  });
});

describe("settings of an HTTP gateway", () => {
  const LOGIN = { account: "a", key: "k", secret: "s", consumer_key: "c" };
  const issuesOf = (written: unknown) =>
    httpSettings.safeParse(written).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];
  const webhook = { port: 8090 };

  test("hold the profile", () => {
    expect(httpSettings.parse({ profile: "twilio", ...LOGIN })).toMatchObject({
      mapping: { name: "twilio" },
      at_once: 8,
    });
  });

  test("may name a file of one's own, whose faults are told", () => {
    using folder = folderWith({ "small.yaml": SMALL, "bad.yaml": SMALL.replace("accepted", "perhaps") });
    expect(httpSettings.parse({ profile_file: folder.path("small.yaml") }).mapping.name).toBe("small");
    expect(issuesOf({ profile_file: folder.path("bad.yaml") })).toEqual([
      expect.stringMatching(/^profile_file: a profile without faults: bad\.yaml:8:\d+ answer\.rules\.0\.means/),
    ]);
    expect(issuesOf({ profile_file: folder.path("none.yaml") })).toEqual([expect.stringMatching(/none\.yaml.*ENOENT/)]);
  });

  test.each<[string, object, string]>([
    ["both", { profile: "twilio", profile_file: "x", ...LOGIN }, "profile: either profile or profile_file"],
    ["no secret", { profile: "twilio", account: "a" }, "secret: secret, which twilio needs"],
    ["no address", { profile: "kannel", ...LOGIN }, "base_url: the gateway's address, which its profile does not know"],
    ["no token", { profile: "ovhcloud", ...LOGIN, webhook }, "webhook.token: a token: ovhcloud signs nothing"],
    [
      "no public address",
      { profile: "twilio", account: "a", secret: "s", webhook },
      "webhook.public_url: the address that is signed",
    ],
    [
      "no signing secret",
      { profile: "vonage", ...LOGIN, webhook },
      "webhook.signing_secret: the secret that vonage signs with",
    ],
    [
      "an API key in the place of the auth token",
      { profile: "twilio", ...LOGIN, webhook: { ...webhook, public_url: "https://a.example/sms" } },
      "webhook.signing_secret: the secret that twilio signs with",
    ],
  ])("with %s are refused", (_, written, fault) => {
    expect(issuesOf(written)).toEqual([fault]);
  });
});

test("an operator's parameters go along, and null takes one away", () => {
  const { send } = loadProfile({ bundled: "ovhcloud" });
  const extra = { senderForResponse: true, sender: null, validityPeriod: 60 };
  const values = { account: "sms-ab1/x", ...valuesOf(answerOf("é", { encoding: "ucs2" }), send) };
  const { url, body } = buildRequest(send, "https://eu.api.ovh.com/", values, extra);
  expect(url.href).toBe("https://eu.api.ovh.com/1.0/sms/sms-ab1%2Fx/jobs");
  const sent = JSON.parse(body);
  expect(sent).toMatchObject({ message: "é", receivers: ["+33612345678"], coding: "8bit", senderForResponse: true });
  expect(sent).not.toHaveProperty("sender");
  expect(sent.tag).toMatch(/^[0-9a-f]{20}$/);
});

test("words of the text are never taken for a placeholder", () => {
  const { send } = loadProfile({ bundled: "twilio" });
  const values = { account: "a", secret: "top", ...valuesOf(answerOf("{secret} $& {to}"), send) };
  expect(new URLSearchParams(buildRequest(send, "https://x.example", values).body).get("Body")).toBe(
    "{secret} $& {to}",
  );
});

describe("an answer", () => {
  const { answer } = loadProfile({ bundled: "vonage" });
  const judge = (...messages: object[]) =>
    judgeAnswer(answer, { status: 200, body: JSON.stringify({ messages }) }, "d1");
  const taken = { status: "0", "message-id": "m1" };

  test("for parts that were all taken names each", () => {
    expect(judge(taken, { ...taken, "message-id": "m2" })).toEqual({ outcome: "accepted", ids: ["m1", "m2"] });
  });

  test("for a part that was refused after another was taken is not certain", () => {
    expect(judge(taken, { status: "6" })).toMatchObject({ outcome: "unknown", code: "SMS_TAKEN_IN_PART" });
  });

  test("for parts that were refused differently says the more careful thing", () => {
    expect(judge({ status: "1" }, { status: "6" })).toMatchObject({ outcome: "rejected" });
    expect(judge({ status: "1" }, { status: "5" }, { status: "6" })).toMatchObject({ outcome: "unknown" });
  });

  test.each([["99"], [undefined]])("with status %s, which nobody knows, is unknown", (status) => {
    expect(judge({ status })).toMatchObject({ outcome: "unknown", code: "SMS_HTTP_ANSWER" });
  });

  test("that takes a message without naming it is unknown", () => {
    expect(judge({ status: "0" })).toMatchObject({ outcome: "unknown" });
  });
});

/** Codes by research: what each outcome must be. */
describe("the gateways' codes", () => {
  const twilio = (status: number, code: number) =>
    judgeAnswer(
      loadProfile({ bundled: "twilio" }).answer,
      { status, body: JSON.stringify({ code, message: "m" }) },
      "d1",
    );
  test.each([21211, 21214, 21217, 21610, 21612, 21614, 30004, 30005, 30006, 21602, 21617, 30007, 30036])(
    "Twilio %i is permanent",
    (code) => expect(twilio(400, code)).toMatchObject({ outcome: "rejected", trouble: false, words: `${code} m` }),
  );
  test.each([20003, 20404, 21408, 21603, 21606, 21608, 21659, 30002, 30034])("Twilio %i stops the gateway", (code) =>
    expect(twilio(400, code)).toMatchObject({ outcome: "retry", trouble: true }),
  );
  test.each([20429, 21611, 30001, 30003, 30017, 30022])("Twilio %i is temporary", (code) =>
    expect(twilio(400, code)).toMatchObject({ outcome: "retry", trouble: false }),
  );
  test.each([
    [400, 30008],
    [400, 12345],
    [500, 20500],
    [503, 0],
  ])("Twilio %i %i is unknown", (status, code) => expect(twilio(status, code)).toMatchObject({ outcome: "unknown" }));

  const vonage = (status: number) =>
    judgeAnswer(
      loadProfile({ bundled: "vonage" }).answer,
      { status: 200, body: JSON.stringify({ messages: [{ status: String(status) }] }) },
      "d1",
    );
  test.each([6, 7, 33, 34, 2, 3, 12, 16, 20, 22, 23])("Vonage %i is permanent", (status) =>
    expect(vonage(status)).toMatchObject({ outcome: "rejected", trouble: false }),
  );
  test.each([4, 8, 9, 11, 14, 15, 19, 29, 32])("Vonage %i stops the gateway", (status) =>
    expect(vonage(status)).toMatchObject({ outcome: "retry", trouble: true }),
  );
  test.each([1, 10])("Vonage %i is temporary", (status) =>
    expect(vonage(status)).toMatchObject({ outcome: "retry", trouble: false }),
  );
  test.each([5, 13])("Vonage %i is unknown", (status) => expect(vonage(status)).toMatchObject({ outcome: "unknown" }));

  const receiptOf = (name: "twilio" | "vonage" | "ovhcloud" | "kannel", fields: object) =>
    loadProfile({ bundled: name }).webhook?.receipt?.rules.find(({ where }) => holds(where, readerOfJson(fields)));
  test.each([
    ["kannel", { type: "16", answer: "NACK/0x0000000b/Invalid Destination Address" }, "failed", "SMS_NUMBER_INVALID"],
    ["kannel", { type: "16", answer: "NACK/0x00000008/System error" }, "delayed", "SMS_STATE_UNKNOWN"],
    ["kannel", { type: "16", answer: "NACK/0x00000088/other" }, "failed", "SMS_REJECTED"],
    ["kannel", { type: "2", answer: "id:1 stat:EXPIRED err:000" }, "failed", "EXPIRED"],
    ["kannel", { type: "4", answer: "" }, "delayed", "SMS_DELAYED"],
    ["kannel", { type: "8", answer: "ACK/" }, "none", undefined],
    ["ovhcloud", { ptt: 4 }, "delivered", "SMS_DELIVERED"],
    ["ovhcloud", { ptt: "23" }, "failed", "SMS_NUMBER_UNREACHABLE"],
    ["ovhcloud", { ptt: 777 }, "delayed", "SMS_STATE_UNKNOWN"],
    ["vonage", { status: "failed", "err-code": "2" }, "failed", "SMS_HANDSET_UNREACHABLE"],
    ["vonage", { status: "unknown", "err-code": "99" }, "delayed", "SMS_STATE_UNKNOWN"],
    ["twilio", { MessageStatus: "undelivered", ErrorCode: "30005" }, "failed", "SMS_NUMBER_UNREACHABLE"],
    ["twilio", { MessageStatus: "failed", ErrorCode: "30008" }, "failed", "SMS_UNDELIVERABLE"],
    ["twilio", { MessageStatus: "sent" }, "none", undefined],
  ] as const)("%s %j is %s %s", (name, fields, state, code) => {
    expect([receiptOf(name, fields)?.state, receiptOf(name, fields)?.code]).toEqual([state, code]);
  });
});

test("the place among the parts is read from a user data header, among other elements", () => {
  expect(readConcatenation(Buffer.from("0500032a0302", "hex"))).toEqual({ reference: "42", of: 3, number: 2 });
  expect(readConcatenation(Buffer.from("060804012a0302", "hex"))).toEqual({ reference: "298", of: 3, number: 2 });
  expect(readConcatenation(Buffer.from("0b05040b8423f000032a0302", "hex"))).toMatchObject({ number: 2 });
  for (const broken of ["", "05", "0500032a03", "0500032a0304", "0500032a0000", "03240101"])
    expect(readConcatenation(Buffer.from(broken, "hex"))).toBeUndefined();
});

test("requests are held back: so many at once, so many a second, and none after the end", async () => {
  const pace = createPace(2, 50);
  const { signal } = new AbortController();
  let [running, most] = [0, 0];
  const began = performance.now();
  const work = async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 30));
    running--;
  };
  await Promise.all(Array.from({ length: 11 }, () => pace.run(work, signal)));
  expect(most).toBe(2);
  expect(performance.now() - began).toBeGreaterThan(150);
  await expect(pace.run(work, AbortSignal.abort())).rejects.toThrow();
  const ending = new AbortController();
  const held = [1, 2, 3].map(() => pace.run(() => new Promise((resolve) => setTimeout(resolve, 100)), ending.signal));
  setTimeout(() => ending.abort(), 5);
  await expect(held[2]).rejects.toThrow();
  await Promise.allSettled(held);
  await pace.run(work, signal);
});

test("replays are remembered as long as they can come, and no more than there is room for", () => {
  let time = 0;
  const replays = createReplays<string>(() => new Date(time), 3);
  replays.keep("a", "taken", 100);
  expect([replays.read("a"), replays.read("b")]).toEqual(["taken", undefined]);
  time = 101;
  expect(replays.read("a")).toBeUndefined();
  for (const each of ["b", "c", "d", "e"]) replays.keep(each, each, 100);
  expect(["b", "c", "d", "e"].map(replays.read)).toEqual([undefined, "c", "d", "e"]);
});

test("each code that a bundled profile gives out stands in docs/codes.md", () => {
  const documented = readFileSync(new URL("../../docs/codes.md", import.meta.url), "utf8");
  const missing = BUNDLED.flatMap((bundled) => {
    const { answer, webhook } = loadProfile({ bundled });
    return [...answer.rules, ...(webhook?.receipt?.rules ?? [])].flatMap(({ code }) => code ?? []);
  }).filter((code) => !documented.includes(`\`${code}\``));
  expect(missing).toEqual([]);
});

test("the core reads the settings: secrets from the environment, files by their folder, faults with their place", async () => {
  using folder = folderWith({ "small.yaml": SMALL, "bad.yaml": SMALL.replace("accepted", "perhaps") });
  const sources = { env: { TOKEN: "t0ken" }, folder: folder.path("") };
  const channel = z.object({ gateway: z.object({ http: httpSettings.optional() }) });
  const good = { profile_file: "small.yaml", secret: { env: "TOKEN" }, parameters: { from: null, ttl: 60 } };
  const read = await check(channel, { gateway: { http: good } }, ["channels", "a"], sources);
  expect(read).toMatchObject({
    data: { gateway: { http: { secret: "t0ken", mapping: { name: "small" }, parameters: { from: null, ttl: 60 } } } },
  });
  const bad = await check(channel, { gateway: { http: { profile_file: "bad.yaml" } } }, ["channels", "a"], sources);
  expect(bad).toMatchObject({
    findings: [
      {
        path: ["channels", "a", "gateway", "http", "profile_file"],
        allowed: expect.stringMatching(/bad\.yaml:8:\d+ answer\.rules\.0\.means: /),
      },
    ],
  });
});
