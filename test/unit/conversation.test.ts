import { createSecretKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { composeFile, composeText } from "../../src/conversation/compose.ts";
import { nameForDisplay, nameGhost } from "../../src/conversation/ghost.ts";
import { matchConversation } from "../../src/conversation/match.ts";
import { relationIn } from "../../src/conversation/portal.ts";
import { makeReplyToken, readReplyToken } from "../../src/conversation/token.ts";
import { readWords } from "../../src/conversation/words.ts";
import { chooseTexts } from "../../src/desk/choose-texts.ts";
import type { KnownConversation } from "../../src/domain/conversation.ts";
import { conversationId, eventId, roomId } from "../../src/domain/ids.ts";
import type { StoredMessage } from "../../src/store/schema.ts";

const key = createSecretKey(Buffer.alloc(32, 7));
const message = (over: Partial<StoredMessage> = {}): StoredMessage => ({
  from: { address: "jeanne@example.org", name: "Jeanne Martin" },
  to: "mairie@town.example",
  text: "Bonjour",
  references: [],
  automatic: false,
  ...over,
});

describe("reply token", () => {
  test("is read back whatever case a mail system gives it", () => {
    const token = makeReplyToken(key, conversationId("9007199254740993"));
    expect(token).toMatch(/^[a-z0-9-]{1,30}$/);
    expect(readReplyToken(key, token.toUpperCase())).toBe("9007199254740993");
  });

  test.each([
    "",
    "1",
    "1-",
    "zz-aaaaaaaaaaaaaaaa",
    "2-".concat("a".repeat(16)),
    "é-aaaaaaaaaaaaaaaa",
    "zzzzzzzzzzzzz-aaaaaaaaaaaaaaaa",
  ])("refuses %j", (token) => expect(readReplyToken(key, token)).toBeUndefined());

  test("refuses another conversation's signature, and another installation's", () => {
    const token = makeReplyToken(key, conversationId("41"));
    const [, mac] = token.split("-");
    expect(readReplyToken(key, `${(42).toString(36)}-${mac}`)).toBeUndefined();
    expect(readReplyToken(createSecretKey(Buffer.alloc(32, 8)), token)).toBeUndefined();
  });
});

describe("ghost", () => {
  test("is one for one address, and tells nothing of it", () => {
    const localpart = nameGhost(key, "email", "jeanne@example.org");
    expect(localpart).toBe(nameGhost(key, "email", "jeanne@example.org"));
    expect(localpart).not.toBe(nameGhost(key, "sms", "jeanne@example.org"));
    expect(localpart).toMatch(/^_guichet_email_[a-z2-7]{24}$/);
  });

  test("has the name that was given, without characters that play tricks, or else the address", () => {
    expect(nameForDisplay({ name: "Jeanne\u202E  Martin\n", address: "j@example.org" })).toBe("Jeanne Martin");
    expect(nameForDisplay({ name: " \u200B", address: "j@example.org" })).toBe("j@example.org");
    expect(nameForDisplay({ name: "x".repeat(300), address: "j@example.org" })).toHaveLength(100);
  });
});

describe("match", () => {
  const known = (id: string, over: Partial<KnownConversation> = {}): KnownConversation => ({
    id: conversationId(id),
    channel: "town-mail",
    agency: "town-hall",
    portal: "thread",
    room: roomId("!r"),
    address: "jeanne@example.org",
    citizen: "_guichet_email_x",
    hasWays: false,
    isWay: false,
    root: eventId("$root"),
    latest: eventId("$latest"),
    ...over,
  });
  const evidence = { channel: "town-mail", agency: "town-hall", address: "jeanne@example.org", named: undefined };

  test("a cited message counts from the same sender only", () => {
    expect(matchConversation(evidence, [known("1", { address: "mallory@example.org" })])).toBeUndefined();
    expect(matchConversation(evidence, [known("1", { address: "mallory@example.org" }), known("2")])?.id).toBe("2");
  });

  test("a signed token counts from any sender, and before citations", () => {
    const named = conversationId("1");
    const other = { ...evidence, address: "jeanne@work.example", named };
    expect(matchConversation(other, [known("2", { address: other.address }), known("1")])?.id).toBe("1");
  });

  test("another agency's conversation is never joined", () => {
    const others = { agency: "tax-office", channel: "tax-mail", isWay: true };
    expect(matchConversation({ ...evidence, named: conversationId("1") }, [known("1", others)])).toBeUndefined();
  });

  test("another channel's is joined by a token, or from where its citizen is known to be reached", () => {
    const form = known("1", { channel: "town-form", address: "f-17" });
    expect(matchConversation({ ...evidence, named: conversationId("1") }, [form])?.id).toBe("1");
    expect(matchConversation(evidence, [form])).toBeUndefined();
    expect(matchConversation(evidence, [{ ...form, isWay: true }])?.id).toBe("1");
    // Equal addresses on two channels are two people.
    expect(matchConversation(evidence, [known("1", { channel: "town-form" })])).toBeUndefined();
  });
});

describe("compose", () => {
  const texts = chooseTexts(["en"]);
  const place = { portal: "thread", root: eventId("$root"), latest: eventId("$latest") } as const;

  test("the first event carries subject and sender, and no relation", () => {
    const { content } = composeText(message({ subject: "Permit <b>" }), undefined, texts);
    expect(content.body).toBe("Permit <b>\nJeanne Martin <jeanne@example.org>\n\nBonjour");
    expect(content.formatted_body).toBe(
      "<p><strong>Permit &lt;b&gt;</strong><br>Jeanne Martin &lt;jeanne@example.org&gt;</p><p>Bonjour</p>",
    );
    expect(content).not.toHaveProperty("m.relates_to");
  });

  test("what agents should know of the sender stands on top, in every event", () => {
    const wary = { trust: { verdict: "forged" as const, remark: "May be <forged>." }, remarks: ["Look\nagain."] };
    expect(composeText(message(wary), undefined, texts, { sender: "first contact" }).content).toMatchObject({
      body: "⚠️ May be <forged>.\n⚠️ Look again.\n\nJeanne Martin <jeanne@example.org> · first contact\n\nBonjour",
      formatted_body:
        "<p><em>⚠️ May be &lt;forged&gt;.<br>⚠️ Look again.</em></p><p>Jeanne Martin &lt;jeanne@example.org&gt; · first contact</p><p>Bonjour</p>",
    });
    expect(composeText(message(wary), place, texts).content.body).toBe("⚠️ May be <forged>.\n⚠️ Look again.\n\nBonjour");
    const loud = message({ text: "é".repeat(70_000), remarks: Array.from({ length: 50 }, () => "é".repeat(9_000)) });
    expect(Buffer.byteLength(JSON.stringify(composeText(loud, undefined, texts).content))).toBeLessThan(63_000);
  });

  test("whom else it names is shown in every event, in short", () => {
    const cc = Array.from({ length: 14 }, (_, index) => ({ address: `p${index}@example.org` }));
    const named = { cc: [{ address: "bob@example.org", name: "Bob <b>\n" }, ...cc] };
    const replyTo = { address: "office@example.org", name: "é".repeat(200) };
    const { content } = composeText(message({ ...named, replyTo }), place, texts);
    expect(content.body).toMatch(
      /^Cc: Bob <b> {1,2}<bob@example\.org>, p0@example\.org, .*, p8@example\.org and 5 more\nReply-To: office@example\.org\n\nBonjour$/,
    );
    expect(content.formatted_body).toMatch(
      /^<p>Cc: Bob &lt;b&gt; .*<br>Reply-To: office@example\.org<\/p><p>Bonjour<\/p>$/,
    );
    const loud = { name: '"'.repeat(110), address: "a" };
    const full = message({
      cc: Array.from({ length: 10 }, () => loud),
      html: `<p>${"é".repeat(15_900)}</p>`,
      text: "",
    });
    const wary = { ...full, subject: '"'.repeat(500), remarks: Array.from({ length: 4 }, () => '"'.repeat(240)) };
    expect(Buffer.byteLength(JSON.stringify(composeText(wary, undefined, texts).content))).toBeLessThan(63_000);
  });

  test("a citizen's own words are found again between what stands around them", () => {
    const wordsOf = (over: NonNullable<Parameters<typeof message>[0]>) =>
      readWords(composeText(message(over), over.subject === undefined ? place : undefined, texts).content);
    expect(wordsOf({ subject: "Permit" })).toEqual({ text: "Bonjour", html: "<p>Bonjour</p>" });
    expect(wordsOf({})).toEqual({ text: "Bonjour" });
    const html = '<p>a <b>b</b></p><img src="https://x.example/open.gif" width="1" height="1">';
    expect(wordsOf({ html, remarks: ["Look."], subject: "s" })).toEqual({
      text: "a b",
      html: "<p>a <b>b</b></p>",
    });
    expect(readWords({ msgtype: "m.text", body: "x", "org.guichet.words": { body: ["0", 9] } })).toEqual({ text: "x" });
    expect(readWords({ msgtype: "m.file", body: "f.pdf" })).toBeUndefined();
    expect(readWords({})).toBeUndefined();
  });

  test("a further event is bare and in the thread", () => {
    const { content } = composeText(message({ subject: "Permit", text: "@room hello" }), place, texts);
    expect(content).toEqual({
      msgtype: "m.text",
      body: "@room hello",
      "m.relates_to": {
        rel_type: "m.thread",
        event_id: "$root",
        is_falling_back: true,
        "m.in_reply_to": { event_id: "$latest" },
      },
    });
  });

  test.each([
    ["ascii", "a"],
    ["accents", "é"],
    ["emoji", "👩‍👩‍👧"],
    ["escapes", '\u0001"'],
  ])("a long text (%s) stays within an event, and overflows whole", (_name, unit) => {
    const text = unit.repeat(70_000 / unit.length);
    const { content, overflow } = composeText(
      message({ subject: "s", text, html: `<p>${text}</p>` }),
      undefined,
      texts,
    );
    expect(Buffer.byteLength(JSON.stringify(content))).toBeLessThan(60_000);
    // Control characters are nothing to read.
    expect(overflow).toBe(text.replaceAll("\u0001", ""));
    expect(String(content.body).isWellFormed()).toBe(true);
  });

  test("both bodies say the same, and what was not loaded", () => {
    const html =
      '<p>Seen</p><p style="display:none">Hidden</p><img src="https://t.example/p.gif" width="1" height="1">';
    const { content } = composeText(message({ text: "Something else", html }), place, texts);
    expect(content.body).toBe("Seen\n\nNot loaded: 1 tracker.");
    expect(content.formatted_body).toBe("<p>Seen</p><p><em>Not loaded: 1 tracker.</em></p>");
  });

  test("a letter that is a picture only falls back to its plain part", () => {
    const { content } = composeText(
      message({ text: "Plain", html: '<img src="https://a.example/b.png">' }),
      place,
      chooseTexts(["fr"]),
    );
    expect(content.body).toBe("Plain\n\nNon chargé : 1 image distante.");
    expect(content).not.toHaveProperty("formatted_body");
  });

  test("what a sender wrote just now is shown, and the whole goes along", () => {
    const whole = { text: "Yes\n\n> quoted", html: "<p>Yes</p><blockquote>quoted</blockquote>" };
    const shown = message({ ...whole, visible: { text: "Yes", html: "<p>Yes</p>" } });
    expect(composeText(shown, place, texts)).toMatchObject({
      content: { body: "Yes", formatted_body: "<p>Yes</p>" },
      overflow: whole.text,
    });
    expect(composeText(message({ ...whole, visible: { text: "Yes" } }), place, texts).content).not.toHaveProperty(
      "formatted_body",
    );
    expect(composeText(message(whole), place, texts).overflow).toBeUndefined();
  });

  test("a picture is shown as one; a document with scripts is a file", () => {
    const file = { name: "p.png", size: 3, mxc: "mxc://a/b" };
    expect(composeFile({ ...file, type: "image/png" }, place).msgtype).toBe("m.image");
    expect(composeFile({ ...file, type: "image/svg+xml" }, place).msgtype).toBe("m.file");
  });

  test("a reply points at what it answers, and is no fallback", () => {
    expect(relationIn(place, eventId("$x"))["m.relates_to"]).toMatchObject({
      is_falling_back: false,
      "m.in_reply_to": { event_id: "$x" },
    });
  });
});
