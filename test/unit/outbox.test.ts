import { describe, expect, test } from "vitest";
import { DeliveryError } from "../../src/adapter/index.ts";
import { chooseTexts } from "../../src/desk/choose-texts.ts";
import type { OpenChannel } from "../../src/desk/find-way.ts";
import { looksLike, outcomeOf } from "../../src/desk/show-outcome.ts";
import { conversationId, eventId } from "../../src/domain/ids.ts";
import { listCopies, objectToCopies } from "../../src/outbox/copies.ts";
import { endingOf, endingOfSent } from "../../src/outbox/ending.ts";
import { chooseChannel, listVerbs, readOpening } from "../../src/outbox/opening.ts";
import { readEvent } from "../../src/outbox/read-event.ts";
import { renderAnswer } from "../../src/outbox/render.ts";
import { findNamedWay, readVia } from "../../src/outbox/route-answer.ts";
import { type Circumstances, ruleOn } from "../../src/outbox/rule.ts";

const now = new Date(1_800_000_000_000);
const message = (content: Record<string, unknown>, over: Record<string, unknown> = {}) =>
  readEvent(
    {
      event_id: "$e",
      sender: "@agent:x",
      type: "m.room.message",
      origin_server_ts: 1_700_000_000_000,
      content,
      ...over,
    },
    now,
  );
const text = (body: string, relation?: Record<string, unknown>) =>
  message({ msgtype: "m.text", body, ...(relation ? { "m.relates_to": relation } : {}) });
const thread = {
  rel_type: "m.thread",
  event_id: "$root",
  is_falling_back: true,
  "m.in_reply_to": { event_id: "$latest" },
};
const replyInThread = { ...thread, is_falling_back: false, "m.in_reply_to": { event_id: "$citizen" } };
const reply = { "m.in_reply_to": { event_id: "$citizen" } };

const decision = message(
  { "m.relates_to": { rel_type: "m.annotation", event_id: "$answer", key: "🔁" } },
  { type: "m.reaction" },
);

const conversation = conversationId("1");
const citizen = { conversation, author: "citizen" } as const;
const agent = { conversation, author: "agent" } as const;
const circumstances = (over: Partial<Circumstances> = {}): Circumstances => ({
  own: false,
  replies: "explicit",
  repliedTo: undefined,
  thread: undefined,
  portal: undefined,
  openings: [],
  ...over,
});

describe("rule, explicit", () => {
  test.each([
    ["a reply to the citizen's message", text("yes", reply), { repliedTo: citizen }, "answer"],
    ["a reply inside the thread", text("yes", replyInThread), { repliedTo: citizen, thread: citizen }, "answer"],
    ["a plain message in the thread", text("hm", thread), { thread: citizen }, "note"],
    ["a reply to a colleague", text("hm", replyInThread), { repliedTo: agent, thread: citizen }, "note"],
    ["!reply in the thread", text("!reply yes", thread), { thread: citizen }, "answer"],
    ["!REPLY under an old client's quote", text("> <@x:y> hello\n\n!REPLY yes", reply), { repliedTo: agent }, "answer"],
    ["!note as a reply", text("!note hm", reply), { repliedTo: citizen }, "note"],
    ["!trace to the citizen's message", text("!trace", reply), { repliedTo: citizen }, "trace"],
    ["!suivi to an answer", text("!Suivi", replyInThread), { repliedTo: agent, thread: citizen }, "trace"],
    ["!trace in the thread", text("!trace", thread), { thread: citizen }, "trace"],
    ["a decision about an answer", decision, { repliedTo: agent }, "decision"],
    ["a decision about something else", decision, {}, "ignored"],
    ["a decision of our own", decision, { repliedTo: agent, own: true }, "ignored"],
    ["an unknown command", text("!replay yes", reply), { repliedTo: citizen }, "unknown-command"],
    ["a message outside", text("lunch?"), {}, "ignored"],
    ["!reply outside", text("!reply lunch?"), {}, "ignored"],
    [
      "a bot's notice",
      message({ msgtype: "m.notice", body: "x", "m.relates_to": reply }),
      { repliedTo: citizen },
      "ignored",
    ],
    ["our own echo", text("x", reply), { own: true, repliedTo: citizen }, "ignored"],
    [
      "a file as a reply",
      message({ msgtype: "m.file", body: "f", url: "mxc://a/b", "m.relates_to": reply }),
      { repliedTo: citizen },
      "answer",
    ],
    [
      "an encrypted reply",
      readEvent({ type: "m.room.encrypted", content: { "m.relates_to": reply } }, now),
      { repliedTo: citizen },
      "unreadable",
    ],
    [
      "a location, which will be objected to",
      message({ msgtype: "m.location", body: "x", "m.relates_to": reply }),
      { repliedTo: citizen },
      "answer",
    ],
    [
      "a device's verification",
      message({ msgtype: "m.key.verification.request", body: "x", "m.relates_to": reply }),
      { repliedTo: citizen },
      "ignored",
    ],
    [
      "a poll as a reply",
      readEvent({ type: "org.matrix.msc3381.poll.start", content: { "m.relates_to": reply } }, now),
      { repliedTo: citizen },
      "unsendable",
    ],
    [
      "a sticker among agents",
      readEvent({ type: "m.sticker", content: { "m.relates_to": thread } }, now),
      { thread: citizen },
      "note",
    ],
    [
      "a sticker as a reply",
      message({ body: "Hi", url: "mxc://a/b", "m.relates_to": reply }, { type: "m.sticker" }),
      { repliedTo: citizen },
      "answer",
    ],
    [
      "a file with a note for a caption",
      message({ msgtype: "m.image", body: "!note his", filename: "f.png", url: "mxc://a/b", "m.relates_to": reply }),
      { repliedTo: citizen },
      "note",
    ],
    [
      "a file that is called like a command",
      message({ msgtype: "m.file", body: "!note .pdf", url: "mxc://a/b", "m.relates_to": reply }),
      { repliedTo: citizen },
      "answer",
    ],
  ] as const)("%s: %s", (_name, event, over, expected) => {
    expect(ruleOn(event, circumstances(over)).is).toBe(expected);
  });
});

