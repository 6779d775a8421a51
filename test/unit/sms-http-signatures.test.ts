import { createHash, createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { parseForm } from "../../bridges/sms/http/form.ts";
import { readRequest } from "../../bridges/sms/http/incoming.ts";
import { signForOvh } from "../../bridges/sms/http/sign-ovh.ts";
import { isSignedByTwilio } from "../../bridges/sms/http/signatures/twilio.ts";
import { type Secrets, verify } from "../../bridges/sms/http/signatures/verify.ts";
import { signForVonage, type VonageMethod } from "../../bridges/sms/http/signatures/vonage.ts";

const FORM = "application/x-www-form-urlencoded";
const requestOf = (url: string, body: string, headers: Record<string, string>, method = "POST") =>
  readRequest({ method, url, headers }, new URL(url).search, Buffer.from(body));

describe("Twilio's signature", () => {
  const CALL = "https://mycompany.com/myapp.php?foo=1&bar=2";
  const FIELDS = "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212";
  const signed = (url: string, body: string, signature: string, type = FORM) =>
    isSignedByTwilio(requestOf(url, body, { "x-twilio-signature": signature, "content-type": type }), "12345");

  test("of a form: published vector, with and without the standard port, in any order", () => {
    expect(signed(CALL, FIELDS, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")).toBe(true);
    expect(signed(CALL.replace(".com", ".com:443"), FIELDS, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")).toBe(true);
    expect(signed(CALL, FIELDS.split("&").reverse().join("&"), "RSOYDt4T1cUTdK1PDd93/VVr8B8=")).toBe(true);
    const withPort = createHmac("sha1", "12345").update("https://mycompany.com:443/aB1").digest("base64");
    expect(signed("https://mycompany.com/a", "B=1", withPort)).toBe(true);
  });

  test("of a form: nothing else passes", () => {
    expect(signed(CALL, `${FIELDS}1`, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")).toBe(false);
    expect(signed(`${CALL}1`, FIELDS, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")).toBe(false);
    expect(signed(CALL.replace(".com", ".com:8443"), FIELDS, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")).toBe(false);
    expect(signed(CALL, FIELDS, "")).toBe(false);
  });

  test("of JSON: published vector; a changed body does not pass", () => {
    const hash = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
    const url = `${CALL}&bodySHA256=${hash}`;
    const body = '{"property": "value", "boolean": true}';
    expect(signed(url, body, "a9nBmqA0ju/hNViExpshrM61xv4=", "application/json")).toBe(true);
    expect(signed(url, body.replace("true", "false"), "a9nBmqA0ju/hNViExpshrM61xv4=", "application/json")).toBe(false);
  });

  test("a body that the signature does not cover does not pass", () => {
    const bare = createHmac("sha1", "12345").update(CALL).digest("base64");
    expect(signed(CALL, "", bare)).toBe(true);
    expect(signed(CALL, '{"Body":"forged"}', bare, "application/json")).toBe(false);
  });

  test("of a text with letters outside ASCII: computed vector", () => {
    const fields = new URLSearchParams({
      Body: "café €",
      From: "+33612345678",
      MessageSid: "SM00000000000000000000000000000001",
      NumMedia: "0",
      To: "+33700000000",
    });
    expect(signed("https://bridge.example/twilio/in?t=1", fields.toString(), "UVG3Fh9gosDvci/Qij7xz5Qagdk=")).toBe(
      true,
    );
  });

  test("a field that comes twice counts sorted and once", () => {
    const right = createHmac("sha1", "12345").update("https://a.example/Ma1Mb2").digest("base64");
    expect(signed("https://a.example/", "M=b2&M=a1&M=b2", right)).toBe(true);
  });
});

describe("Vonage's signature", () => {
  const parameters = "param1=value1&param2=value2&timestamp=1234567890";
  test.each<[string, string, VonageMethod, string]>([
    ["a=1&b=2&timestamp=1461605396", "secret", "md5hash", "6af838ef94998832dbfc29020b564830"],
    [parameters, "signature_secret", "sha256", "280c4320703dbc98bfa22db676655ed2acfbfe8792b062ff7622e67f1183c287"],
    [parameters, "signature_secret", "md5", "724c2bf6ca423c36e20631b11d1c5753"],
    [
      "param1=value%261&param2=value%3D2&timestamp=1234567890",
      "signature_secret",
      "md5",
      "2bbf0abafb2c55e5af6231513896a2ac",
    ],
  ])("published vector: %s %s %s", (form, secret, method, expected) => {
    expect(signForVonage(parseForm(form), secret, method)).toBe(expected);
  });

  const INBOUND = {
    "api-key": "abcd1234",
    keyword: "A&B=C",
    "message-timestamp": "2020-01-01 12:00:00",
    messageId: "0A0000000123ABCD1",
    msisdn: "447700900001",
    nonce: "aaaaaaaa-bbbb-cccc-dddd-0123456789ab",
    text: "a&b=c café",
    timestamp: "1578787200",
    to: "447700900000",
    type: "text",
    sig: "73456633C1E96D3A762AE04BC230508858F156A93FC873D9B06C7DBD449B04CB",
  };
  const scheme = { scheme: "vonage", method: "sha256", window_seconds: 300 } as const;
  const secrets: Secrets = { signing: "secret", token: undefined, account: "abcd1234" };
  const SIGNED_AT = 1578787200_000;
  const shapes = {
    query: requestOf(`https://a.example/in?${new URLSearchParams(INBOUND)}`, "", {}, "GET"),
    form: requestOf("https://a.example/in", new URLSearchParams(INBOUND).toString(), { "content-type": FORM }),
    json: requestOf("https://a.example/in", JSON.stringify(INBOUND), { "content-type": "application/json" }),
  };

  test.each(["query", "form", "json"] as const)("computed vector in a %s, within its window only", (shape) => {
    expect(verify(shapes[shape], scheme, secrets, SIGNED_AT + 300_000)).toMatchObject({ ok: true });
    expect(verify(shapes[shape], scheme, secrets, SIGNED_AT + 301_000)).toMatchObject({ code: "SMS_WEBHOOK_STALE" });
    expect(verify(shapes[shape], scheme, secrets, SIGNED_AT - 301_000)).toMatchObject({ code: "SMS_WEBHOOK_STALE" });
    expect(verify(shapes[shape], scheme, { ...secrets, signing: "other" }, SIGNED_AT)).toMatchObject({
      code: "SMS_WEBHOOK_SIGNATURE",
    });
  });

  test("a request without timestamp is never fresh", () => {
    const sig = signForVonage([{ name: "a", value: "1" }], "secret", "sha256");
    const request = requestOf(`https://a.example/in?a=1&sig=${sig}`, "", {}, "GET");
    expect(verify(request, scheme, secrets, SIGNED_AT)).toMatchObject({ code: "SMS_WEBHOOK_STALE" });
  });

  describe("as a token (JWT)", () => {
    const BODY = JSON.stringify({ messageId: "1", text: "bonjour" });
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
    const tokenOf = (claims: object, head: object = { alg: "HS256", typ: "JWT" }) => {
      const signed = `${part(head)}.${part(claims)}`;
      return `Bearer ${signed}.${createHmac("sha256", "secret").update(signed).digest("base64url")}`;
    };
    const CLAIMS = {
      iss: "Vonage",
      iat: SIGNED_AT / 1000,
      jti: "j-1",
      api_key: "abcd1234",
      payload_hash: sha256(BODY),
    };
    const check = (authorization: string, body = BODY, now = SIGNED_AT) =>
      verify(
        requestOf("https://a.example/in", body, { authorization, "content-type": "application/json" }),
        scheme,
        secrets,
        now,
      );

    test("passes for its body, account and time", () => {
      expect(check(tokenOf(CLAIMS))).toMatchObject({ ok: true });
    });

    test.each<[string, string, string?, number?]>([
      ["another body", tokenOf(CLAIMS), BODY.replace("bonjour", "bonsoir")],
      ["no hash of the body", tokenOf({ ...CLAIMS, payload_hash: undefined })],
      ["another account", tokenOf({ ...CLAIMS, api_key: "other" })],
      ["no signature", tokenOf(CLAIMS, { alg: "none" })],
      ["a changed claim", tokenOf(CLAIMS).replace(part(CLAIMS), part({ ...CLAIMS, iat: CLAIMS.iat + 1 }))],
      ["garbage", "Bearer a.b.c"],
      ["a time long ago", tokenOf(CLAIMS), BODY, SIGNED_AT + 400_000],
    ])("does not pass with %s", (_, authorization, body, now) => {
      expect(check(authorization, body, now)).toMatchObject({ ok: false });
    });
  });
});

describe("OVHcloud's signature", () => {
  const keys = {
    application: "AK",
    secret: "EXEgWIz07P0HYwtQDs7cNIqCiQaWSuHF",
    consumer: "MtSwSrPpNjqfVSmJhLbPyr2i45lSwPU1",
  };
  const BODY =
    '{"message":"café €","receivers":["+33612345678"],"sender":"BRIDGE","noStopClause":true,"charset":"UTF-8","coding":"8bit","priority":"high","validityPeriod":2880,"tag":"m-1"}';
  test.each([
    ["GET", "https://eu.api.ovh.com/1.0/domains/", "", "$1$d3705e8afb27a0d2970a322b96550abfc67bb798"],
    ["POST", "https://eu.api.ovh.com/1.0/sms/sms-ab12345-1/jobs", BODY, "$1$d733c032dcbac062b98446b9b70eada2ceecd6b6"],
  ])("vector: %s %s", (method, url, body, expected) => {
    const { headers } = signForOvh({ method, url: new URL(url), headers: {}, body }, keys, 1366560945);
    expect(headers).toMatchObject({ "x-ovh-signature": expected, "x-ovh-timestamp": "1366560945" });
  });
});
