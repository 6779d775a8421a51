import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { decodeGsm7, encodeGsm7, isGsm7, joinEscapes } from "../../bridges/sms/gsm7.ts";
import { decodeUcs2, joinParts } from "../../bridges/sms/join-parts.ts";
import { type Segments, segment } from "../../bridges/sms/segment.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { sharedMaterial } from "../support/shared-material.ts";

const sizeOf = (encoding: string, part: string) => (encoding === "gsm7" ? encodeGsm7(part).length : part.length);

test.each([
  ["160 septets are one SMS", "a".repeat(160), "gsm7", [160]],
  ["161 are two", "a".repeat(161), "gsm7", [153, 8]],
  ["an escape is not parted", `${"a".repeat(152)}€${"a".repeat(10)}`, "gsm7", [152, 12]],
  ["70 units are one SMS", "ж".repeat(70), "ucs2", [70]],
  ["71 are two", "ж".repeat(71), "ucs2", [67, 4]],
  ["a surrogate pair is not parted", `${"ж".repeat(66)}😀${"ж".repeat(10)}`, "ucs2", [66, 12]],
  ["no text is one empty SMS", "", "gsm7", [0]],
  ["national letters go as UCS-2", "ığş", "ucs2", [3]],
] as const)("%s", (_name, text, encoding, sizes) => {
  const cut = segment(text);
  expect(cut.encoding).toBe(encoding);
  expect(cut.parts.map((part) => sizeOf(encoding, part))).toEqual(sizes);
  expect(cut.parts.join("")).toBe(text);
});

test("a header with a 16-bit reference leaves 152 septets or 66 units", () => {
  expect(segment("a".repeat(161), 7).parts.map((part) => part.length)).toEqual([152, 9]);
  expect(segment("ж".repeat(71), 7).parts.map((part) => part.length)).toEqual([66, 5]);
});

test("where nobody knows that it goes over the air in seven bits, a part has 140 letters, or 134 of several", () => {
  expect(segment("é".repeat(140), 6, "latin1")).toEqual({ encoding: "gsm7", parts: ["é".repeat(140)] });
  expect(segment("é".repeat(141), 6, "latin1").parts.map((part) => part.length)).toEqual([134, 7]);
  expect(segment("é", 6, "ascii").encoding).toBe("ucs2");
  expect(segment("ê", 6, "latin1").encoding).toBe("ucs2");
});

test("10,000 random texts: the parts are the text, fit, and part no pair", () => {
  const random = seededRandom(5);
  const letters = ["a", "€", "é", "[", "ж", "😀", "🇫🇷", "\n", "~"];
  for (let round = 0; round < 10_000; round += 1) {
    const kinds = letters.slice(0, random.between(1, letters.length));
    const text = Array.from({ length: random.between(0, 400) }, () => random.pick(kinds)).join("");
    const { encoding, parts } = segment(text);
    const limit = encoding === "gsm7" ? [160, 153] : [70, 67];
    expect(parts.join("")).toBe(text);
    for (const part of parts) {
      expect(sizeOf(encoding, part)).toBeLessThanOrEqual(limit[parts.length === 1 ? 0 : 1] ?? 0);
      expect(part.isWellFormed()).toBe(true);
      if (encoding === "gsm7") expect(decodeGsm7(encodeGsm7(part))).toBe(part);
    }
  }
});

test("an escape that a phone left at the end of a part finds its letter in the next", () => {
  const octets = encodeGsm7("5 € [x]");
  for (let cut = 0; cut <= octets.length; cut += 1) {
    const parts = [octets.subarray(0, cut), octets.subarray(cut)].map((part) => decodeGsm7(part));
    expect(joinEscapes(parts.join(""))).toBe("5 € [x]");
  }
  expect(joinEscapes(decodeGsm7(Buffer.from([0x61, 0x1b])))).toBe("a ");
});

test("an escape before an unknown code shows the plain letter", () => {
  expect(decodeGsm7(Buffer.from([0x1b, 0x61]))).toBe("a");
});

