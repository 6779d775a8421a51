import { describe, expect, test } from "vitest";
import { sanitiseHtml } from "../../src/conversation/sanitise.ts";

const clean = (html: string) => sanitiseHtml(html)?.html;

/** Each is clean after the first time. */
const cases = (list: readonly (readonly [name: string, html: string, expected: string])[]) =>
  test.each(list)("%s", (_name, html, expected) => {
    expect(clean(html)).toBe(expected);
    expect(clean(expected)).toBe(expected);
  });

describe("what a letter may hold", () => {
  cases([
    ["scripts", "<p>a<script>alert(1)</script></p>", "<p>a</p>"],
    ["handlers", '<p onclick="x()">a</p>', "<p>a</p>"],
    ["frames", '<iframe src="https://x"></iframe><p>a</p>', "<p>a</p>"],
    [
      "forms keep their words",
      "<form><label>Name</label> <input value=x><button>Send</button></form>",
      "<div>Name Send</div>",
    ],
    ["colours and fonts", '<font color="red" face="Comic">a</font>', "a"],
    ["formatting around blocks", "<b>a<div>b</div></b>", "<b>a</b><div><b>b</b></div>"],
    ["formatting twice", "<b><i><b>a</b></i></b>", "<b><i>a</i></b>"],
    [
      "nested lists",
      "<ul><li>a<ol start=3><li>b</ol><li>c</ul>",
      '<ul><li><div>a</div><ol start="3"><li>b</li></ol></li><li>c</li></ul>'.replace("<div>a</div>", "a"),
    ],
    [
      "lists in lists without an item",
      "<ul><li>a</li><ul><li>b</li></ul></ul>",
      "<ul><li>a<ul><li>b</li></ul></li></ul>",
    ],
    ["preformatted", "<pre>\n a\n  b<br>c</pre>", "<pre><code> a\n  b\nc</code></pre>"],
    [
      "quotes",
      "<blockquote type=cite>a<blockquote>b</blockquote></blockquote>",
      "<blockquote>a<blockquote>b</blockquote></blockquote>",
    ],
    ["headings", "<h1><span>a</span><div>b</div></h1>", "<h1>a</h1><h1>b</h1>"],
    ["empty lines", "<p>&nbsp;</p><p>a</p><div><br></div><p><b> </b></p>b<br><br><br><br>c<br>", "<p>a</p>b<br><br>c"],
    [
      "empty lines between lines",
      "<div>a</div><div><br></div><div>b</div>c<br><br><div>d</div>",
      "<p>a</p><div>b</div><p>c</p><div>d</div>",
    ],
    ["white space", "<p>\n a \n <b> b</b>&nbsp; &nbsp;c </p>", "<p>a <b>b</b> c</p>"],
  ]);

  test("deeper than letters are", () => expect(sanitiseHtml("<div>".repeat(20_000))).toBeUndefined());
  test("larger than letters are", () => expect(sanitiseHtml("a".repeat(2_000_000))).toBeUndefined());
  test("nothing", () => expect(sanitiseHtml("<p> <hr>")).toMatchObject({ html: "", text: "" }));
});

