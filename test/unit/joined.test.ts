import { expect, test } from "vitest";
import { roomId } from "../../src/domain/ids.ts";
import { rememberJoined } from "../../src/inbox/joined.ts";

const room = roomId("!room:example.org");

test("a ghost is known by the name under which it stands in a room", () => {
  const joined = rememberJoined();
  joined.add("jeanne", room, "Jeanne");
  expect(joined.has("jeanne", room, "Jeanne")).toBe(true);
  expect(joined.has("jeanne", room, undefined)).toBe(true);
  expect(joined.has("jeanne", room, "Jeanne Martin")).toBe(false);
  expect(joined.has("jeanne", roomId("!other:example.org"), undefined)).toBe(false);
  joined.forget("jeanne", room);
  expect(joined.has("jeanne", room, undefined)).toBe(false);
});

test("those who spoke last are remembered", () => {
  const joined = rememberJoined(2);
  joined.add("a", room, "A");
  joined.add("b", room, "B");
  expect(joined.has("a", room, "A")).toBe(true);
  joined.add("c", room, "C");
  expect(["a", "b", "c"].map((ghost) => joined.has(ghost, room, undefined))).toEqual([true, false, true]);
});

test("a doubt is raised once an hour, and makes one join say something new", () => {
  const joined = rememberJoined();
  expect(joined.takeDoubt("a", room)).toBe(false);
  expect(joined.doubt("a", room)).toBe(true);
  expect([joined.takeDoubt("a", room), joined.takeDoubt("a", room)]).toEqual([true, false]);
  expect(joined.doubt("a", room)).toBe(false);
  expect(joined.doubt("b", room)).toBe(true);
});
