import { describe, expect, test } from "vitest";
import { composeText } from "../../src/conversation/compose.ts";
import { chooseEarlier, nameMatter } from "../../src/conversation/earlier.ts";
import { linkToEvent, linkToRoom } from "../../src/conversation/permalink.ts";
import { relationIn } from "../../src/conversation/portal.ts";
import { chooseTexts } from "../../src/desk/choose-texts.ts";
import type { EarlierConversation } from "../../src/domain/conversation.ts";
import { conversationId, eventId, roomId } from "../../src/domain/ids.ts";
import { nameOurUsers } from "../../src/matrix/identity.ts";
import { selectEvents } from "../../src/matrix/incoming.ts";
import { readEvent } from "../../src/outbox/read-event.ts";
import { ruleOn } from "../../src/outbox/rule.ts";

const now = new Date(1_800_000_000_000);
const DAY_MS = 86_400_000;

describe("a place", () => {
  const place = { root: eventId("$root"), latest: eventId("$latest") };

  test("in a shared room is a thread, with a fallback unless it is a true reply", () => {
    expect(relationIn({ portal: "thread", ...place })).toEqual({
      "m.relates_to": {
        rel_type: "m.thread",
        event_id: "$root",
        is_falling_back: true,
        "m.in_reply_to": { event_id: "$latest" },
      },
    });
  });

  test("in a room of its own is the room: a reply is a plain reply, and the rest has no relation", () => {
    expect(relationIn({ portal: "room", ...place })).toEqual({});
    expect(relationIn({ portal: "room", ...place }, eventId("$x"))).toEqual({
      "m.relates_to": { "m.in_reply_to": { event_id: "$x" } },
    });
  });
});

describe("an earlier conversation", () => {
  const earlier = (name: string, days: number, over: Partial<EarlierConversation> = {}): EarlierConversation => ({
    address: "jeanne@example.org",
    subject: "Parking permit",
    lastAt: new Date(now.getTime() - days * DAY_MS),
    begins: { room: roomId("!r"), event: eventId(name) },
    ...over,
  });
  const choose = (subject: string | undefined, own: EarlierConversation[], cited: EarlierConversation[] = []) =>
    chooseEarlier({ subject, at: now }, { cited, own })?.begins.event;

  test("is the one that is cited, before any other", () => {
    const cited = earlier("$cited", 400, { address: "paul@example.org" });
    expect(choose("Parking permit", [earlier("$own", 1)], [cited])).toBe("$cited");
  });

  test("else one under the same subject, for 90 days", () => {
    const own = [earlier("$tax", 1, { subject: "Tax" }), earlier("$permit", 89)];
    expect(choose("RE: Re: parking  permit", own)).toBe("$permit");
    expect(choose("Parking permit", [earlier("$permit", 91)])).toBeUndefined();
  });

  test("else the address's latest, for 30 days", () => {
    const own = [earlier("$new", 20), earlier("$busy", 2, { subject: undefined })];
    expect(choose("Noise", own)).toBe("$busy");
    expect(choose(undefined, own)).toBe("$busy");
    expect(choose("Noise", [earlier("$old", 31)])).toBeUndefined();
  });

  test.each([
    ["Re: AW: Antw: TR : Fwd: Permit", "permit"],
    ["R\u00c9: Permit", "permit"],
    ["SV: VS: Permit", "permit"],
    ["Re[2]: Permit", "permit"],
    ["RE\uff1a Permit", "permit"],
    ["Retraite: dossier", "retraite: dossier"],
    ["Re:", ""],
  ])("%s is a matter called %s", (subject, matter) => {
    expect(nameMatter(subject)).toBe(matter);
  });

  test("a subject of prefixes only takes no time", () => {
    expect(nameMatter("Re: ".repeat(100_000)).length).toBeLessThan(500);
  });
});

describe("a link", () => {
  const room = roomId("!a/b");

  test("leads to a room or an event, through a server", () => {
    expect(linkToRoom(room, "agents.example")).toBe("https://matrix.to/#/!a%2Fb?via=agents.example");
    expect(linkToEvent({ room, event: eventId("$e") }, "agents.example")).toBe(
      "https://matrix.to/#/!a%2Fb/%24e?via=agents.example",
    );
  });

  test("stands in the head as words with the link behind them", () => {
    const link = { words: "May <belong>", href: "https://matrix.to/#/!r/%24e?via=x&y" };
    const message = { from: { address: "j@example.org" }, to: "m@x", text: "Hi", references: [], automatic: false };
    const { content } = composeText(message, undefined, chooseTexts(["en"]), { link });
    expect(content.body).toBe("j@example.org\nMay <belong>: https://matrix.to/#/!r/%24e?via=x&y\n\nHi");
    expect(content.formatted_body).toBe(
      '<p>j@example.org<br><a href="https://matrix.to/#/!r/%24e?via=x&amp;y">May &lt;belong&gt;</a></p><p>Hi</p>',
    );
  });
});

describe("in a conversation's own room", () => {
  const portal = conversationId("7");
  const say = (content: Record<string, unknown>) =>
    readEvent({ event_id: "$e", sender: "@agent:x", type: "m.room.message", content }, now);
  const rule = (content: Record<string, unknown>, replies: "explicit" | "all", citizen = false) =>
    ruleOn(say({ msgtype: "m.text", ...content }), {
      own: false,
      replies,
      repliedTo: citizen ? { conversation: portal, author: "citizen" } : undefined,
      thread: undefined,
      openings: [],
      portal,
    });
  const reply = { "m.relates_to": { "m.in_reply_to": { event_id: "$citizen" } } };

  test("explicit: a true reply and !reply leave, the rest stays in the conversation", () => {
    expect(rule({ body: "hm" }, "explicit")).toEqual({ is: "note", conversation: portal });
    expect(rule({ body: "!reply yes" }, "explicit").is).toBe("answer");
    expect(rule({ body: "yes", ...reply }, "explicit", true)).toMatchObject({ is: "answer", answers: "$citizen" });
    expect(rule({ body: "!nope" }, "explicit")).toEqual({ is: "unknown-command", conversation: portal, verb: "nope" });
  });

  test("all: everything but !note leaves", () => {
    expect(rule({ body: "yes" }, "all")).toMatchObject({ is: "answer", conversation: portal });
    expect(rule({ body: "!note hm" }, "all").is).toBe("note");
  });
});

describe("a tombstone", () => {
  const users = nameOurUsers("agents.example", "_guichet_as");
  const event = { event_id: "$t", room_id: "!r", sender: "@agent:x", type: "m.room.tombstone", content: {} };

  test("is looked at as state, and moves the room", () => {
    expect(selectEvents([{ ...event, state_key: "" }], users)).toHaveLength(1);
    expect(selectEvents([event, { ...event, state_key: "x" }], users)).toEqual([]);
    const common = {
      own: false,
      replies: "all",
      repliedTo: undefined,
      thread: undefined,
      portal: undefined,
      openings: [],
    } as const;
    expect(ruleOn(readEvent({ ...event, state_key: "" }, now), common)).toEqual({ is: "moved" });
  });

  test("other state is not", () => {
    expect(selectEvents([{ ...event, type: "m.room.message", state_key: "" }], users)).toEqual([]);
  });
});
