import { createSecretKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { previewText } from "../../bridges/sms/preview.ts";
import { settings } from "../../bridges/sms/settings.ts";
import { makeLinkToken, readLinkToken } from "../../src/conversation/link-token.ts";
import { chooseTexts } from "../../src/desk/choose-texts.ts";
import { outboxId } from "../../src/domain/ids.ts";
import { carry, takesFile } from "../../src/outbox/carry.ts";

const key = createSecretKey(Buffer.alloc(32, 7));
const DAY = 24 * 3_600_000;

describe("the name of a file's link", () => {
  const at = new Date("2026-11-25T23:59:59Z");
  test("names the answer until the end of its last day", () => {
    const token = makeLinkToken(key, outboxId("9007199254740993"), at, 30);
    expect(token).toMatch(/^[0-9a-z-]+$/);
    expect(readLinkToken(key, token)).toEqual({
      answer: "9007199254740993",
      expires: new Date("2026-12-26T00:00:00Z"),
    });
    expect(makeLinkToken(key, outboxId("1"), new Date(at.getTime() + 1_000), 30)).not.toBe(
      makeLinkToken(key, outboxId("1"), at, 30),
    );
  });
  test("is refused when anything in it was changed, or another house made it", () => {
    const token = makeLinkToken(key, outboxId("42"), at, 30);
    const [id, day, mac] = token.split("-");
    const later = Math.floor((at.getTime() + 99 * DAY) / DAY).toString(36);
    const others = [
      `${id}-${later}-${mac}`,
      `1${id}-${day}-${mac}`,
      token.toUpperCase(),
      `${token}\n`,
      "",
      `${id}-${day}-`,
    ];
    for (const other of others) expect(readLinkToken(key, other)).toBeUndefined();
    expect(readLinkToken(createSecretKey(Buffer.alloc(32, 8)), token)).toBeUndefined();
  });
});

describe("what a channel carries", () => {
  const file = { name: 'a "map" <1>.pdf', type: "application/pdf", size: 1_000, mxc: "mxc://a/b" };
  const link = () => "https://town.example/files/x";
  test.each([
    ["no files", 0, 1_000, false],
    ["smaller ones", 999, 1_000, false],
    ["this one", 1_000, 1_000, true],
    ["some, and nobody knows its size", 1, undefined, true],
    ["none, and nobody knows its size", 0, undefined, false],
  ])("%s", (_name, attachmentBytes, size, isTaken) => {
    const { size: _size, ...unknown } = file;
    const content = { text: "", file: size === undefined ? unknown : { ...file, size } };
    expect(takesFile(content, { attachmentBytes })).toBe(isTaken);
    expect(carry(content, { attachmentBytes }, link).link).toBe(isTaken ? undefined : link());
    expect(carry(content, { attachmentBytes }, undefined)).toBe(content);
  });
  test("a link stands below the words, named where files are common", () => {
    const content = { text: "See.", html: "<p>See.</p>", file };
    expect(carry(content, { attachmentBytes: 0 }, link).text).toBe(`See.\n${link()}`);
    expect(carry(content, { attachmentBytes: 10 }, link)).toEqual({
      text: `See.\n${file.name}\n${link()}`,
      html: `<p>See.</p><p><a href="${link()}">a &quot;map&quot; &lt;1&gt;.pdf</a></p>`,
      link: link(),
    });
    expect(carry({ text: "", file }, { attachmentBytes: 0 }, link).text).toBe(link());
  });
});

describe("what a text comes to", () => {
  const base = {
    number: "+33700000000",
    country: "FR",
    gateway: { smpp: { host: "h", system_id: "s", password: "p" } },
  };
  const preview = (text: string, more: Record<string, unknown> = {}, languages = ["en"]) =>
    previewText(
      { to: { address: "+33612345678" }, text, attachments: [] },
      settings.parse({ ...base, ...more }),
      languages,
    );
  const price = { per_part: 0.1, currency: "EUR" };
  test.each([
    ["a".repeat(160), 1],
    ["a".repeat(161), 2],
    ["ê".repeat(70), 1],
    ["ê".repeat(71), 2],
    ["€".repeat(80), 1],
    ["€".repeat(81), 2],
    ["“quoted”…".repeat(14), 1],
  ])("%s", (text, parts) => {
    expect(preview(text).parts).toBe(parts);
    expect(preview(text).cost).toBeUndefined();
    expect(preview(text, { price }).cost).toEqual({ amount: Number((parts * 0.1).toFixed(6)), currency: "EUR" });
  });
  test("three times a tenth is no more than that", () => {
    expect(preview("a".repeat(400), { price }).cost?.amount).toBe(0.3);
  });
  test("why it is so many, and too many", () => {
    expect(preview("ê".repeat(71)).remarks).toEqual([
      "Letters that few alphabets have (ê) leave room for 70 letters in an SMS, instead of 160.",
    ]);
    expect(preview("a".repeat(400), { max_parts: 2 }, ["fr-CH"]).remarks).toEqual([
      "Il sera refusé : 3 SMS, c’est plus que les 2 permis. Raccourcissez-le.",
    ]);
    expect(preview("ê").remarks).toBeUndefined();
  });
  test("a price without a currency that exists is refused", () => {
    expect(settings.safeParse({ ...base, price: { per_part: 0.1, currency: "euro" } }).success).toBe(false);
    expect(settings.safeParse({ ...base, price: { per_part: 0, currency: "EUR" } }).success).toBe(false);
  });
});

test("what agents read, in their language", () => {
  const facts = {
    parts: 3,
    cost: { amount: 1234.5, currency: "EUR" },
    remarks: ["R."],
    linkDays: 1,
    losesFormatting: true,
    losesSubject: true,
  };
  expect(chooseTexts(["en"]).previewed(facts)).toBe(
    "Leaves as 3 messages, for €1,234.50. Without its formatting: this channel carries plain text. Its file becomes a link that works for a day; delete this answer, also later, to withdraw the file. Its first line stays here: this channel has no subjects. R.",
  );
  expect(chooseTexts(["fr"]).previewed(facts).replaceAll(/\s/gu, " ")).toBe(
    "Part en 3 messages, pour 1 234,50 €. Sans sa mise en forme : ce canal ne transporte que du texte. Son fichier devient un lien valable un jour ; supprimez cette réponse, même plus tard, pour retirer le fichier. Sa première ligne demeure ici : ce canal n'a pas d'objet. R.",
  );
  const quiet = {
    ...facts,
    cost: undefined,
    remarks: [],
    linkDays: undefined,
    losesFormatting: false,
    losesSubject: false,
  };
  expect(chooseTexts(["en"]).previewed(quiet)).toBe("Leaves as 3 messages.");
});
