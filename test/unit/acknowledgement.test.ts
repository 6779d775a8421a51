import { describe, expect, test } from "vitest";
import { composeAcknowledgement } from "../../src/conversation/acknowledgement.ts";
import { conversationId, laneFrom } from "../../src/domain/ids.ts";
import { mayAcknowledge } from "../../src/inbox/acknowledge.ts";
import { openFloodGuard } from "../../src/inbox/flood.ts";
import type { StoredMessage } from "../../src/store/schema.ts";

const names = new Map([
  ["en", "Town Hall"],
  ["fr", "Mairie"],
]);
const number = conversationId("4711");
const write = (languages: readonly string[], words: Readonly<Record<string, string>> = {}) =>
  composeAcknowledgement({ words: new Map(Object.entries(words)), languages, names, name: "Town Hall" }, number);

describe("an acknowledgement's words", () => {
  test("guichet's own, in each of the agency's languages", () => {
    const text = write(["fr-CH", "en"]);
    const [french, english] = text.split("\n\n--\n\n");
    expect(french).toMatch(/^Town Hall a bien reçu votre message\. Il porte le numéro 4711\./);
    expect(english).toMatch(/^Town Hall has received your message\. Its number is 4711\./);
  });
  test("the agency's name in the language of the words", () => expect(write(["fr"])).toMatch(/^Mairie a bien reçu/));
  test("a language that nobody has words in falls back to English", () =>
    expect(write(["eo"])).toMatch(/^Town Hall has received/));
  test("the agency's own words take the place of all others", () => {
    expect(write(["en", "fr"], { fr: "Reçu : {number}. {agency}, {number}" })).toBe("Reçu : 4711. Mairie, 4711");
    expect(write(["de"], { fr: "Reçu {number}" })).toBe("Reçu 4711");
  });
  test("a name is text, whatever stands in it", () => {
    const odd = new Map([["en", "$& {number}"]]);
    expect(
      composeAcknowledgement({ words: new Map([["en", "{agency}"]]), languages: ["en"], names: odd, name: "" }, number),
    ).toBe("$& {number}");
  });
});

const NOW = new Date("2026-11-24T12:00:00Z");
const message: StoredMessage = {
  from: { address: "anna@example.org" },
  to: "mairie@town.example",
  text: "Bonjour",
  references: [],
  automatic: false,
};
const ago = (hours: number) => new Date(NOW.getTime() - hours * 3_600_000);

test.each<[string, Partial<StoredMessage>, number, boolean]>([
  ["a person's message", {}, 0, true],
  ["after a weekend's outage", {}, 60, true],
  ["of last week", {}, 100, false],
  ["a machine's message", { automatic: true }, 0, false],
  ["a proven sender", { trust: { verdict: "verified" } }, 0, true],
  ["a forged sender", { trust: { verdict: "forged" } }, 0, false],
])("%s is acknowledged or not", (_, over, hours, expected) =>
  expect(mayAcknowledge({ message: { ...message, ...over }, receivedAt: ago(hours) }, NOW)).toBe(expected),
);

describe("the flood guard", () => {
  const lane = laneFrom("in/anna");
  const admitted = (count: number, over: Partial<StoredMessage> = {}, at = () => NOW) => {
    const guard = openFloodGuard();
    return Array.from({ length: count }, () =>
      guard.admits(lane, { message: { ...message, ...over }, receivedAt: at(), attempts: 0 }),
    ).filter(Boolean).length;
  };
  test("of machines", () => expect(admitted(200, { automatic: true })).toBe(120));
  test("of anybody", () => expect(admitted(6_000)).toBe(5_000));
  test("what somebody released goes through", () => expect(admitted(1_000, { wasHeld: true })).toBe(1_000));
  test("a year's mail that comes at once does not count as one hour's", () => {
    let day = 0;
    expect(admitted(1_000, { automatic: true }, () => ago(24 * day++))).toBe(1_000);
  });
  test("each correspondent has an own count, and an attempt more counts once", () => {
    const guard = openFloodGuard();
    const automatic = { ...message, automatic: true };
    for (let n = 0; n < 500; n++) {
      expect(guard.admits(laneFrom(`in/${n}`), { message: automatic, receivedAt: NOW, attempts: 0 })).toBe(true);
      expect(guard.admits(lane, { message: automatic, receivedAt: NOW, attempts: 1 })).toBe(true);
    }
  });
});
