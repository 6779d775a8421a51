import { describe, expect, test } from "vitest";
import { z } from "zod";
import { missing } from "../support/needs.ts";
import { until } from "../support/patience.ts";
import { useSmsc } from "../support/smsc-suite.ts";

const absent = missing("jsmpp-smsc");
const said = absent === undefined ? "" : ` (${absent})`;
const codings = z.array(z.looseObject({ data_coding: z.number() }));

describe.skipIf(absent)(`texts in national tables, from an SMSC on jSMPP${said}`, () => {
  const suite = useSmsc();

  test.each([
    ["Turkish, locking", "250101", "4b07726d697a", "Kırmiz"],
    ["Turkish, single", "240101", "4b1b69731b73", "Kısş"],
    ["Spanish, single", "240102", "1b417261", "Ára"],
    ["Portuguese, locking and single", "250103240103", "4e7b6f 1b61", "NãoÂ"],
  ])("%s", async (_, ie, hex, text) => {
    const channel = await suite.start();
    await suite.smsc.order("mo", { hex: hex.replace(" ", ""), coding: "binary", dc: 0, ie });
    await until(() => channel.host.taken.length === 1);
    expect(channel.host.taken[0]?.text).toBe(text);
  });

  test("in parts, each with its own header", async () => {
    const channel = await suite.start();
    // 0x0b 0x0c are Ğ ğ in the Turkish table.
    const hex = "0b0c61".repeat(100);
    await suite.smsc.order("mo", { hex, coding: "binary", dc: 0, ie: "250101", concat: "udh8", order: "reverse" });
    await until(() => channel.host.taken.length === 1);
    expect(channel.host.taken[0]?.text).toBe("Ğğa".repeat(100));
  });
});

describe.skipIf(absent).each([
  ["latin1", "Où ça ? « Là », 100 $ [x]", "Prix : 5 €"],
  ["ascii", "Prix : 100 $ [x] {y} ^~", "Où ?"],
] as const)(`an SMSC that means %s by data_coding 0${said}`, (alphabet, plain, other) => {
  const suite = useSmsc(["--alphabet", alphabet]);

  test("its letters go with data_coding 0, others as UCS-2", async () => {
    const channel = await suite.start({ default_alphabet: alphabet });
    // Quotation marks are written as a typewriter would.
    const expected = plain.replace(/[«»]/g, '"');
    const long = `${"abc 1234 ".repeat(17)}${expected}`;
    for (const text of [plain, other, long]) await channel.send(text);
    expect((await suite.smsc.texts()).map(({ text }) => text)).toEqual([expected, other, long]);
    const sent = await suite.smsc.tell("messages", {}, codings);
    expect(sent.map(({ data_coding: coding }) => coding)).toEqual([0, 8, 0, 0]);
  });

  test("its letters come with data_coding 0", async () => {
    const channel = await suite.start({ default_alphabet: alphabet });
    await suite.smsc.order("mo", { text: plain, coding: alphabet, dc: 0 });
    await until(() => channel.host.taken.length === 1);
    expect(channel.host.taken[0]?.text).toBe(plain);
  });
});
