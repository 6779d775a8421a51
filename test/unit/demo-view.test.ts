import { expect, test } from "vitest";
import type { Scene } from "../../demo/page/scene.ts";
import { addressOf, readSelection } from "../../demo/page/selection.ts";
import { viewDocument } from "../../demo/page/view/document.ts";
import { duration, shorten } from "../../demo/page/view/words.ts";

const EMPTY: Scene = {
  ...{
    open: {},
    mailChannels: [],
    mails: [],
    mail: undefined,
    numbers: [],
    phone: "+33639980101",
    phones: [],
    texts: [],
  },
  ...{ form: undefined, agencies: [], agency: "", threads: [], thread: undefined, house: { ways: [], channels: [] } },
};
const CITIZEN = { name: "Camille", address: "camille@citizen.example" };

test("the web form stands on the page only where a channel has one", async () => {
  expect(String(await viewDocument(EMPTY, CITIZEN))).not.toContain("<iframe");
  const form = "http://127.0.0.1:8080/town-form?a=1&b=2";
  expect(String(await viewDocument({ ...EMPTY, form }, CITIZEN))).toContain(
    '<iframe src="http://127.0.0.1:8080/town-form?a=1&amp;b=2" title="The agency’s web form" sandbox=',
  );
});

test("what a form could not do is said beside it, with the words that were typed", async () => {
  const problem = { form: "text", words: "It is <waiting>.", typed: "</textarea>" } as const;
  const page = String(await viewDocument(EMPTY, CITIZEN, problem));
  expect(page).toContain('id="text-alert">It is &lt;waiting&gt;.</p>');
  expect(page).toContain("required>&lt;/textarea&gt;</textarea>");
});

test("a way that failed says its code, one under way what it waits for", async () => {
  const begun = new Date(2026, 0, 1, 9, 30, 0);
  const way = { direction: "out", channel: "town-sms", steps: [{ place: "written", at: begun }] } as const;
  const ways = [
    { ...way, id: "out-1", state: "held" },
    { ...way, id: "out-2", state: "quarantined", code: "TOO_BIG" },
    {
      ...{ ...way, id: "out-3", state: "failed", code: "SMPP_REFUSED" },
      steps: [...way.steps, { place: "failed", at: new Date(begun.getTime() + 40) }],
    },
  ];
  const page = String(await viewDocument({ ...EMPTY, house: { ways, channels: [] } }, CITIZEN));
  expect(page).toContain("held: the agent may still take it back");
  expect(page).toContain('<li class="bad">quarantined (TOO_BIG)</li>');
  expect(page).toContain('<li class="bad">failed (SMPP_REFUSED) <span class="quiet small">+ 40 ms</span></li>');
  expect(page).toContain('written <span class="quiet small">09:30:00</span>');
});

test("what is open stands in the address", () => {
  const open = readSelection({ mail: "00001", thread: ["$a", "$b"], phone: "", other: "x" });
  expect(open).toEqual({ mail: "00001" });
  expect(addressOf(open, { mail: undefined })).toBe("/");
  expect(addressOf(open, { thread: "$a&b" })).toBe("/?mail=00001&thread=%24a%26b");
});

test("times and long words are short", () => {
  expect([0.4, 999, 2_140, 95_000, 7_200_000].map(duration)).toEqual(["0 ms", "999 ms", "2.1 s", "2 min", "2 h"]);
  expect(shorten("abcdef", 3)).toBe("abc … (cut here)");
});
