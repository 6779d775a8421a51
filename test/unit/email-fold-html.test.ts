import { describe, expect, test } from "vitest";
import { foldHtml } from "../../bridges/email/fold/fold-html.ts";
import { foldMail } from "../../bridges/email/fold/fold-mail.ts";

const wordsOf = (text: string | undefined) => text?.replace(/\n\s*/g, "\n").trim();

describe("HTML, as mail programs write it", () => {
  test.each([
    [
      "Gmail",
      `<div dir="ltr">Hello<div><br></div></div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Mon, 3 Dec 2019 at 10:15, J &lt;<a href="mailto:j@example.org">j@example.org</a>&gt; wrote:<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex"><div>quoted</div></blockquote></div>`,
      "Hello",
    ],
    [
      "Gmail, in a language of no table",
      `<div dir="ltr">Hello</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">Zzz 3 Dec J qqq<br></div><blockquote class="gmail_quote"><div>quoted</div></blockquote></div>`,
      "Hello",
    ],
    [
      "Gmail, point by point",
      `<div class="gmail_quote"><div class="gmail_attr">On Mon, 3 Dec 2019 at 10:15, J &lt;j@example.org&gt; wrote:<br></div><blockquote class="gmail_quote">One?</blockquote><div>Yes</div><blockquote class="gmail_quote">Two?</blockquote><div>No</div><blockquote class="gmail_quote">bye</blockquote></div>`,
      "One?\nYes\nTwo?\nNo",
    ],
    [
      "Gmail signature",
      `<div dir="ltr">Hello<br clear="all"><div><br></div><span class="gmail_signature_prefix">-- </span><br><div dir="ltr" class="gmail_signature" data-smartmail="gmail_signature"><div>Jane</div><div>Boss</div></div></div>`,
      "Hello",
    ],
    [
      "Outlook on the web, in a language of no table",
      `<div class="elementToProof">Hello</div><div id="appendonsend"></div><hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr"><font><b>Zzz:</b> J<br><b>Yyy:</b> Mon<br></font><div>&nbsp;</div></div><div>quoted</div>`,
      "Hello",
    ],
    [
      "Outlook on a phone",
      `<div>Hello</div><div id="ms-outlook-mobile-signature">Get <a href="https://aka.ms/o0ukef">Outlook for iOS</a></div><hr style="x"><div id="divRplyFwdMsg"><b>From:</b> J &lt;j@example.org&gt;<br><b>Sent:</b> M<br><b>To:</b> x<br><b>Subject:</b> y</div><div>quoted</div>`,
      "Hello",
    ],
    [
      "Apple Mail",
      `<body>Hello<br><div><br><blockquote type="cite"><div>On 3 Dec 2019, at 10:15, J &lt;j@example.org&gt; wrote:</div><br><div>quoted</div></blockquote></div><br></body>`,
      "Hello",
    ],
    [
      "iPhone",
      `<body dir="auto">Hello<br><br><div dir="ltr">Sent from my iPhone</div><div dir="ltr"><br><blockquote type="cite">On 3 Dec 2019, at 10:15, J &lt;j@example.org&gt; wrote:<br><br></blockquote></div><blockquote type="cite"><div>quoted</div></blockquote></body>`,
      "Hello",
    ],
    [
      "Yahoo",
      `<div>Hello</div><div id="ydp1yahoo_quoted_1" class="ydp12yahoo_quoted"><div><div>On Monday, 3 December 2019, 10:15:00 CET, J &lt;j@example.org&gt; wrote:</div><div>quoted</div></div></div>`,
      "Hello",
    ],
    [
      "Proton",
      `<div>Hello</div><div class="protonmail_signature_block"><div class="protonmail_signature_block-proton">Sent with <a href="x">Proton Mail</a> secure email.</div></div><div class="protonmail_quote">On Tuesday, December 3rd, 2019 at 10:15, J &lt;j@example.org&gt; wrote:<br><blockquote class="protonmail_quote" type="cite">quoted</blockquote></div>`,
      "Hello",
    ],
    [
      "Zimbra",
      `<div>Hello<br><hr id="zwchr" data-marker="__DIVIDER__"><div data-marker="__HEADERS__"><b>De: </b>"J" &lt;j@example.org&gt;<br><b>À: </b>"x"<br><b>Envoyé: </b>Lundi<br><b>Objet: </b>y<br></div><div data-marker="__QUOTED_TEXT__">quoted</div></div>`,
      "Hello",
    ],
    [
      "Thunderbird",
      `<p>Hello</p><div class="moz-cite-prefix">Am 03.12.19 um 10:15 schrieb J:<br></div><blockquote type="cite" cite="mid:x"><p>quoted</p></blockquote><div class="moz-signature">-- <br>Jane</div>`,
      "Hello",
    ],
    [
      "Thunderbird, answer below",
      `<div class="moz-cite-prefix">Am 03.12.19 um 10:15 schrieb J:<br></div><blockquote type="cite" cite="mid:x"><p>quoted</p></blockquote><p>Answer below</p>`,
      "Answer below",
    ],
    [
      "Thunderbird, point by point",
      `<div class="moz-cite-prefix">On 03.12.19 10:15, J wrote:<br></div><blockquote type="cite"><p>One?</p></blockquote><p>Yes</p><blockquote type="cite"><p>Two?</p></blockquote><p>No</p>`,
      "One?\nYes\nTwo?\nNo",
    ],
    [
      "GMX",
      `<div>Hello</div><div name="quote" style="margin:10px 5px 5px 10px; padding: 10px 0 10px 10px; border-left:2px solid #C3D9E5;"><div><b>Gesendet:</b>&nbsp;Dienstag, 3. Dezember 2019<br/><b>Von:</b>&nbsp;J &lt;j@example.org&gt;<br/><b>An:</b>&nbsp;x<br/><b>Betreff:</b>&nbsp;y</div><div name="quoted-content">quoted</div></div>`,
      "Hello",
    ],
    [
      "Mail.ru",
      `<p>Hello</p><blockquote style="border-left:1px solid #0857A6; margin:10px; padding:0 0 0 10px;">Вторник, 3 декабря 2019, 10:15 +03:00 от J &lt;j@example.org&gt;:<br><div>quoted</div></blockquote>`,
      "Hello",
    ],
    [
      "an indent of the writer",
      `<p>Dear all</p><blockquote style="margin: 0 0 0 40px; border: none; padding: 0px;">My own indented words</blockquote>`,
      "Dear all\nMy own indented words",
    ],
    [
      "AOL",
      `<div>Hello<br><br>-----Original Message-----<br>From: J &lt;j@example.org&gt;<br>To: x<br>Sent: Mon<br>Subject: y<br><br>quoted</div>`,
      "Hello",
    ],
    [
      "Outlook 2003",
      `<div>Hello</div><div class="OutlookMessageHeader" lang="en-us" dir="ltr" align="left"><hr tabindex="-1"><font face="Tahoma" size="2"><b>From:</b> J [mailto:j@example.org] <br><b>Sent:</b> Mon<br><b>To:</b> x<br><b>Subject:</b> y<br></font><br></div><div>quoted</div>`,
      "Hello",
    ],
    [
      "Hotmail",
      `<div>Hello<br><br><hr id="stopSpelling">Date: Mon<br>Subject: y<br>From: j@example.org<br>To: x@y.z<br><br>quoted</div>`,
      "Hello",
    ],
    [
      "Notes",
      `<div>Hello<br><br><font color="#800080">-----Jane/X wrote: -----</font><br>To: a@b<br>From: c@d<br>Date: x<br>Subject: y<br><br>quoted</div>`,
      "Hello",
    ],
    [
      "Outlook",
      `<p>Hello</p><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p class=MsoNormal><b>Von:</b> J &lt;j@example.org&gt; <br><b>Gesendet:</b> M<br><b>An:</b> x<br><b>Betreff:</b> AW: y</p></div><p>quoted</p>`,
      "Hello",
    ],
    [
      "Exchange, without addresses",
      `<p>Hello</p><p><b>From:</b> Doe, Jane<br><b>Sent:</b> Monday<br><b>To:</b> Roe, Rick<br><b>Subject:</b> y</p><p>quoted</p>`,
      "Hello",
    ],
    [
      "Spark",
      `<div name="messageBodySection"><div dir="auto">Hello</div></div><div name="messageSignatureSection"><br><div class="matchFont">Jane</div></div><div name="messageReplySection">On 3 Dec 2019, 10:15 +0100, J &lt;j@example.org&gt;, wrote:<br><blockquote type="cite" class="spark_quote">quoted</blockquote></div>`,
      "Hello",
    ],
    [
      "Zoho",
      `<div>Hello</div><div class="zmail_extra"><div>---- On Tue, 03 Dec 2019 10:15:00 +0100 <b>J &lt;j@example.org&gt;</b> wrote ----<br></div><blockquote>quoted</blockquote></div>`,
      "Hello",
    ],
    [
      "a picture",
      `<div>See picture</div><img src="cid:1"><div class="gmail_quote"><div class="gmail_attr">On 3 Dec 2019 J &lt;j@example.org&gt; wrote:</div><blockquote class="gmail_quote">q</blockquote></div>`,
      "See picture",
    ],
    [
      "Yandex",
      `<div>Hello</div><div>03.12.2019, 10:15, "J" &lt;j@example.org&gt;:</div><blockquote><div>quoted</div></blockquote>`,
      "Hello",
    ],
    [
      "K-9",
      `Hello<br><br><div class="k9mail-signature">-- <br>Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.</div><div class="gmail_quote">Am 3. Dezember 2019 10:15:00 MEZ schrieb J &lt;j@example.org&gt;:<blockquote class="gmail_quote" style="margin: 0pt 0pt 0pt 0.8ex; border-left: 1px solid rgb(204, 204, 204);">quoted</blockquote></div>`,
      "Hello",
    ],
    [
      "Roundcube",
      `<p>Hello</p><p id="reply-intro">Am 2019-12-03 10:15, schrieb J:</p><blockquote type="cite" style="padding: 0 0.4em; border-left: #1010ff 2px solid; margin: 0"><div>quoted</div></blockquote>`,
      "Hello",
    ],
    [
      "Tuta",
      `<div>Hello</div><br>-- <br>Sent with Tutanota<br><br>3 Dec 2019, 10:15 by j@example.org:<br><blockquote class="tutanota_quote" style="border-left: 1px solid #93A3B8">quoted</blockquote>`,
      "Hello",
    ],
    [
      "NetEase",
      `<div>好的</div><div style="position:relative;zoom:1"></div><p>At 2019-12-03 10:15:00, "J" &lt;j@example.org&gt; wrote:</p><blockquote id="isReplyContent" style="PADDING-LEFT: 1ex; BORDER-LEFT: #ccc 1px solid">quoted</blockquote>`,
      "好的",
    ],
    [
      "QQ",
      `<div>好的</div><div style="font-size: 12px;font-family: Arial Narrow;padding:2px 0 2px 0;">------------------&nbsp;原始邮件&nbsp;------------------</div><div><b>发件人:</b>&nbsp;"J"&lt;j@example.org&gt;;</div><div><b>发送时间:</b>&nbsp;2019年</div><div><b>收件人:</b>&nbsp;"x";</div><div><b>主题:</b>&nbsp;y</div><div>quoted</div>`,
      "好的",
    ],
  ])("%s", (_name, html, words) => {
    const folded = foldHtml(html);
    expect(wordsOf(folded?.text)).toBe(words);
    expect(folded?.visible).not.toMatch(/quoted|hr |divRplyFwdMsg/);
  });
});

