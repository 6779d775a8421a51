import { expect, test } from "vitest";
import { conversationId, eventId } from "../../src/domain/ids.ts";
import { type KnownConversations, openHolds } from "../../src/outbox/holds.ts";
import { readEvent } from "../../src/outbox/read-event.ts";

const now = new Date(1_800_000_000_000);
const event = (id: string, relation: Record<string, unknown>, over: Record<string, unknown> = {}) =>
  readEvent(
    {
      event_id: id,
      sender: "@agent:x",
      type: "m.room.message",
      content: { msgtype: "m.text", body: "x", "m.relates_to": relation, ...over },
    },
    now,
  );
const reply = (id: string, to: string, root?: string) =>
  event(id, { "m.in_reply_to": { event_id: to }, ...(root ? { rel_type: "m.thread", event_id: root } : {}) });
const known = (conversations: Record<string, string>): KnownConversations =>
  new Map(
    Object.entries(conversations).map(([id, name]) => [eventId(id), { conversation: conversationId(name) }] as const),
  );

test("nothing overtakes an answer that waits for the message it answers", () => {
  const holds = openHolds(undefined);
  expect(holds.next(now)).toBeUndefined();
  expect(holds.concern(reply("$1", "$unknown", "$root"), known({ $root: "7" }))).toBe(false);
  holds.hold(reply("$1", "$unknown", "$root"), known({ $root: "7" }), 0);

  const edit = event(
    "$2",
    { rel_type: "m.replace", event_id: "$1" },
    { "m.new_content": { msgtype: "m.text", body: "y" } },
  );
  const redaction = readEvent(
    { event_id: "$3", sender: "@agent:x", type: "m.room.redaction", content: { redacts: "$1" } },
    now,
  );
  for (const change of [edit, redaction]) expect(holds.concern(change, known({}))).toBe(true);
  expect(holds.concern(reply("$4", "$unknown"), known({}))).toBe(true);
  expect(holds.concern(reply("$5", "$other", "$root"), known({}))).toBe(true);
  // Without a thread: the conversation alone tells.
  expect(holds.concern(reply("$6", "$earlier"), known({ $earlier: "7" }))).toBe(true);
  expect(holds.concern(reply("$7", "$elsewhere"), known({ $elsewhere: "8" }))).toBe(false);
});

test("what is held is looked at soon, and more rarely the longer it waits", () => {
  const lookAfter = (...waited: number[]) => {
    const holds = openHolds(undefined);
    for (const [index, forMs] of waited.entries()) holds.hold(reply(`$${index}`, `$to${index}`), known({}), forMs);
    return (holds.next(now)?.getTime() ?? 0) - now.getTime();
  };
  expect(lookAfter(0)).toBe(250);
  expect(lookAfter(8_000)).toBe(2_000);
  expect(lookAfter(600_000)).toBe(15_000);
  expect(lookAfter(600_000, 8_000)).toBe(2_000);
});