describe("hidden text is not shown", () => {
  test.each([
    ["display", '<div style="display:none">X</div>'],
    ["display, written to be missed", '<div style="color:red;DISPLAY : n\\6fne/**/ !important">X</div>'],
    ["display, taken back in vain", '<div style="display:none!important;display:block">X</div>'],
    ["visibility", '<p style="visibility:hidden">X</p>'],
    ["hidden", "<p hidden>X</p>"],
    ["a closed dialog", "<dialog>X</dialog>"],
    ["opacity", '<p style="opacity:0.0">X</p>'],
    ["no size", '<span style="font-size:0">X</span>'],
    ["one pixel", '<span style="font-size:1px">X</span>'],
    ["small by inheritance", '<div style="font-size:4px"><span style="font-size:0.2em">X</span></div>'],
    ["shorthand", '<span style="font:0/0 a">X</span>'],
    ["white on white", '<p style="color:#fff">X</p>'],
    ["nearly white on white", '<p><font color="#FDFDFD">X</font></p>'],
    ["dark on dark", '<table bgcolor="#000"><tr><td style="color:rgb(0, 0, 0)">X</td></tr></table>'],
    ["clear", '<p style="color:transparent">X</p>'],
    ["a clear colour", '<p style="color:rgba(0,0,0,0)">X</p>'],
    ["cut to nothing", '<div style="max-height:0;overflow:hidden">X</div>'],
    ["cut to a pixel", '<div style="width:1px;height:1px;overflow:hidden">X</div>'],
    ["off the page", '<div style="position:absolute;left:-9999px">X</div>'],
    ["indented away", '<div style="text-indent:-9999px">X</div>'],
    ["moved away", '<div style="margin-left:-5000px">X</div>'],
    ["clipped", '<div style="position:absolute;clip:rect(0 0 0 0)">X</div>'],
    ["clipped by path", '<div style="clip-path: inset(50%)">X</div>'],
    ["scaled", '<div style="transform:scale(0)">X</div>'],
    ["hidden from Word", '<div style="mso-hide:all">X</div>'],
    ["a class", "<style>.h{display:none}</style><p class='a h'>X</p>"],
    ["a class for every screen", "<style>@media screen { p.h { font-size:0 } }</style><p class=h>X</p>"],
    ["an id", "<style><!-- #h, #i { color : white } --></style><p id=i>X</p>"],
    [
      "a class inside another",
      "<style>div.a > .h span{display:none}</style><div class=a><p class=h><span>X</span></p></div>",
    ],
    ["in preformatted text", '<pre>a<span style="display:none">X</span></pre>'],
    ["a row", '<table><tr style="display:none"><td>X</td></tr></table>'],
    ["an item", '<ul><li style="display:none">X</li></ul>'],
    [
      "a preheader",
      '<div style="display:none;font-size:1px;max-height:0;mso-hide:all">X&zwnj;&nbsp;&zwnj;&nbsp;</div>',
    ],
    ["a template", "<template>X</template><noscript>X</noscript><svg><text>X</text></svg><textarea>X</textarea>"],
  ])("%s", (_name, html) => {
    const letter = sanitiseHtml(`<p>Seen</p>${html}`);
    expect(letter?.html).not.toContain("X");
    expect(letter?.text).not.toContain("X");
  });

  test.each([
    ["white on dark", '<td bgcolor="#003366"><font color="white">X</font></td>'],
    ["white on dark by style", '<div style="background:#003366 none"><p style="color:#ffffff">X</p></div>'],
    ["white on dark by class", "<style>.d{background:#036}.w{color:#fff}</style><div class=d><p class=w>X</p></div>"],
    ["white on a picture", '<td background="https://a.example/b.png"><p style="color:#fff">X</p></td>'],
    [
      "white on who knows what",
      "<style>[class=d] {background:#036}</style><div class=d><p style='color:#fff'>X</p></div>",
    ],
    ["letters in a gap of size 0", '<div style="font-size:0"><span style="font-size:14px">X</span></div>'],
    ["shown again inside", '<div style="visibility:hidden"><p style="visibility:visible">X</p></div>'],
    ["hidden on small screens only", "<style>@media (max-width:600px){.h{display:none}}</style><p class=h>X</p>"],
    ["a link on white", '<div style="color:#fff"><a href="https://a.example/">X</a></div>'],
    ["shown in spite of a class", "<style>.h{display:none}</style><p class=h style='display:block'>X</p>"],
    ["a button for all but Word", '<a href="https://a.example/" style="mso-hide:all">X</a>'],
    ["small print", '<p style="font-size:7pt;color:#777">X</p>'],
  ])("%s is seen", (_name, html) => expect(clean(html)).toContain("X"));
});