test("what is shown keeps its form and its pictures, what is gone leaves no shell", () => {
  const html = `<div>See <b>this</b><br><img src="cid:1"></div><div class="moz-cite-prefix">Am 3.12.19 um 10:15 schrieb J:<br></div>
<blockquote type="cite"><table><tr><td><p>quoted</p></td></tr></table></blockquote>`;
  expect(foldHtml(html)?.visible.trim()).toBe('<div>See <b>this</b><br><img src="cid:1"></div>');
});

test("names that every object knows are no containers", () => {
  const html = '<p class="constructor __proto__ toString">My words.</p><p id="valueOf">More.</p>';
  expect(foldHtml(html)).toMatchObject({ visible: html, hidden: [] });
});

describe("a mail of both forms", () => {
  const intro = "On 3 Dec 2019 at 10:15, Jane &lt;jane@example.org&gt; wrote:";
  const html = `<p>My <i>answer</i></p><div>${intro}</div><blockquote type="cite">quoted</blockquote>`;
  const text = "My answer\n\nOn 3 Dec 2019 at 10:15, Jane <jane@example.org> wrote:\n> quoted";

  test("is folded in both", () =>
    expect(foldMail({ text, html, isAnswer: true })).toEqual({ text: "My answer", html: "<p>My <i>answer</i></p>" }));
  test("takes its text from the HTML where that alone tells", () =>
    expect(foldMail({ text: "My answer quoted", html, isAnswer: true })?.text).toBe("My answer"));
  test("keeps HTML whole in which nothing tells", () =>
    expect(foldMail({ text, html: "<p>My answer and much more</p>", isAnswer: true })).toEqual({
      text: "My answer",
      html: "<p>My answer and much more</p>",
    }));
  test("keeps a forward", () =>
    expect(
      foldMail({
        text: "See.",
        html: `<div>See.</div><div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message ---------<br>From: J &lt;j@example.org&gt;<br>Subject: x<br></div>Inner.</div>`,
        isAnswer: true,
      }),
    ).toBeUndefined());
});

