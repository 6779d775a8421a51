import { describe, expect, test } from "vitest";
import { readDecision } from "../../src/domain/decision.ts";
import {
  ARRIVAL_MOVES,
  GAVE_UP,
  NEWS_MOVES,
  SENDING_MOVES,
  statesBefore,
  stepOfEnding,
} from "../../src/domain/message-steps.ts";
import { nameOurUsers } from "../../src/matrix/identity.ts";
import { selectEvents } from "../../src/matrix/incoming.ts";
import { readEvent } from "../../src/outbox/read-event.ts";

type AnyMoves = Readonly<Record<string, { readonly after: readonly (string | undefined)[] }>>;

/** Whether the steps may follow each other. */
const isAllowed = (moves: AnyMoves, steps: readonly string[]) =>
  steps.every((step, index) => moves[step]?.after.includes(steps[index - 1]));

describe("steps of a message", () => {
  test.each([
    ["a mail", "received screened posted"],
    ["one that waits for the homeserver between its words and its files", "received screened deferred posted"],
    ["one whose room is replaced between them", "received screened screened posted"],
    ["one that is set aside and released", "received quarantined released screened posted"],
    ["one whose files are set aside when its words stand there", "received screened quarantined released posted"],
    ["one that is set aside and dropped", "received deferred quarantined dropped"],
  ])("%s: %s", (_what, steps) => expect(isAllowed(ARRIVAL_MOVES, steps.split(" "))).toBe(true));

  test.each([
    "posted",
    "received posted",
    "received screened posted posted",
    "received released",
    "received quarantined posted",
    "received quarantined dropped released",
  ])("never: %s", (steps) => expect(isAllowed(ARRIVAL_MOVES, steps.split(" "))).toBe(false));

  test.each([
    ["an answer", "composed held attempted accepted"],
    ["an acknowledgement", "composed queued attempted accepted"],
    ["edited, then taken back", "composed held held cancelled"],
    ["edited while it is tried", "composed held attempted deferred queued attempted accepted"],
    ["its process dies", "composed held attempted attempted unknown"],
    [
      "given up, sent again, refused, sent again",
      "composed held attempted gave-up replayed attempted refused replayed",
    ],
    ["came back, and is taken back before it leaves again", "composed held attempted accepted replayed cancelled"],
  ])("%s: %s", (_what, steps) => expect(isAllowed(SENDING_MOVES, steps.split(" "))).toBe(true));

  test.each([
    "held",
    "composed accepted",
    "composed held accepted",
    "composed held cancelled attempted",
    "composed held attempted accepted attempted",
    "composed held attempted refused attempted",
    "composed held replayed",
    "composed held attempted accepted cancelled",
  ])("never: %s", (steps) => expect(isAllowed(SENDING_MOVES, steps.split(" "))).toBe(false));

  test.each([
    ["delayed delivered read", true],
    ["bounced replayed delivered", true],
    ["replayed replayed bounced", true],
    ["read replayed", false],
    ["delivered delayed", false],
    ["bounced delivered", false],
  ])("news: %s is %s", (steps, expected) => expect(isAllowed(NEWS_MOVES, steps.split(" "))).toBe(expected));

  test("a step's statement asks for the states that it may follow", () => {
    expect(statesBefore(SENDING_MOVES, "attempted").toSorted()).toEqual(["attempting", "held", "queued"]);
    expect(statesBefore(SENDING_MOVES, "cancelled").toSorted()).toEqual(["held", "queued"]);
    expect(statesBefore(ARRIVAL_MOVES, "posted")).toEqual(["waiting"]);
    expect(statesBefore(ARRIVAL_MOVES, "dropped")).toEqual(["quarantined"]);
  });

  test("every ending of an attempt is a step to its own state", () => {
    for (const ending of [
      { state: "sent" },
      { state: "queued", code: "SMTP_451" },
      { state: "failed", code: "SMTP_550" },
      { state: "failed", code: GAVE_UP },
      { state: "unknown", code: "SMTP_UNKNOWN" },
    ] as const)
      expect(SENDING_MOVES[stepOfEnding(ending)].to).toBe(ending.state);
    expect(stepOfEnding({ state: "failed", code: GAVE_UP })).toBe("gave-up");
  });
});

describe("decisions of agents", () => {
  const reaction = (key: unknown, relation: Record<string, unknown> = {}) => ({
    "m.relates_to": { rel_type: "m.annotation", event_id: "$answer", key, ...relation },
  });

  test.each([
    ["🔁", "replay"],
    ["🗑️", "drop"],
    ["🗑", "drop"],
    ["🔁\u{FE0F}", "replay"],
  ])("%s means %s", (key, decision) => expect(readDecision(reaction(key))).toEqual({ of: "$answer", decision }));

  test.each([
    reaction("👍"),
    reaction("🔁🔁"),
    reaction(undefined),
    reaction(7),
    reaction("🔁", { event_id: "" }),
    reaction("🔁", { event_id: {} }),
    reaction("🔁", { rel_type: "m.thread" }),
    {},
    "🔁",
    undefined,
  ])("%j means nothing", (content) => expect(readDecision(content)).toBeUndefined());

  test("only such reactions of others reach the table, and are read as decisions", () => {
    const users = nameOurUsers("agents.test", "_guichet_bot");
    const event = (sender: string, content: unknown, id = "$r") => ({
      event_id: id,
      room_id: "!room",
      sender,
      type: "m.reaction",
      content,
      origin_server_ts: 1,
    });
    const wanted = event("@agent:agents.test", reaction("🔁"));
    const selected = selectEvents(
      [
        wanted,
        event("@agent:agents.test", reaction("👍")),
        event("@_guichet_email_x:agents.test", reaction("🔁")),
        event("@_guichet_bot:agents.test", reaction("🔁")),
        { ...wanted, state_key: "" },
      ],
      users,
    );
    expect(selected.map(({ event: found }) => found)).toEqual([wanted]);
    expect(readEvent(wanted, new Date())).toMatchObject({ kind: "decision", of: "$answer", decision: "replay" });
  });
});
