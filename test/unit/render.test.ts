import { describe, expect, test } from "vitest";
import { renderAnswer } from "../../src/outbox/render.ts";

const formatted = (formatted_body: string, body = "?", over: Record<string, unknown> = {}) =>
  renderAnswer({ msgtype: "m.text", body, format: "org.matrix.custom.html", formatted_body, ...over });

describe("formatted words, in both forms", () => {
  test.each([
    [
      "paragraphs",
      "<p>Dear <em>Ms</em> M,</p>\n<p>yes.</p>",
      "<p>Dear <em>Ms</em> M,</p><p>yes.</p>",
      "Dear Ms M,\n\nyes.",
    ],
    ["lines", "a<br>b", "a<br>b", "a\nb"],
    ["a list", "<ul>\n<li>a</li>\n<li><p>b</p></li>\n</ul>", "<ul><li>a</li><li>b</li></ul>", "- a\n- b"],
    [
      "nested lists",
      '<ol start="9"><li>a<ul><li>b</li></ul></li><li>c</li></ol>',
      '<ol start="9"><li>a<ul><li>b</li></ul></li><li>c</li></ol>',
      "9. a\n   - b\n10. c",
    ],
    ["headings", "<h2>Hours</h2><p>9–12</p>", "<h2>Hours</h2><p>9–12</p>", "Hours\n\n9–12"],
    [
      "a quote",
      "<blockquote><p>You wrote</p></blockquote><p>Yes</p>",
      "<blockquote><p>You wrote</p></blockquote><p>Yes</p>",
      "> You wrote\n\nYes",
    ],
    [
      "code",
      '<pre><code class="language-sh">a\n  b\n</code></pre>',
      "<pre><code>a\n  b</code></pre>",
      "    a\n      b",
    ],
    ["inline code", "Press <code>F5</code>", "Press <code>F5</code>", "Press F5"],
    [
      "struck out",
      "<del>Monday</del> <s>a</s> Tuesday",
      "<del>Monday</del> <s>a</s> Tuesday",
      "~~Monday~~ ~~a~~ Tuesday",
    ],
    [
      "raised",
      "20 m<sup>2</sup>, 1<sup>er</sup> étage, CO<sub>2</sub>",
      "20 m<sup>2</sup>, 1<sup>er</sup> étage, CO<sub>2</sub>",
      "20 m², 1er étage, CO₂",
    ],
    ["a rule", "<p>a</p><hr><p>b</p>", "<p>a</p><hr><p>b</p>", "a\n\n--------------------\n\nb"],
    [
      "a link",
      '<a href="https://town.example/form?a=1&amp;b=2">the form</a>',
      '<a href="https://town.example/form?a=1&amp;b=2">the form</a>',
      "the form <https://town.example/form?a=1&b=2>",
    ],
    [
      "a bare link",
      '<a href="https://town.example/">https://town.example</a>',
      '<a href="https://town.example/">https://town.example</a>',
      "https://town.example",
    ],
    ["a phone number", '<a href="tel:+331">+331</a>', '<a href="tel:+331">+331</a>', "+331"],
    ["an unsafe link", '<a href="javascript:x()">a</a>', "a", "a"],
    [
      "a table",
      "<table><thead><tr><th>Day</th><th>Hours</th></tr></thead><tbody><tr><td>Monday</td><td>9–12</td></tr></tbody></table>",
      "<table><tr><th>Day</th><th>Hours</th></tr><tr><td>Monday</td><td>9–12</td></tr></table>",
      "Day    | Hours\n-------|------\nMonday | 9–12",
    ],
    [
      "a spoiler",
      '<span data-mx-spoiler>47</span> and <span data-mx-spoiler="the fee"><b>12 €</b></span>',
      "47 and (the fee) <b>12 €</b>",
      "47 and (the fee) 12 €",
    ],
    ["mathematics", '<span data-mx-maths="x^2"><code>x^2</code></span>', "<code>x^2</code>", "x^2"],
    ["colours", '<font color="#ff0000" data-mx-color="#ff0000">a</font>', "a", "a"],
    [
      "a picture of Matrix",
      'a <img src="mxc://x/y" alt="map"> <img data-mx-emoticon src="mxc://x/z" alt=":ok:" title=":ok:">',
      "a map :ok:",
      "a map :ok:",
    ],
    ["details", "<details><summary>More</summary><p>text</p></details>", "<div>More</div><p>text</p>", "More\n\ntext"],
    ["an old client's quote", "<mx-reply><blockquote>In reply to…</blockquote></mx-reply>Yes", "Yes", "Yes"],
    ["a command", "!reply <p>Yes</p>", "<p>Yes</p>", "Yes"],
    ["a command behind a quote", "<mx-reply>q</mx-reply><p>!reply Yes</p>", "<p>Yes</p>", "Yes"],
  ])("%s", (_name, html, expected, text) => expect(formatted(html)).toEqual({ html: expected, text }));
});

