import { describe, expect, test } from "vitest";
import { readWish } from "../../bridges/sms/consent.ts";
import { encodeGsm7 } from "../../bridges/sms/gsm7.ts";
import { createLimits } from "../../bridges/sms/limits.ts";
import { spellingsOf } from "../../bridges/sms/message-ids.ts";
import { isAnswerable, readNumber, readSender } from "../../bridges/sms/numbers.ts";
import { createPace } from "../../bridges/sms/pace.ts";
import { isQuiet } from "../../bridges/sms/quiet-hours.ts";
import { simplify } from "../../bridges/sms/simplify.ts";
import { answerTo, type Pdu, writePdu } from "../../bridges/sms/smpp/pdu.ts";
import { BrokenPdu, BrokenStream, createPduReader, readMessage } from "../../bridges/sms/smpp/read-pdu.ts";
import { readReceipt, wordsOf } from "../../bridges/sms/smpp/receipt.ts";
import { openRepeats } from "../../bridges/sms/smpp/repeats.ts";
import { readUserData } from "../../bridges/sms/smpp/user-data.ts";

describe("numbers", () => {
  test.each([
    ["+33612345678", "+33612345678", "number"],
    ["0033612345678", "+33612345678", "number"],
    ["33612345678", "+33612345678", "number"],
    ["0612345678", "+33612345678", "number"],
    ["06 12 34 56 78", "+33612345678", "number"],
    ["4915112345678", "+4915112345678", "number"],
    ["36111", "36111", "short-code"],
    ["INFO-TAXI", "INFO-TAXI", "alphanumeric"],
    ["", "", "alphanumeric"],
  ])("%s is %s, a %s", (written, address, kind) => {
    expect(readSender(written, "FR")).toEqual({ address, kind });
    expect(isAnswerable(address)).toBe(kind === "number");
  });

  test("agents may write the country's own form; what is no number is none", () => {
    expect(readNumber("06 12 34 56 78", "FR")).toBe("+33612345678");
    expect(readNumber("(202) 456-1111", "US")).toBe("+12024561111");
    for (const text of ["12", "36111", "anna@example.org", "+3361234567890123", "0612"])
      expect(readNumber(text, "FR")).toBeUndefined();
  });
});

test("ids in other spellings; small numbers are not converted", () => {
  expect(spellingsOf("1584775651")).toContain("5e75c1e3");
  expect(spellingsOf("5e75c1e3")).toContain("1584775651");
  expect(spellingsOf("0000001020")).toContain("1020");
  expect(spellingsOf("3FC")).toEqual(["3FC", "3fc"]);
  expect(spellingsOf("16")).toEqual(["16"]);
  expect(spellingsOf("0")).toEqual(["0"]);
});

test("typesetters' punctuation gives way when that saves a text", () => {
  expect(simplify("L’été « ici »…")).toBe('L\'été " ici "...');
  expect(simplify("L’été — 5 €")).toBe("L'été - 5 €");
  expect(simplify("L’été 😀")).toBe("L’été 😀");
  expect(simplify("e\u0301te\u0301\r\n")).toBe("été");
});

describe("receipts", () => {
  const read = (text: string) => readReceipt(new Map(), text);
  test.each([
    [
      "id:12 sub:001 dlvrd:001 submit date:2611250101 done date:2611250102 stat:DELIVRD err:000 text:hi",
      "12",
      "delivered",
    ],
    ["ID:12 SUB:1 DLVRD:1 SUBMIT DATE:2611250101 DONE DATE:2611250102 STAT:DELIVRD ERR:0 TEXT:", "12", "delivered"],
    ["id: 12 stat: UNDELIV err: 021", "12", "failed"],
    ["stat:EXPIRED id:ab-12-cd err:", "ab-12-cd", "failed"],
    ["id:12 state:DELIVERED", "12", "delivered"],
    ["id:12 submit date: done date: stat:REJECTED", "12", "failed"],
    ["id:12 stat:delivrd text:id:13 stat:UNDELIV", "12", "delivered"],
  ])("%s", (text, id, state) => {
    expect(read(text)).toMatchObject({ id, state });
  });
  test.each(["", "bonjour", "stat:DELIVRD", "id:12", "id:12 stat:WHO"])("%j is none", (text) => {
    expect(read(text)).toBeUndefined();
  });
  test("words are read in ASCII, also where data_coding 0 is the GSM alphabet", () => {
    const message = readMessage(deliver(GOOD));
    const words = (octets: Buffer, dataCoding = 0) => {
      const receipt = { ...message, octets, dataCoding };
      return wordsOf(receipt, readUserData(receipt).text);
    };
    const ascii = "id:ab_12@x sub:001 stat:DELIVRD err:000 ";
    expect(words(Buffer.concat([Buffer.from(`${ascii}text:`), Buffer.from([0x05, 0x1b, 0x65])]))).toBe(ascii);
    expect(words(Buffer.from(`${ascii}Text:`, "utf16le").swap16(), 8)).toBe(`${ascii}Text:`);
    expect(words(encodeGsm7("id:a_b stat:DELIVRD"))).toBe("id:a_b stat:DELIVRD");
  });
  test("parameters win over words", () => {
    const options = new Map([
      [0x1e, Buffer.from("77\0")],
      [0x427, Buffer.from([5])],
      [0x423, Buffer.from([3, 0, 0x15])],
    ]);
    expect(readReceipt(options, "id:12 stat:DELIVRD")).toMatchObject({
      id: "77",
      state: "failed",
      remoteAnswer: "stat:UNDELIV network:3/21",
    });
  });
});