describe("a megabyte of malice takes no time", () => {
  const fill = (unit: string) => unit.repeat(Math.ceil(1_000_000 / unit.length)).slice(0, 1_000_000);
  const texts = [
    ...[
      "a",
      "\n",
      "a\n",
      ">",
      "> ",
      ">\n",
      "--\n",
      "-----\n",
      "On 1 ",
      "wrote: ",
      "From: a@b\n",
      "From:\n\n",
      " ",
      "a \t",
      "<",
    ],
    ...[
      "On 3.12.2019 10:00 <a@b\n",
      "word word.\nwords\n\n",
      "Sent from my iPhone\n\n",
      "```\n",
      "a: ",
      "> x\n\ny\n\n",
    ],
    ...[
      "confidential addressee and more words of a disclaimer\n\n",
      "> http://a(\n(http://\n",
      "-----Original Message-----\n",
    ],
    `${"reply ".repeat(60)}On 3 Dec 2019 wrote:\n`,
  ];
  const bodies = [
    ...[
      "<div>",
      "<div>a</div>",
      "<blockquote>",
      "<p>",
      "<",
      "<br>",
      "<b></i>",
      "<td>",
      "<li>",
      "<!--",
      "&amp;",
      "<img>",
    ],
    ...["<hr>From: a@b<br>", "<blockquote type=cite>a</blockquote>b<br>", "<table><tr><td>x</td></tr></table>"],
  ];
  /** CPU of this thread, in milliseconds: other processes do not count. */
  const costOf = (act: () => unknown) => {
    const before = process.threadCpuUsage();
    act();
    return process.threadCpuUsage(before).user / 1_000;
  };
  foldMail({ text: "warm\n> up", html: "<p>warm</p><blockquote>up</blockquote>", isAnswer: true });

  test.each(texts)("text of %j", (unit) =>
    expect(costOf(() => foldMail({ text: `x${fill(unit)}y`, isAnswer: true, sender: "x" }))).toBeLessThan(200),
  );
  test.each(bodies)("HTML of %j", (unit) =>
    expect(costOf(() => foldMail({ text: "x", html: fill(unit), isAnswer: true }))).toBeLessThan(200),
  );
});