describe("nothing of Matrix reaches a citizen", () => {
  test.each([
    ["a person's pill", 'Ask <a href="https://matrix.to/#/@ann:agents.example">Ann Lee</a>.', "Ask Ann Lee."],
    ["a pill without a name", '<a href="https://matrix.to/#/@ann:agents.example">@ann:agents.example</a>', "ann"],
    [
      "a room's pill",
      '<a href="https://matrix.to/#/%23town-hall:agents.example?via=x">#town-hall:agents.example</a>',
      "town-hall",
    ],
    ["a matrix: link", '<a href="matrix:u/ann:agents.example">Ann</a>', "Ann"],
    ["a link to an event", 'a <a href="https://matrix.to/#/!r:x/$e">https://matrix.to/#/!r:x/$e</a>', "a"],
    ["a bare link in the words", "see https://matrix.to/#/@ann:agents.example now", "see ann now"],
    ["a web client's own link", '<a href="https://chat.agents.example/#/user/@ann:agents.example">Ann</a>', "Ann"],
    ["a bare one", "see https://chat.agents.example/app/#/room/%23desk:agents.example", "see desk"],
    ["a link in code", "<code>https://matrix.to/#/@ann:agents.example</code>", "ann"],
  ])("%s", (_name, html, text) => {
    const answer = formatted(html);
    expect(answer?.text).toBe(text);
    expect(JSON.stringify(answer)).not.toMatch(/matrix(?:\.to|:)|agents\.example/);
  });

  test.each([
    ["Ask [Ann](https://matrix.to/#/@ann:agents.example)", "Ask Ann"],
    ["Ask https://matrix.to/#/@ann:agents.example, please", "Ask ann, please"],
    ["Ask matrix:u/ann:agents.example", "Ask ann"],
    ["a <https://matrix.to/#/!room:agents.example/$event>", "a"],
    ["Ask @ann:agents.example", "Ask ann"],
  ])("plain: %s", (body, text) =>
    expect(renderAnswer({ msgtype: "m.text", body, "m.mentions": { user_ids: ["@ann:agents.example"] } })?.text).toBe(
      text,
    ),
  );
});

describe("kinds of messages", () => {
  test("plain words stay as they were typed", () => {
    const body = "Two things:\n- one\n  - half\n1. **two**";
    expect(renderAnswer({ msgtype: "m.text", body })).toEqual({ text: body });
  });

  test("an emote", () => {
    expect(renderAnswer({ msgtype: "m.emote", body: "looks it up" })).toEqual({ text: "* looks it up" });
    expect(formatted("<p>looks <b>it</b> up</p>", "?", { msgtype: "m.emote" })).toEqual({
      text: "* looks it up",
      html: "<p>* looks <b>it</b> up</p>",
    });
  });

  test.each([
    [{ body: "Town Hall", geo_uri: "geo:48.85,2.35;u=10" }, "Town Hall (48.85, 2.35)"],
    [{ body: "Location was shared at geo:48.85,2.35", geo_uri: "geo:48.85,2.35" }, "48.85, 2.35"],
    [{ body: "x geo:1,2", "org.matrix.msc3488.location": { uri: "geo:1,2", description: "Desk 4" } }, "Desk 4 (1, 2)"],
    [{ body: "Somewhere" }, "Somewhere"],
  ])("a place: %j", (content, text) => expect(renderAnswer({ msgtype: "m.location", ...content })).toEqual({ text }));

  test("a file's formatted caption", () => {
    const file = {
      msgtype: "m.image",
      body: "*Here*",
      filename: "f.png",
      url: "mxc://a/b",
      info: { mimetype: "image/png" },
    };
    expect(renderAnswer({ ...file, format: "org.matrix.custom.html", formatted_body: "<em>Here</em>" })).toEqual({
      text: "Here",
      html: "<em>Here</em>",
      file: { name: "f.png", type: "image/png", mxc: "mxc://a/b" },
    });
  });

  test("formatting that cannot be read leaves the plain words", () => {
    expect(formatted("<div>".repeat(5_000), "Yes")).toEqual({ text: "Yes" });
    expect(formatted("<mx-reply>q</mx-reply>", "Yes")).toEqual({ text: "Yes" });
  });
});