describe("rule, all", () => {
  test.each([
    ["a plain message in the thread", text("yes", thread), { thread: citizen }, "answer"],
    ["!note in the thread", text("!note hm", thread), { thread: citizen }, "note"],
    ["a message outside", text("lunch?"), {}, "ignored"],
  ] as const)("%s", (_name, event, over, expected) => {
    expect(ruleOn(event, circumstances({ replies: "all", ...over })).is).toBe(expected);
  });
});

describe("read", () => {
  test("redactions of old and new room versions", () => {
    expect(readEvent({ type: "m.room.redaction", redacts: "$a", content: {} }, now)).toMatchObject({
      kind: "redaction",
      of: "$a",
    });
    expect(readEvent({ type: "m.room.redaction", content: { redacts: "$b" } }, now)).toMatchObject({
      kind: "redaction",
      of: "$b",
    });
  });

  test("an edit holds the new content", () => {
    const edit = {
      msgtype: "m.text",
      body: "* b",
      "m.new_content": { msgtype: "m.text", body: "b" },
      "m.relates_to": { rel_type: "m.replace", event_id: "$a" },
    };
    expect(message(edit)).toMatchObject({ kind: "edit", of: eventId("$a"), content: { body: "b" } });
    const note = { ...edit, "m.new_content": { msgtype: "m.text", body: " !Note b" } };
    expect(message(note)).toMatchObject({ kind: "edit", command: "note" });
  });

  test("a clock ahead of ours counts as now", () => {
    expect(message({ msgtype: "m.text", body: "x" }, { origin_server_ts: 9e15 }).at).toEqual(now);
  });

  test.each([
    [{}],
    [{ type: 7, content: [] }],
    [{ type: "m.room.message", content: { msgtype: {}, body: [] } }],
    [{ type: "m.room.message", content: { "m.relates_to": "x", msgtype: "m.emote" } }],
  ])("%j does no harm", (event) => expect(["other", "message"]).toContain(readEvent(event, now).kind));
});

