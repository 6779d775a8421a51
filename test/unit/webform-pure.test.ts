import { createSecretKey } from "node:crypto";
import { solveChallenge } from "altcha-lib";
import { deriveKey } from "altcha-lib/algorithms/pbkdf2";
import { describe, expect, test } from "vitest";
import { fieldsIn } from "../../bridges/webform/fields.ts";
import { makeCaseLink, readCaseLink } from "../../bridges/webform/guard/case-link.ts";
import { makeFormToken, readFormToken } from "../../bridges/webform/guard/form-token.ts";
import { isOwnOrigin } from "../../bridges/webform/guard/origin.ts";
import { createPace, sourceOf } from "../../bridges/webform/guard/pace.ts";
import { isProven, makeChallenge } from "../../bridges/webform/guard/proof.ts";
import { readDate, readForm } from "../../bridges/webform/read-form.ts";
import { settings } from "../../bridges/webform/settings.ts";
import { chooseLanguage, LANGUAGES, sayOwn, textsIn } from "../../bridges/webform/texts.ts";
import { acceptList, safeName } from "../../bridges/webform/upload/file-types.ts";

const key = createSecretKey(Buffer.alloc(32, 1));
const other = createSecretKey(Buffer.alloc(32, 2));

describe("languages", () => {
  const choose = (asked: string | null, acceptLanguage: string | null, agency: readonly string[] = ["fr"]) =>
    chooseLanguage(LANGUAGES, { asked, acceptLanguage, agency });

  test.each([
    ["what is asked for by name", "ar", "de", "ar"],
    ["what the browser prefers", null, "xx;q=1, pt-BR;q=0.5, de;q=0.8", "de"],
    ["what the browser refuses", null, "de;q=0", "fr"],
    ["nothing that is spoken", "sv", "sv, fi", "fr"],
    ["nonsense", "../../x", ";;;q=,,=", "fr"],
  ])("%s", (_, asked, header, chosen) => expect(choose(asked, header)).toBe(chosen));

  test("an agency of another language", () => expect(choose(null, null, ["sv"])).toBe("en"));

  test("an operator's words in the page's language, else in another that is named", () => {
    const words = { fr: "Voirie", "pt-BR": "Estradas" };
    expect(sayOwn(words, ["pt", "fr"])).toEqual({ text: "Estradas" });
    expect(sayOwn(words, ["de", "fr"])).toEqual({ text: "Voirie", language: "fr" });
    expect(sayOwn(words, ["de", "it"])).toEqual({ text: "Voirie", language: "fr" });
    expect(sayOwn("Roads", ["de"])).toEqual({ text: "Roads" });
  });
});

describe("what is signed", () => {
  const now = new Date("2026-03-01T10:00:00.300Z");

  test("a form's token is ours, for its purpose, with its time", () => {
    const token = makeFormToken(key, "form", now);
    expect(readFormToken(key, "form", token.text)).toEqual({ nonce: token.nonce, madeAt: now });
    expect(readFormToken(other, "form", token.text)).toBeUndefined();
    expect(readFormToken(key, "case 1-a", token.text)).toBeUndefined();
    for (let place = 0; place < token.text.length; place += 1) {
      const changed = `${token.text.slice(0, place)}${token.text[place] === "A" ? "B" : "A"}${token.text.slice(place + 1)}`;
      // The last letter of Base64 holds bits that mean nothing.
      if (place < token.text.length - 1) expect(readFormToken(key, "form", changed)).toBeUndefined();
    }
  });

  test("a link names its conversation and its end, and no other link can be made of it", () => {
    const link = { token: "1f-abcdefghijklmnop", number: "51", until: new Date("2026-06-01T00:00:00Z") };
    const text = makeCaseLink(key, link);
    expect(readCaseLink(key, text)).toEqual(link);
    expect(encodeURIComponent(text)).toBe(text);
    for (const forged of [text.replace("51", "52"), text.replace("1f", "1e"), "", ".", "....", "a".repeat(501)])
      expect(readCaseLink(key, forged)).toBeUndefined();
  });

  test("a proof of work counts for one form, and costs work", async () => {
    const challenge = JSON.parse(await makeChallenge("secret", "nonce-1"));
    const solution = await solveChallenge({ challenge, deriveKey });
    const proof = (parts: object) => Buffer.from(JSON.stringify(parts)).toString("base64");
    const good = proof({ challenge, solution });
    expect(await isProven("secret", "nonce-1", good)).toBe(true);
    expect(await isProven("secret", "nonce-2", good)).toBe(false);
    expect(await isProven("another secret", "nonce-1", good)).toBe(false);
    const easier = { ...challenge, parameters: { ...challenge.parameters, cost: 1 } };
    const wrong = { counter: (solution?.counter ?? 0) + 1, derivedKey: solution?.derivedKey };
    for (const bad of [
      proof({ challenge, solution: wrong }),
      proof({ challenge: easier, solution }),
      "",
      "e30=",
      "{",
      "x".repeat(5000),
    ])
      expect(await isProven("secret", "nonce-1", bad)).toBe(false);
  });
});