describe("national tables (3GPP TS 23.038, annex A)", () => {
  const [TURKISH, SPANISH, PORTUGUESE] = [1, 2, 3];
  const octets = (hex: string) => Buffer.from(hex.replace(/\s/g, ""), "hex");

  test("single shifts", () => {
    expect(decodeGsm7(octets("1b61 1b65"), { single: SPANISH })).toBe("á€");
    expect(decodeGsm7(octets("1b73 1b69 1b47 1b49 1b53 1b67 1b63"), { single: TURKISH })).toBe("şıĞİŞğç");
    expect(decodeGsm7(octets("1b7b 1b7c 1b05 1b28 1b61 1b7f 1b41"), { single: PORTUGUESE })).toBe("ãõê{ÂâÀ");
    expect(decodeGsm7(octets("1b62"), { single: SPANISH })).toBe("b");
  });

  test("locking shifts, with the extension table and with a single shift", () => {
    expect(decodeGsm7(octets("40 07 0b0c 1c1d 04 60 09 40"), { locking: TURKISH })).toBe("İıĞğŞş€çÇİ");
    const all = Buffer.from(Array.from({ length: 128 }, (_, code) => (code === 0x1b ? 0x20 : code)));
    for (const [locking, distinct] of [
      [TURKISH, "€ıÇĞğŞşİç"],
      [PORTUGUESE, "êúíóÔôÁáªÇÀ∞^\\Ó|ÂâÊºÍÃÕÚ~ãõ`"],
    ] as const) {
      const letters = [...decodeGsm7(all, { locking })];
      expect(letters).toHaveLength(128);
      for (const letter of distinct) expect(letters).toContain(letter);
    }
    expect(decodeGsm7(octets("4e7b6f 1b3c 1b65"), { locking: PORTUGUESE })).toBe("Não[€");
    expect(decodeGsm7(octets("1b73 5b"), { locking: PORTUGUESE, single: TURKISH })).toBe("şÃ");
    // Spanish has no locking table; of others none is known here.
    expect(decodeGsm7(octets("61 05"), { locking: SPANISH })).toBe("aé");
    expect(decodeGsm7(octets("61 05"), { locking: 6 })).toBe("aé");
  });
});

const alphabet = sharedMaterial("corpora/sms-gsm0338/GSM0338.TXT");
describe.skipIf(alphabet === undefined)(
  "the table of the Unicode Consortium (needs ../shared/corpora/sms-gsm0338)",
  () => {
    test("each row goes both ways", () => {
      const rows = readFileSync(alphabet ?? "", "utf8")
        .split("\n")
        .flatMap((line) => {
          const [, code, unicode] = /^0x([0-9A-F]+)\t0x([0-9A-F]+)/.exec(line) ?? [];
          return code === undefined || unicode === undefined ? [] : [[code, unicode] as const];
        });
      expect(rows.length).toBe(138);
      for (const [code, unicode] of rows) {
        if (code === "1B") continue;
        const letter = String.fromCodePoint(Number.parseInt(unicode, 16));
        expect(encodeGsm7(letter).toString("hex").toUpperCase()).toBe(code);
        expect(decodeGsm7(Buffer.from(code, "hex"))).toBe(letter);
      }
    });
  },
);

const vectors = sharedMaterial("corpora/sms-segments");
describe.skipIf(vectors === undefined)("vectors of other programs (need ../shared/corpora/sms-segments)", () => {
  const read = (name: string): unknown => JSON.parse(readFileSync(join(vectors ?? "", name), "utf8"));
  /** As a phone that got the octets of the parts. */
  const readBack = ({ encoding, parts }: Segments) =>
    joinParts(
      parts.map((part) =>
        encoding === "gsm7" ? decodeGsm7(encodeGsm7(part)) : decodeUcs2(Buffer.from(part, "utf16le").swap16()),
      ),
    );

  test.each(["splitsms-gsm.json", "splitsms-unicode.json"])("%s", (name) => {
    const part = z.object({ content: z.string(), bytes: z.number() });
    const cases = z.array(z.object({ message: z.string(), parts: z.array(part) })).parse(read(name));
    expect(cases.length).toBeGreaterThan(5);
    // That program can be told to stay in the GSM alphabet, with spaces for other letters; guichet never loses a letter.
    const forced = (text: string) =>
      name.includes("gsm") ? [...text].map((each) => (isGsm7(each) ? each : " ")) : [text];
    for (const { message, parts } of cases) {
      const cut = segment(forced(message).join(""));
      expect(cut.parts).toEqual(parts.map(({ content }) => content));
      expect(readBack(cut)).toBe(forced(message).join(""));
      const octets = cut.parts.map((each) => sizeOf(cut.encoding, each) * (cut.encoding === "gsm7" ? 1 : 2));
      expect(octets).toEqual(parts.map(({ bytes }) => bytes));
    }
  });

  test("twilio.json", () => {
    const sizes = { segments: z.number(), messageSize: z.number(), totalSize: z.number() };
    const one = z.object({ body: z.string(), encoding: z.string(), ...sizes });
    for (const { body, encoding, segments, messageSize, totalSize } of z.array(one).min(5).parse(read("twilio.json"))) {
      const cut = segment(body);
      expect([body, cut.encoding, cut.parts.length]).toEqual([body, encoding === "GSM-7" ? "gsm7" : "ucs2", segments]);
      expect(readBack(cut)).toBe(body);
      const bits = isGsm7(body) ? 7 : 16;
      expect(cut.parts.reduce((sum, each) => sum + sizeOf(cut.encoding, each) * bits, 0)).toBe(messageSize);
      // Six octets of header in each of several parts.
      expect(messageSize + (segments === 1 ? 0 : segments * 48)).toBe(totalSize);
    }
  });
});
