import { expect, test } from "vitest";
import { arrangeRoom } from "../../demo/page/arrange-room.ts";
import type { MatrixEvent } from "../support/matrix-client.ts";

const AGENT = "@agent:agents.example";
const GHOST = "@_guichet_sms_abc:agents.example";
const BOT = "@_guichet_bot:agents.example";
const NAMES = new Map([[GHOST, "+33639980101"]]);

let at = 0;
const event = (
  event_id: string,
  sender: string,
  content: Record<string, unknown>,
  type = "m.room.message",
): MatrixEvent => {
  at += 1;
  return { event_id, type, sender, origin_server_ts: at, content };
};
const inThread = (root: string, answered?: string) => ({
  "m.relates_to": {
    rel_type: "m.thread",
    event_id: root,
    is_falling_back: answered === undefined,
    "m.in_reply_to": { event_id: answered ?? root },
  },
});
const reaction = (about: string, key: string) => ({
  "m.relates_to": { rel_type: "m.annotation", event_id: about, key },
});

test("threads with their answers, reactions, edits and files, the latest first", () => {
  const [thread, other] = arrangeRoom(
    [
      event("$1", GHOST, {
        body: "+33639980101 · first contact\n\nHello",
        msgtype: "m.text",
        "org.guichet.words": { body: [30, 5] },
      }),
      event("$2", BOT, { body: "A notice", msgtype: "m.notice" }),
      event("$3", AGENT, { body: "Helo", msgtype: "m.text", ...inThread("$1", "$1") }),
      event("$4", BOT, reaction("$3", "✅"), "m.reaction"),
      // Taken back.
      event("$5", BOT, {}, "m.reaction"),
      event("$6", AGENT, {
        body: "* Hello to you",
        "m.new_content": { body: "Hello to you", msgtype: "m.text" },
        "m.relates_to": { rel_type: "m.replace", event_id: "$3" },
      }),
      event("$7", GHOST, {
        ...{ body: "a.png", filename: "a.png", msgtype: "m.image", url: "mxc://agents.example/a" },
        info: { mimetype: "image/png" },
        ...inThread("$1"),
      }),
      event("$8", AGENT, inThread("$1")),
    ],
    NAMES,
    AGENT,
  );
  expect(thread).toMatchObject({
    root: "$1",
    channelType: "sms",
    messages: [
      { author: "citizen", name: "+33639980101", head: "+33639980101 · first contact", words: "Hello", reactions: [] },
      { author: "agent", name: AGENT, words: "Hello to you", isEdited: true, reactions: ["✅"], answers: "$1" },
      { author: "citizen", words: "", file: { name: "a.png", type: "image/png", mxc: "mxc://agents.example/a" } },
      { author: "agent", words: "(taken back)" },
    ],
  });
  expect(other).toMatchObject({ root: "$2", messages: [{ author: "bridge", words: "A notice" }] });
  expect(thread?.messages[2]).not.toHaveProperty("answers");
});

test("events of unusual shape are shown as what they are", () => {
  const [thread] = arrangeRoom(
    [event("$1", "@else:agents.example", { body: "x", "org.guichet.words": { body: ["a"] }, "m.relates_to": 7 })],
    new Map(),
    AGENT,
  );
  expect(thread).toMatchObject({ messages: [{ author: "agent", head: "", words: "x" }] });
  expect(thread).not.toHaveProperty("channelType");
});