const deliver = (tail: string): Pdu => ({
  command: 5,
  status: 0,
  sequence: 1,
  body: Buffer.from(tail.replace(/\s/g, ""), "hex"),
});
/** service_type "", from 1/1/"336", to 1/1/"12", esm_class, then the rest up to sm_length. */
const GOOD = "00 0101 33333600 0101 313200 00 00 00 00 00 00 00 00 00 02 6f6b";

describe("PDUs", () => {
  test("are put together from any pieces", () => {
    const stream = Buffer.concat(
      Array.from({ length: 5 }, (_, place) => writePdu({ ...deliver(GOOD), sequence: place + 1 })),
    );
    for (const size of [1, 3, 16, 17, 50, 500]) {
      const read = createPduReader();
      const found: number[] = [];
      for (let at = 0; at < stream.length; at += size)
        found.push(...read(stream.subarray(at, at + size)).map(({ sequence }) => sequence));
      expect(found).toEqual([1, 2, 3, 4, 5]);
    }
  });

  test.each(["00000000", "0000000f", "7fffffff", "ffffffff"])("length %s ends the stream", (length) => {
    const read = createPduReader();
    expect(() => read(Buffer.from(`${length}000000050000000000000001`, "hex"))).toThrow(BrokenStream);
  });

  test("a message that is cut anywhere is broken, never one with fields missing", () => {
    const whole = Buffer.from(GOOD.replace(/\s/g, ""), "hex");
    expect(readMessage(deliver(GOOD)).octets.toString()).toBe("ok");
    for (let length = 0; length < whole.length; length += 1)
      expect(() => readMessage({ ...deliver(""), body: whole.subarray(0, length) })).toThrow(BrokenPdu);
    for (const tail of ["0424", "042400", "0424 0005 6162", "04240001"])
      expect(() => readMessage(deliver(GOOD + tail))).toThrow(BrokenPdu);
  });

  test("a refusal of a message has its message_id octet", () => {
    expect(writePdu(answerTo(deliver(GOOD), 0x64)).toString("hex")).toBe("0000001180000005000000640000000100");
  });

  test("alphabets by data_coding; a header that does not end is shown", () => {
    const message = readMessage(deliver(GOOD));
    const read = (dataCoding: number, hex: string, esmClass = 0) =>
      readUserData({ ...message, dataCoding, esmClass, octets: Buffer.from(hex, "hex") });
    expect(read(0, "00057f1b65").text).toBe("@éà€");
    expect(read(3, "e9").text).toBe("é");
    expect(read(8, "d83dde00").text).toBe("😀");
    expect(read(0x18, "0416").text).toBe("Ж");
    expect(read(0xe0, "0416").text).toBe("Ж");
    expect(read(0xf0, "05").text).toBe("é");
    expect(read(0xf5, "05ff")).toEqual({ text: "05ff", isBinary: true });
    expect(read(6, "b6").text).toBe("Ж");
    expect(read(0, "0500030702016f6b", 0x40)).toEqual({
      text: "ok",
      isBinary: false,
      part: { reference: "8:7", of: 2, number: 1 },
    });
    expect(read(0, "06080401020301 6f6b".replace(" ", ""), 0x40).part).toEqual({
      reference: "16:258",
      of: 3,
      number: 1,
    });
    expect(read(0, "0500030702056f6b", 0x40).part).toBeUndefined();
    expect(read(0, "506f6b", 0x40).text).toBe("Pok");
  });
});

test("the pace: so many at once, so many a second, and a rest when it is asked for", async () => {
  const pace = createPace(2, 50);
  const { signal } = new AbortController();
  const leave = [await pace.take(signal), await pace.take(signal)];
  let third = false;
  const waiting = pace.take(signal).then((free) => {
    third = true;
    return free;
  });
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(third).toBe(false);
  leave[0]?.();
  (await waiting)();
  leave[1]?.();
  const begun = performance.now();
  for (let round = 0; round < 10; round += 1) (await pace.take(signal))();
  expect(performance.now() - begun).toBeGreaterThan(150);
  pace.slow();
  const rested = performance.now();
  (await pace.take(signal))();
  expect(performance.now() - rested).toBeGreaterThan(180);
  pace.slow();
  await expect(pace.take(AbortSignal.timeout(20))).rejects.toThrow();
  (await pace.take(signal))();
});

