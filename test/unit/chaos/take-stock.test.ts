import { expect, test } from "vitest";
import { takeStock } from "../../../chaos/take-stock.ts";

const citizen = (word: string) => ({
  event_id: `$${word}-${Math.random()}`,
  type: "m.room.message",
  sender: "@_guichet_email_a:agents.test",
  origin_server_ts: 0,
  content: { msgtype: "m.text", body: `Here is ${word} of it.` },
});
const reaction = (event: string, key: string) => ({
  event_id: `$${key}`,
  type: "m.reaction",
  sender: "@guichet:agents.test",
  origin_server_ts: 0,
  content: { "m.relates_to": { rel_type: "m.annotation", event_id: event, key } },
});
const mail = (word: string, id: string) => ({ to: ["a@example.org"], raw: `Message-ID: ${id}\r\n\r\nAnswer ${word}` });
const mails = ["matter0x0x", "matter0x1x"].map((word) => ({ word, file: undefined, acceptedAt: 1 }));
const conversation = { name: "matter0", from: "a@example.org", mails };
const answer = { word: "re-matter0x0x", conversation, event: "$answer" };

test.each([
  ["all in order", ["matter0x0x", "matter0x1x"], []],
  ["one that is not there", ["matter0x1x"], ["lost"]],
  ["one that stands there twice", ["matter0x0x", "matter0x1x", "matter0x0x"], ["doubled"]],
  ["one that overtook another", ["matter0x1x", "matter0x0x"], ["reordered"]],
])("%s", (_what, words, verdicts) => {
  const { findings } = takeStock({ timeline: words.map(citizen), mails: [], texts: [] }, [conversation], []);
  expect(findings.map(({ verdict }) => verdict)).toEqual(verdicts);
});

test.each([
  ["that left and shows it", "✅", [mail(answer.word, "<1@a>")], [], 0],
  ["that left twice under one name", "✅", [mail(answer.word, "<1@a>"), mail(answer.word, "<1@a>")], [], 1],
  ["that left under two names", "✅", [mail(answer.word, "<1@a>"), mail(answer.word, "<2@a>")], ["doubled"], 0],
  ["that never left and says it did", "✅", [], ["lost"], 0],
  ["that never left and says so", "❌", [], ["unknown"], 0],
] as const)("an answer %s", (_what, key, sent, verdicts, repeated) => {
  const timeline = [citizen("matter0x0x"), citizen("matter0x1x"), reaction("$answer", key)];
  const stock = takeStock({ timeline, mails: sent, texts: [] }, [conversation], [answer]);
  expect(stock.findings.map(({ verdict }) => verdict)).toEqual(verdicts);
  expect(stock.repeated).toBe(repeated);
});