describe("render", () => {
  test.each([
    ["text", { msgtype: "m.text", body: "Yes." }, { text: "Yes." }],
    ["an old client's quote", { msgtype: "m.text", body: "> <@a:b> Bonjour\n> Merci\n\nYes." }, { text: "Yes." }],
    ["a command", { msgtype: "m.text", body: "!reply Yes.\nAnd no." }, { text: "Yes.\nAnd no." }],
    ["nothing", { msgtype: "m.text", body: "!reply  " }, undefined],
    [
      "formatted",
      {
        msgtype: "m.text",
        body: "**Yes**",
        format: "org.matrix.custom.html",
        formatted_body: "<mx-reply>q</mx-reply><strong>Yes</strong>",
      },
      { text: "Yes", html: "<strong>Yes</strong>" },
    ],
    [
      "a formatted command",
      {
        msgtype: "m.text",
        body: "!reply **Yes**",
        format: "org.matrix.custom.html",
        formatted_body: "<p>!reply <strong>Yes</strong></p>",
      },
      { text: "Yes", html: "<p><strong>Yes</strong></p>" },
    ],
    [
      "a mention",
      {
        msgtype: "m.text",
        body: "Ask Ann",
        format: "org.matrix.custom.html",
        formatted_body: 'Ask <a href="https://matrix.to/#/@ann:x">Ann</a>',
      },
      { text: "Ask Ann", html: "Ask Ann" },
    ],
    [
      "a file",
      { msgtype: "m.file", body: "f.pdf", url: "mxc://a/b", info: { mimetype: "application/pdf", size: 9 } },
      { text: "", file: { name: "f.pdf", type: "application/pdf", size: 9, mxc: "mxc://a/b" } },
    ],
    [
      "a file with a caption",
      { msgtype: "m.image", body: "Here", filename: "f.png", url: "mxc://a/b", info: { mimetype: "image/png" } },
      { text: "Here", file: { name: "f.png", type: "image/png", mxc: "mxc://a/b" } },
    ],
    ["a place", { msgtype: "m.location", body: "Here", geo_uri: "geo:1,2" }, { text: "Here (1, 2)" }],
    ["an encrypted file", { msgtype: "m.file", body: "f", file: { url: "mxc://a/b" } }, undefined],
  ])("%s", (_name, content, expected) => expect(renderAnswer(content)).toEqual(expected));
});

describe("ending of an attempt", () => {
  const first = { attempts: 1, attemptsBefore: 0, firstAttemptAt: new Date() };
  const daysLater = { attempts: 60, attemptsBefore: 0, firstAttemptAt: new Date(Date.now() - 121 * 3600_000) };
  const fault = (consequence: "retry" | "rejected" | "unknown") =>
    new DeliveryError(consequence, "X_1", { remoteAnswer: "no" });

  test.each([
    ["rejected", fault("rejected"), first, true, "failed", false],
    ["retry", fault("retry"), first, true, "queued", false],
    ["unknown where a repetition is safe", fault("unknown"), first, true, "queued", true],
    ["unknown where it is not", fault("unknown"), first, false, "unknown", true],
    ["retry after five days", fault("retry"), daysLater, true, "failed", false],
    ["unknown after five days", fault("unknown"), daysLater, true, "unknown", true],
  ] as const)("%s", (_name, error, answer, repeatable, state, mayHaveLeft) => {
    const ending = endingOf(error, answer, repeatable);
    expect(ending.state).toBe(state);
    expect(ending.mayHaveLeft ?? false).toBe(mayHaveLeft);
  });
});

describe("what the room shows", () => {
  const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
  test.each([
    ["held", undefined, "waiting"],
    ["queued", minutesAgo(1), "waiting"],
    ["queued", minutesAgo(15), "delayed"],
    ["attempting", minutesAgo(600), "delayed"],
    ["sent", minutesAgo(600), "sent"],
    ["failed", minutesAgo(1), "failed"],
    ["unknown", minutesAgo(1), "failed"],
    ["cancelled", undefined, "nothing"],
  ] as const)("%s, first tried %s: %s", (state, firstAttemptAt, shown) => {
    expect(outcomeOf({ state, firstAttemptAt, news: undefined }, now)).toBe(shown);
  });
  test("a delayed answer keeps the reaction of a waiting one", () => {
    expect(looksLike("waiting", "delayed")).toBe(true);
    expect(looksLike("waiting", "sent")).toBe(false);
    expect(looksLike("nothing", "waiting")).toBe(false);
  });
});

