import { describe, expect, test } from "vitest";
import { writeHtmlDocument, writeWords } from "../../bridges/email/mail-html.ts";

const writeMailHtml = (message: { text: string; html?: string }) => writeHtmlDocument(writeWords(message) ?? "");

describe("an answer's HTML", () => {
  test("has looks that Word lays out: on the elements, with attributes, without classes", () => {
    const html = writeMailHtml({
      text: "",
      html: "<table><tr><th>a</th><td>b</td></tr></table><blockquote>c</blockquote>",
    });
    expect(html).toContain('<table border="1" cellpadding="6" cellspacing="0" style="border-collapse:collapse;');
    expect(html).toMatch(/<td align="left" valign="top" style="[^"]*padding:6px/);
    expect(html).not.toMatch(/class=|<style|margin|rem;/);
  });

  test("words that look like tags are not touched", () =>
    expect(writeWords({ text: "", html: "<p>&lt;table&gt;</p>" })).toBe("<p>&lt;table&gt;</p>"));

  test.each([
    ["one line", "Yes.", "<p>Yes.</p>"],
    ["lines and paragraphs", "a\nb\n\n\nc", "<p>a<br>b</p><p>c</p>"],
    ["a typed list", "- a\n  - b  c", "<p>- a<br>&nbsp; - b&nbsp; c</p>"],
    ["characters of HTML", '<b> & "', "<p>&lt;b&gt; &amp; &quot;</p>"],
    [
      "an address",
      "See (https://a.example/?b=1&c).",
      '<p>See (<a href="https://a.example/?b=1&amp;c">https://a.example/?b=1&amp;c</a>).</p>',
    ],
    ["an address with quotes", 'https://a.example/"onclick="x()', "<p>https://a.example/&quot;onclick=&quot;x()</p>"],
  ])("plain words as typed: %s", (_name, text, expected) => expect(writeWords({ text })).toBe(expected));

  test("no words, no HTML", () => expect(writeWords({ text: " " })).toBeUndefined());
});