describe("who may send", () => {
  test("so many in a time, which come back evenly", () => {
    let now = 0;
    const pace = createPace(3, 60_000, () => now);
    expect([pace.spend("a"), pace.spend("a"), pace.spend("a"), pace.spend("a"), pace.spend("b")]).toEqual([
      0, 0, 0, 20, 0,
    ]);
    now = 5_000;
    expect(pace.spend("a")).toBe(15);
    now = 20_000;
    expect([pace.spend("a"), pace.spend("a")]).toEqual([0, 20]);
    now = 10 * 60_000;
    expect([pace.spend("a"), pace.spend("a"), pace.spend("a"), pace.spend("a")]).toEqual([0, 0, 0, 20]);
  });

  test.each([
    ["192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:0DB8:0001:0002::1", "2001:db8:1:2"],
    ["2001:db8::1", "2001:db8:0:0"],
    ["::1", "0:0:0:0"],
  ])("%s counts as %s", (address, source) => expect(sourceOf(address)).toBe(source));

  test("a browser says where a post comes from; a program may say nothing", () => {
    const from = (headers: Record<string, string>) => isOwnOrigin(new Headers(headers), "https://town.example/form");
    expect(from({})).toBe(true);
    expect(from({ origin: "https://town.example", "sec-fetch-site": "same-origin" })).toBe(true);
    expect(from({ origin: "https://evil.example" })).toBe(false);
    expect(from({ origin: "https://town.example", "sec-fetch-site": "cross-site" })).toBe(false);
    expect(from({ origin: "https://town.example:8443" })).toBe(false);
  });
});

describe("what was filled in", () => {
  const { fields: configured } = settings.parse({
    fields: [
      { kind: "name", required: true },
      { kind: "email" },
      { kind: "phone" },
      { kind: "message", required: true },
    ],
  });
  const fields = fieldsIn(configured, textsIn("en"), ["en"]);
  const rules = { answerVia: ["email", "sms"] as const, needsConsent: false, country: "FR" };
  const read = (values: Record<string, string>) =>
    readForm(
      fields,
      { fields: new Map(Object.entries(values).map(([name, value]) => [name, [value]])), cut: new Set() },
      rules,
    );
  const base = { name: "Anna", message: "Bonjour" };

  test.each([
    ["anna@example.org", "anna@example.org"],
    [" Anna.Martin+form@Sub.Example.ORG ", "anna.martin+form@sub.example.org"],
    ["jürgen@müller.example", "jürgen@müller.example"],
  ])("the address %s", (email, kept) => expect(read({ ...base, email }).answers.values.get("email")).toBe(kept));

  test.each([
    "anna",
    "anna@",
    "@example.org",
    "anna@example",
    "a b@example.org",
    "anna@exa_mple.org",
    "anna@example.org, b@c.de",
  ])("%s is no address", (email) =>
    expect(read({ ...base, email }).faults).toEqual([{ field: "email", key: "fault.email" }]),
  );

  test.each([
    ["06 12 34 56 78", "+33612345678"],
    ["+49 30 901820", "+4930901820"],
    ["0049 30 901820", "+4930901820"],
  ])("the number %s", (phone, kept) => expect(read({ ...base, phone }).answers.values.get("phone")).toBe(kept));

  test("words keep their lines and lose what hides in them", () => {
    const { answers } = read({ name: "An\u0000na\r\nMartin", message: "\r\n  a\r\nb\tc\u001b[0m\ud800  " });
    expect([...answers.values]).toEqual([
      ["name", "Anna Martin"],
      ["message", "a\nb\tc[0m\ufffd"],
    ]);
  });

  test("an answer that is wished needs its address", () => {
    expect(read({ ...base, answer: "email" }).faults).toEqual([{ field: "email", key: "fault.needs-email" }]);
    expect(read({ ...base, answer: "sms" }).faults).toEqual([{ field: "phone", key: "fault.needs-phone" }]);
    expect(read({ ...base, answer: "pigeon" }).answers.answerVia).toBe("page");
  });

  test.each([
    ["2026-12-31", "2026-12-31"],
    ["31/12/2026", "2026-12-31"],
    ["1.2.2026", "2026-02-01"],
    ["2026-02-29", undefined],
    ["2028-02-29", "2028-02-29"],
    ["31/02/2026", undefined],
    ["tomorrow", undefined],
  ])("the day %s", (text, day) => expect(readDate(text)).toBe(day));
});

describe("names of files", () => {
  test.each([
    ["C:\\Users\\Anna\\lampe.JPG", "jpg", "lampe.JPG"],
    ["../../etc/passwd", "txt", "passwd.txt"],
    ["photo.jpeg", "jpg", "photo.jpeg"],
    ["facture.pdf.exe", "pdf", "facture.pdf.exe.pdf"],
    ["..", "png", "file.png"],
    ["a\u202Egpj.exe", "png", "agpj.exe.png"],
    [`${"x".repeat(300)}.png`, "png", `${"x".repeat(116)}.png`],
  ])("%s that is a %s", (given, type, name) => expect(safeName(given, type)).toBe(name));

  test("what the browser offers", () => expect(acceptList(["jpg", "pdf"])).toBe(".jpg,.jpeg,.jpe,.jfif,.pdf"));
});

describe("settings", () => {
  test.each([
    [
      "a choice without options",
      {
        fields: [
          { kind: "message", required: true },
          { kind: "choice", name: "a", label: "A" },
        ],
      },
    ],
    ["no message", { fields: [{ kind: "name" }] }],
    [
      "one name twice",
      {
        fields: [
          { kind: "message", required: true },
          { kind: "text", name: "message", label: "A" },
        ],
      },
    ],
    [
      "a name of the form's own",
      {
        fields: [
          { kind: "message", required: true },
          { kind: "text", name: "token", label: "A" },
        ],
      },
    ],
    ["SMS without a number", { answer_via: ["sms"] }],
    ["an unknown language", { languages: ["tlh"] }],
    ["an unknown time zone", { time_zone: "Mars/Olympus" }],
  ])("%s is refused", (_, given) => expect(settings.safeParse(given).success).toBe(false));

  test("nothing has to be set", () => {
    expect(settings.parse({}).fields.map(({ kind }) => kind)).toEqual(["name", "email", "subject", "message"]);
  });
});
