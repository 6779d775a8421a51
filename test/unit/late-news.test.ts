import { createSecretKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { nameDelivery, readDelivery } from "../../src/conversation/delivery-id.ts";
import { outcomeOf } from "../../src/desk/show-outcome.ts";
import { conversationId, outboxId } from "../../src/domain/ids.ts";
import { isNews, type LateState } from "../../src/domain/late-news.ts";
import type { AnswerState } from "../../src/domain/message-steps.ts";

describe("late news", () => {
  test.each<[LateState | undefined, LateState, boolean]>([
    [undefined, "delayed", true],
    [undefined, "failed", true],
    ["delayed", "delayed", false],
    ["delayed", "failed", true],
    ["failed", "delayed", false],
    ["failed", "failed", false],
    ["failed", "delivered", false],
    ["failed", "read", true],
    ["delivered", "failed", true],
    ["read", "failed", false],
    ["read", "delayed", false],
  ])("after %s, %s changes what is known: %s", (known, next, expected) => expect(isNews(known, next)).toBe(expected));

  const news = (state: LateState) => ({ state, code: "X", remark: undefined, remoteAnswer: undefined });
  test.each<[AnswerState, LateState | undefined, string]>([
    ["sent", undefined, "sent"],
    ["sent", "failed", "failed"],
    ["sent", "delayed", "delayed"],
    ["sent", "delivered", "sent"],
    ["sent", "read", "read"],
    ["unknown", undefined, "failed"],
    ["unknown", "delivered", "sent"],
    ["attempting", "failed", "waiting"],
    ["cancelled", "read", "nothing"],
  ])("%s with %s looks %s", (state, late, expected) =>
    expect(outcomeOf({ state, firstAttemptAt: undefined, news: late && news(late) }, new Date())).toBe(expected),
  );
});

describe("names of deliveries", () => {
  const key = createSecretKey(Buffer.alloc(32, 1));
  const name = nameDelivery(key, conversationId("41"), outboxId("7"));
  test("read back", () => {
    expect(readDelivery(key, name)).toEqual({ conversation: "41", id: "7" });
    expect(readDelivery(key, name.toUpperCase())).toEqual({ conversation: "41", id: "7" });
  });
  test.each([name.replace(/^15/, "16"), `${name}x`, name.slice(0, -2), "", "1-1", `${"a".repeat(100_000)}-1`])(
    "%j is none of ours",
    (other) => expect(readDelivery(key, other)).toBeUndefined(),
  );
});