describe("characters", () => {
  cases([
    ["padding", "a\u200C \u200D\u00A0\u200C\u034F b\u00AD\u200B", "a b"],
    [
      "families and flags stay",
      "👩‍👩‍👧 🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F} ❤️",
      "👩‍👩‍👧 🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F} ❤️",
    ],
    ["joiners between letters stay", "می\u200Cخواهم", "می\u200Cخواهم"],
    ["text in tags", "a\u{E0068}\u{E0069}", "a"],
    ["direction overrides", "\u202Efdp.exe", "fdp.exe"],
    ["embeddings end with their text", "<b>\u202Ba\u2067b</b>c\u202C", "<b>\u202Ba\u2067b\u2069\u202C</b>c"],
    ["control characters", "a\u0007\u009Bb", "ab"],
  ]);
});

describe("links", () => {
  const told = (href: string, words: string) => sanitiseHtml(`<a href="${href}">${words}</a>`)?.html;

  test.each([
    ["https://bank.example/a?b=1&amp;c", "https://bank.example/a"],
    ["https://www.bank.example/", "bank.example"],
    ["https://login.bank.example/", "See bank.example."],
    ["mailto:jeanne@bank.example", "Jeanne@bank.example"],
  ])("%s needs no word behind %s", (href, words) => expect(told(href, words)).toMatch(/^<a href="[^"]+">[^→]+<\/a>$/));

  test.each([
    ["words", "https://evil.example/x", "Sign in", "[→ evil.example]"],
    ["another host", "https://evil.example/bank.example", "https://bank.example", "[→ evil.example]"],
    ["a host in front", "https://bank.example.evil.example/", "bank.example", "[→ bank.example.evil.example]"],
    ["two hosts", "https://evil.example/", "bank.example (evil.example)", "[→ evil.example]"],
    ["a forged note", "https://evil.example/", "Bank [→ bank.example]", "[→ evil.example]"],
    ["a name and password", "https://bank.example:x@evil.example/", "evil.example", "[→ evil.example]"],
    ["letters of other scripts", "https://b\u0430nk.example/", "b\u0430nk.example", "[→ xn--bnk-6cd.example]"],
    ["figures", "http://2130706433/", "bank.example", "[→ 127.0.0.1]"],
    [
      "a redirect",
      "https://good.example/?u=https%3A%2F%2Fevil.example%2F",
      "good.example",
      "[→ good.example → evil.example]",
    ],
    [
      "a redirect in the path",
      "https://good.example/r/http://evil.example/",
      "good.example",
      "[→ good.example → evil.example]",
    ],
    [
      "an address",
      "mailto:mallory@evil.example?cc=all@town.example",
      "jeanne@bank.example",
      "[→ mallory@evil.example]",
    ],
    ["a picture", "https://evil.example/", "<img src='https://evil.example/b.png'>", "[image] [→ evil.example]"],
  ])("%s: the target is told", (_name, href, words, note) => {
    const html = told(href, words);
    expect(html?.endsWith(`${note}</a>`)).toBe(true);
    expect(clean(html ?? "")).toBe(html);
  });

  test.each([
    "javascript:x()",
    "java\nscript:x()",
    "data:text/html,x",
    "vbscript:x",
    "//evil.example",
    "/x",
    "tel:+331",
    "mxc://a/b",
    "matrix:u/a:b",
    "https://matrix.to/#/@agent:x",
    "https://u@matrix.to./#/@agent:x",
  ])("%j leads nowhere", (href) => expect(told(href, "a")).toBe("a"));

  test("without a name and a password", () =>
    expect(told("https://user:secret@bank.example/", "a")).toContain('href="https://bank.example/"'));
});

describe("pictures", () => {
  const removed = (html: string) => sanitiseHtml(html)?.removed;

  test.each([
    ["a picture", '<img src="https://a.example/b.png" width=600>', 1, 0],
    ["a pixel", '<img src="https://a.example/b.png" width="1" height="1">', 0, 1],
    ["a pixel by style", '<img src="https://a.example/b.png" style="width:1px;height:1px">', 0, 1],
    ["a hidden picture", '<img src="https://a.example/b.png" style="display:none">', 0, 1],
    ["a picture in a hidden place", '<div hidden><p><img src="https://a.example/b.png"></p></div>', 0, 1],
    ["a beacon by its name", '<img src="https://a.example/wf/open?upn=x">', 0, 1],
    ["the ground of a cell", '<table><td background="https://a.example/b.png">x</table>', 1, 0],
    ["the ground of a style", '<div style="background:url(https://a.example/b.png)">x</div>', 1, 0],
    ["a picture that came along", '<img src="cid:a@b">', 0, 0],
    ["a picture in the text", '<img src="data:image/png;base64,AA==">', 0, 0],
  ])("%s", (_name, html, remoteImages, trackers) => expect(removed(html)).toEqual({ remoteImages, trackers }));

  cases([
    ["the words for a picture", '<img src="https://a.example/b.png" alt="Town Hall">', "[Town Hall]"],
    ["the name of one that came along", '<img src="cid:image001.png@01DA.AB">', "[image001.png]"],
    ["one without a name", '<img src="cid:ii_abc">', "[image]"],
    [
      "an emoji",
      '<p>Thanks <img class="emoji" alt="🙏🏽" src="https://a.example/1f64f.png"></p>',
      "<p>Thanks 🙏🏽</p>",
    ],
    ["a pixel's words", 'a<img src="https://a.example/b.png" width=1 height=1 alt="hidden">', "a"],
  ]);
});

describe("tables", () => {
  cases([
    [
      "with things to look up",
      "<table border=1><tr><th>Day<th>Hours<tr><td><p>Monday</p><td>9–12</table>",
      "<table><tr><th>Day</th><th>Hours</th></tr><tr><td>Monday</td><td>9–12</td></tr></table>",
    ],
    [
      "caption",
      "<table><caption><p>Fees</p></caption><tr><td>1</table>",
      "<table><caption>Fees</caption><tr><td>1</td></tr></table>",
    ],
    [
      "for the layout",
      "<table><tr><td><table width=600><tr><td><h1>News</h1></td></tr><tr><td>Text</td></tr></table></td></tr></table>",
      "<h1>News</h1><div>Text</div>",
    ],
    ["side by side", "<table><tr><td>Total</td><td><b>42 €</b></td></tr></table>", "<div>Total <b>42 €</b></div>"],
    ["words between cells", "<table>a<tr>b<td>c</table>", "<div>ab</div>c".replace("<div>ab</div>c", "ab<div>c</div>")],
  ]);
});

describe("Word and Outlook", () => {
  cases([
    [
      "paragraphs",
      '<p class=MsoNormal><span lang=FR style="mso-fareast-language:EN-US">Bonjour<o:p></o:p></span></p><p class=MsoNormal><o:p>&nbsp;</o:p></p>',
      "<p>Bonjour</p>",
    ],
    [
      "conditional comments",
      "<!--[if gte mso 9]><xml><o:x>y</o:x></xml><![endif]--><p>a</p><!--[if !mso]><!--><p>b</p><!--<![endif]-->",
      "<p>a</p><p>b</p>",
    ],
    ["islands", "<xml><w:WordDocument><w:View>Normal</w:View></w:WordDocument></xml>a", "a"],
    [
      "bullets",
      "<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><![if !supportLists]><span style='font-family:Symbol'><span style='mso-list:Ignore'>·<span>&nbsp;&nbsp; </span></span></span><![endif]>One</p>",
      "<p>• One</p>",
    ],
    ["numbers", "<p><span style='mso-list:Ignore'>2.<span>&nbsp; </span></span>Two</p>", "<p>2. Two</p>"],
    ["faces", "<p>Thanks <span style='font-family:Wingdings'>J</span></p>", "<p>Thanks 🙂</p>"],
  ]);
});

describe("plain text", () => {
  test.each([
    ["<p>a</p><p>b<br>c</p>", "a\n\nb\nc"],
    ["<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c"],
    ["<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b"],
    ['<a href="https://bank.example/">bank.example</a>', "bank.example"],
    ['<a href="https://evil.example/x">Bank</a>', "Bank [→ evil.example] <https://evil.example/x>"],
  ])("%s", (html, text) => expect(sanitiseHtml(html)?.text).toBe(text));
});