describe("arrivals", () => {
  const openNotes = () => {
    const kept = new Map<string, string>();
    const notes = {
      get: async (key: string) => kept.get(key),
      set: async (key: string, value: string) => void kept.set(key, value),
    };
    return { kept, notes };
  };
  const session = (number: number, since = 0) => ({ number, since });
  const message = readMessage(deliver(GOOD));
  const other = { ...message, octets: Buffer.from("autre") };

  test("again over another connection is the same, again over this one is new words", async () => {
    const { kept, notes } = openNotes();
    const repeats = await openRepeats(notes);
    const { name: first } = await repeats.nameOf(message, session(1));
    repeats.answered(first, true);
    const { name: second } = await repeats.nameOf(message, session(1));
    expect(second).not.toBe(first);
    repeats.answered(second, true);
    await repeats.confirm([first]);
    const again = { name: second, isDoubtful: false };
    expect(await repeats.nameOf(message, session(2))).toEqual(again);
    // Killed: the next process knows what the SMSC may send again.
    const after = await openRepeats(notes);
    expect(await after.nameOf(message, session(1))).toEqual(again);
    after.answered(second, false);
    expect(await after.nameOf(message, session(1))).toEqual(again);
    after.answered(second, true);
    await after.confirm(after.written(1));
    expect(kept.get("smpp-unconfirmed")).toBe("[]");
    expect([...kept.values()].join("")).not.toContain("336");
  });

  test("what the SMSC has gone past, or should have repeated long ago, is shown again and said to be in doubt", async () => {
    const { notes } = openNotes();
    let now = 0;
    const killed = await openRepeats(notes, () => now);
    const { name } = await killed.nameOf(message, session(1));
    killed.answered(name, true);

    const passed = await openRepeats(notes, () => now);
    // What had waited comes in any order at first, and somebody else's text proves nothing.
    await passed.nameOf(other, session(1));
    now = 11_000;
    await passed.nameOf({ ...other, source: { ...message.source, address: "33699999999" } }, session(1));
    expect(await passed.nameOf(message, session(1))).toEqual({ name, isDoubtful: false });
    passed.answered(name, true);
    await passed.nameOf({ ...message, octets: Buffer.from("encore") }, session(2));
    // Killed once more: the note knows it too.
    const next = await openRepeats(notes, () => now);
    const doubtful = await next.nameOf(message, session(1));
    expect(doubtful.isDoubtful).toBe(true);
    expect(doubtful.name).not.toBe(name);
    next.answered(doubtful.name, true);
    expect(await next.nameOf(message, session(2))).toEqual({ name: doubtful.name, isDoubtful: false });

    now += 6 * 60 * 1000;
    expect((await next.nameOf(message, session(3))).isDoubtful).toBe(true);
    now += 61 * 60 * 1000;
    expect((await next.nameOf(message, session(4))).isDoubtful).toBe(false);
  });
});

describe("STOP and START", () => {
  test.each(["STOP", "stop.", " Stop ", "ARRÊT", "Désabonner", "STOP 36111", "Stop SMS", "стоп", "ΣΤΟΠ", "STOPP!"])(
    "%s",
    (text) => {
      expect(readWish(text)).toBe("stop");
    },
  );
  test.each(["stop the construction works", "Je veux que ça s’arrête", "cancel", "", "STOP 06 12 34 56 78", "oui"])(
    "%j is none",
    (text) => {
      expect(readWish(text)).toBeUndefined();
    },
  );
  test("START, and an operator's own word", () => {
    expect(readWish("start")).toBe("start");
    expect(readWish("Retrait", ["RETRAIT"])).toBe("stop");
  });
});

test("quiet hours go over midnight, in the operator's time zone", () => {
  const hours = { from: "21:00", to: "08:00", time_zone: "Europe/Paris" };
  const at = (time: string) => isQuiet(hours, new Date(`2026-07-01T${time}:00Z`));
  expect([at("18:59"), at("19:00"), at("23:30"), at("05:59"), at("06:00")]).toEqual([false, true, true, true, false]);
  expect(isQuiet({ ...hours, from: "12:00", to: "14:00" }, new Date("2026-01-01T11:30:00Z"))).toBe(true);
});

test("limits: a minute, a day over a restart, and parts that did not leave", async () => {
  let now = Date.parse("2026-11-25T10:00:00Z");
  const kept = new Map<string, string>();
  const notes = {
    get: async (key: string) => kept.get(key),
    set: async (key: string, value: string) => void kept.set(key, value),
  };
  const open = () => createLimits({ per_minute: 3, per_day: 8 }, notes, () => new Date(now));
  let limits = open();
  await limits.spend(2);
  await expect(limits.spend(2)).rejects.toMatchObject({ code: "SMS_LIMIT_MINUTE", consequence: "retry" });
  const takeBack = await limits.spend(1);
  await takeBack();
  await limits.spend(1);
  now += 60_000;
  await limits.spend(5);
  limits = open();
  await expect(limits.spend(1)).rejects.toMatchObject({ code: "SMS_LIMIT_DAY" });
  now += 24 * 60 * 60 * 1000;
  await limits.spend(1);
});
