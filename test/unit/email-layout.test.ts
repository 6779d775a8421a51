import { describe, expect, test } from "vitest";
import { parseAddress } from "../../bridges/email/addresses.ts";
import { layOut, openLayout } from "../../bridges/email/layout.ts";
import { settings } from "../../bridges/email/settings.ts";
import type { AnsweredMessage, OutboundMessage } from "../../src/adapter/index.ts";
import { folderWith } from "../support/config-folder.ts";

const plain = { text: "Yes.", fromName: "Town <Hall>" };
const answered: AnsweredMessage = {
  from: { address: "ann@example.org", name: "Ann\r\nBcc: x" },
  at: new Date("2026-03-01T10:00:00Z"),
  text: "A tree fell.\n\n> Which?\nMine.",
  html: "<p>A <b>tree</b> fell.</p><table><tr><td>x</td></tr></table>",
};
const form = { signature: undefined, language: "en", template: undefined, answered: undefined };
const message: OutboundMessage = {
  ...plain,
  deliveryId: "d",
  attempt: 1,
  to: { address: "ann@example.org" },
  attachments: [],
  thread: { token: "t", references: [] },
  writtenAt: new Date(0),
  answered: async () => answered,
};
const layoutOf = (layout: unknown) =>
  settings.parse({ address: "mairie@town.example", listen: { port: 2525 }, layout }).layout;

describe("an answer's form", () => {
  test("without settings is the words alone", async () => {
    const layout = await openLayout(undefined, ["en"]);
    const asked: string[] = [];
    const words = await layout.lay({ ...message, answered: async () => void asked.push("asked") });
    expect(words.text).toBe("Yes.");
    expect(words.html).toContain("><p>Yes.</p></body>");
    expect(asked).toEqual([]);
  });

  test("signature and quote stand in both forms", () => {
    const { text, html } = layOut(plain, { ...form, signature: "Town Hall\n<Square>", answered });
    expect(text).toMatch(
      /^Yes\.\n\n-- \nTown Hall\n<Square>\n\nOn .+, Ann {1,2}Bcc: x <ann@example\.org> wrote:\n> A tree fell\.\n>\n>> Which\?\n> Mine\.$/,
    );
    expect(html).toContain('<p style="color:#555555">-- <br>Town Hall<br>&lt;Square&gt;</p>');
    expect(html).toMatch(/wrote:<\/p><blockquote type="cite" [^>]+><p>A <b>tree<\/b> fell\.<\/p><table border="1"/);
  });

  test("a file without words has its signature, or nothing", () => {
    const file = { text: "", fromName: "Town" };
    expect(layOut(file, { ...form, signature: "Hall" }).text).toBe("-- \nHall");
    expect(layOut(file, form)).toEqual({ text: "", html: undefined });
  });

  test.each([
    ["fr", /^Yes\.\n\nLe 1 mars 2026 à .+, Ann .* a écrit :\n/],
    ["de-CH", /^Yes\.\n\nAm 1\. März 2026 um .+ schrieb Ann .*:\n/],
    ["cy", /^Yes\.\n\nOn March 1, 2026 at .+, Ann .* wrote:\n/],
  ])("the line above a quote in %s", (language, line) => {
    expect(layOut(plain, { ...form, language, answered }).text).toMatch(line);
  });

  test("the signature is chosen by language", async () => {
    const signature = { en: "Town Hall", fr: "Mairie" };
    const signed = async (layout: unknown, languages: string[]) =>
      (await (await openLayout(layoutOf(layout), languages)).lay(message)).text;
    expect(await signed({ signature }, ["fr-CH"])).toBe("Yes.\n\n-- \nMairie");
    expect(await signed({ signature, language: "en" }, ["fr"])).toBe("Yes.\n\n-- \nTown Hall");
    expect(await signed({ signature }, ["de"])).toBe("Yes.\n\n-- \nTown Hall");
    expect(await signed({ signature: "Hall\r\n" }, [])).toBe("Yes.\n\n-- \nHall");
  });

  test("a template gives the HTML its frame; words are never taken for slots", async () => {
    using folder = folderWith({
      "t.html": "<html><h1>{{agency}}</h1>{{ answer }}<hr>{{signature}}{{quote}}</html>",
    });
    const layout = await openLayout(layoutOf({ template: folder.path("t.html"), quote: "answered", signature: "S" }), [
      "en",
    ]);
    const { text, html } = await layout.lay({ ...message, text: "{{quote}} $& $1" });
    expect(html).toMatch(/^<html><h1><span>Town &lt;Hall&gt;<\/span><\/h1><p>\{\{quote\}\} \$&amp; \$1<\/p><hr><p/);
    expect(text).toMatch(/^\{\{quote\}\} \$& \$1\n\n-- \nS\n\nOn /);
  });

  test.each([
    ["<p>{{anwser}}</p>", {}, "lacks {{answer}}"],
    ["{{answer}}{{title}}", {}, "has {{title}}, which is none of {{answer}}"],
    ["{{answer}}", { signature: "S" }, "lacks {{signature}}"],
    ["{{answer}}", { quote: "answered" }, "lacks {{quote}}"],
    ["x".repeat(300_000), {}, "is longer than"],
    [undefined, {}, "cannot be read"],
  ])("a template that would leave something out is refused at the start: %#", async (template, more, words) => {
    using folder = folderWith(template === undefined ? {} : { "t.html": template });
    await expect(openLayout(layoutOf({ template: folder.path("t.html"), ...more }), [])).rejects.toThrow(words);
  });

  test("words that are gone are not quoted; those that cannot be had now are waited for", async () => {
    const layout = await openLayout(layoutOf({ quote: "answered" }), ["en"]);
    expect((await layout.lay({ ...message, answered: async () => undefined })).text).toBe("Yes.");
    await expect(layout.lay({ ...message, answered: () => Promise.reject(new Error("away")) })).rejects.toThrow("away");
  });
});

test.each([
  ["Anna@Example.org", "anna@example.org"],
  ["<anna@example.org>", "anna@example.org"],
  ["mailto:anna@example.org", "anna@example.org"],
  ["anna@müller.example", "anna@xn--mller-kva.example"],
  ["anna", undefined],
  ["anna@example", undefined],
  ["anna@example.org,bob@example.org", undefined],
  ["@example.org", undefined],
  ["", undefined],
])("an address as an agent types it: %s", (typed, address) => expect(parseAddress(typed)).toBe(address));