describe("commands beside !reply and !note", () => {
  const openings = ["mail", "write"];
  test.each([
    ["!cc in the thread", text("!cc yes", thread), { thread: citizen }, { is: "answer", toAll: true }],
    ["!via in the thread", text("!via sms\nyes", thread), { thread: citizen }, { is: "answer", isVia: true }],
    ["!cc as a reply", text("!cc yes", reply), { repliedTo: citizen }, { answers: "$citizen", toAll: true }],
    ["!cc outside", text("!cc yes"), {}, { is: "ignored" }],
    ["!mail outside", text("!mail a@b.example Hello\nYes"), {}, { is: "opening" }],
    ["!WRITE outside", text("!WRITE a@b.example"), {}, { is: "opening" }],
    ["!mail in a conversation", text("!mail a@b.example", thread), { thread: citizen }, { is: "misplaced-opening" }],
    ["!mail in agents' own thread", text("!mail a@b.example", thread), {}, { is: "misplaced-opening" }],
    ["!mail where nobody can be written to", text("!mail a@b.example"), { openings: [] }, { is: "ignored" }],
    ["!help outside", text("!help"), {}, { is: "help", conversation: undefined }],
    ["!help in a conversation", text("!help", thread), { thread: agent }, { is: "help", conversation }],
    [
      "a bot that says !mail",
      message({ msgtype: "m.notice", body: "!mail a@b.example" }),
      {},
      { is: "ignored", because: "machine" },
    ],
    ["our own !mail", text("!mail a@b.example"), { own: true }, { is: "ignored", because: "own-echo" }],
  ] as const)("%s", (_name, event, over, expected) => {
    expect(ruleOn(event, circumstances({ openings, ...over }))).toMatchObject(expected);
  });

  test.each([
    ["!mail a@b.example  Two   words \nText", { verb: "mail", address: "a@b.example", subject: "Two words" }],
    ["> <@x:y> z\n\n!Write a@b.example\n\nText", { verb: "write", address: "a@b.example", subject: undefined }],
    ["!mail", { verb: "mail", address: "", subject: undefined }],
  ])("%j names whom and what", (body, expected) => expect(readOpening({ body })).toEqual(expected));

  test("the first line of what begins a conversation is a command alone", () => {
    const words = (body: string, formatted_body?: string) =>
      renderAnswer(
        {
          msgtype: "m.text",
          body,
          ...(formatted_body === undefined ? {} : { format: "org.matrix.custom.html", formatted_body }),
        },
        { isHeaded: true },
      );
    expect(words("!mail a@b.example Hi\n\nYes\n!reply no")).toEqual({ text: "Yes\n!reply no" });
    expect(words("!mail a@b.example Hi")).toBeUndefined();
    expect(words("!mail a Hi\nA **b**", "<p>!mail <a href='mailto:a'>a</a> Hi<br>A <b>b</b></p><p>c</p>")).toEqual({
      html: "<p>A <b>b</b></p><p>c</p>",
      text: "A b\n\nc",
    });
    expect(words("!mail a Hi\n\n- b", "<p>!mail a Hi</p><ul><li>b</li></ul>")?.html).toBe("<ul><li>b</li></ul>");
    // Where the line ends inside some formatting, the plain words are sent whole.
    expect(words("!mail a Hi\nYes", "<b>!mail a Hi<br>Yes</b>")).toEqual({ text: "Yes" });
    expect(renderAnswer({ msgtype: "m.text", body: "!cc Yes" })).toEqual({ text: "Yes" });
  });

  const channel = (name: string, verb: string | undefined, accepts: RegExp, canSend = true): OpenChannel => ({
    name,
    type: "x",
    bridge: {
      capabilities: { send: canSend, html: true, subject: true, cc: true, attachmentBytes: 0, repeatable: true },
      start: async () => undefined,
      stop: async () => undefined,
      health: () => ({ state: "up", since: new Date() }),
      ...(canSend ? { send: async () => ({ remoteId: "" }) } : {}),
      ...(verb === undefined
        ? {}
        : {
            opening: {
              verb,
              example: "x",
              parseAddress: (address) => (accepts.test(address) ? { address } : undefined),
            },
          }),
    },
  });
  test("the channel is the first that can send, knows the word and takes the address", () => {
    const channels = [
      channel("form", undefined, /./),
      channel("deaf", "mail", /@/, false),
      channel("post", "mail", /@/),
      channel("more", "mail", /@/),
      channel("sms", "text", /^\+/),
    ];
    const chosen = (verb: string, address: string) =>
      chooseChannel(channels, { verb, address, subject: undefined })?.channel.name;
    expect(listVerbs(channels)).toEqual(["mail", "text", "write"]);
    expect([chosen("mail", "a@b"), chosen("text", "+1"), chosen("write", "+1")]).toEqual(["post", "sms", "sms"]);
    expect([chosen("mail", "+1"), chosen("text", "a@b"), chosen("write", "")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(listVerbs([channel("form", undefined, /./)])).toEqual([]);
  });
});

describe("!via", () => {
  const bridge = (example: string, accepts: RegExp, canSend = true): OpenChannel["bridge"] => ({
    capabilities: { send: canSend, html: true, subject: true, cc: true, attachmentBytes: 0, repeatable: true },
    start: async () => undefined,
    stop: async () => undefined,
    health: () => ({ state: "up", since: new Date() }),
    ...(canSend ? { send: async () => ({ remoteId: "" }) } : {}),
    opening: {
      verb: "mail",
      example,
      parseAddress: (text) => (accepts.test(text) ? { address: text.toLowerCase() } : undefined),
    },
  });
  const channels: OpenChannel[] = [
    { name: "news", type: "email", bridge: bridge("a@b", /@/, false) },
    { name: "post", type: "email", bridge: bridge("a@b", /@/) },
    {
      name: "Texts",
      type: "sms",
      bridge: { ...bridge("+1", /^\+/), opening: { verb: "text", example: "+1", parseAddress: () => undefined } },
    },
  ];
  const known = [
    { channel: "Texts", address: "+2" },
    { channel: "post", address: "new@x" },
    { channel: "post", address: "old@x" },
  ];
  const way = (word: string, address?: string) => {
    const found = findNamedWay(channels, known, { word, address });
    return "way" in found ? found.way : found.objection(chooseTexts(["en"]));
  };
  test("takes a kind of channel, its command or its name, and the newest way that is known", () => {
    expect([way("email"), way("mail"), way("post"), way("texts")]).toEqual([known[1], known[1], known[1], known[0]]);
    expect(way("email", "A@b")).toEqual({ channel: "post", address: "a@b" });
    expect(way("sms", "nobody")).toContain("!via sms +1");
    expect(way("fax")).toBe('Not sent: this agency has no channel "fax" that carries answers. It has: email, sms.');
    expect(way("news")).toContain("no channel");
  });
  test("the first line alone is the command", () => {
    expect(readVia({ body: "!VIA SMS +33 6 11\nyes" })).toEqual({ word: "sms", address: "+33611" });
    expect(readVia({ body: "!via sms" })).toEqual({ word: "sms", address: undefined });
  });
});

describe("answers to all", () => {
  const [ann, bob, office] = ["ann", "bob", "office"].map((name) => ({ address: `${name}@x.example` }));
  test("go once to each who wrote, was named or wants the answer", () => {
    if (!ann || !bob || !office) throw new Error("nobody");
    const ways = { channel: "post", answers: { channel: "post", address: ann.address } };
    const record = {
      event: eventId("$c"),
      remoteId: undefined,
      from: ann,
      replyTo: office,
      cc: [bob, office, ann],
      ...ways,
    };
    expect(listCopies(record, ann.address)).toEqual([office, bob]);
    // Somebody else than the conversation's citizen wrote last.
    expect(listCopies({ ...record, from: bob, replyTo: undefined, cc: [ann] }, ann.address)).toEqual([bob]);
    expect(listCopies(undefined, ann.address)).toEqual([]);
    expect(objectToCopies([bob], true)).toBeUndefined();
    expect([objectToCopies([], true), objectToCopies([bob], false)]).toEqual([expect.anything(), expect.anything()]);
  });

  test("that reach others only have failed for the citizen", () => {
    const refused = [{ address: "bob@x.example", code: "SMTP_550" }];
    const sent = { remoteId: "m", refused };
    expect(endingOfSent(sent, { address: "ann@x.example" })).toEqual({ state: "sent", ...sent });
    expect(endingOfSent(sent, { address: "bob@x.example" })).toMatchObject({
      state: "failed",
      code: "SMTP_550",
      ...sent,
    });
    expect(endingOfSent({ remoteId: "m" }, { address: "bob@x.example" })).toEqual({ state: "sent", remoteId: "m" });
  });
});
