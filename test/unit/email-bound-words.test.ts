import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { boundWords } from "../../bridges/email/bound-words.ts";

const unbounded = { words: Number.POSITIVE_INFINITY, file: Number.POSITIVE_INFINITY };

async function pass(mail: string, bounds = unbounded, pieces = 7) {
  const bytes = Buffer.from(mail, "latin1");
  let cuts = 0;
  const source = (async function* () {
    for (let at = 0; at < bytes.length; at += pieces) yield bytes.subarray(at, at + pieces);
  })();
  const out: Buffer[] = [];
  for await (const piece of boundWords(source, bounds, () => cuts++)) out.push(piece);
  return { mail: Buffer.concat(out).toString("latin1"), isCut: cuts > 0 };
}

const file = randomBytes(300).toString("base64").replace(/.{76}/g, "$&\r\n");
const mixed = `Subject: s
Content-Type: multipart/mixed;
 charset=x; boundary="outer; b"

preamble
--outer; b
Content-Type: multipart/alternative; boundary=inner

--inner

-- 
words ${"w".repeat(50)}
--inner
Content-Type: text/html

<p>
--inner--
--outer; b
Content-Type: application/zip

${file}
--other
--outer; b
Content-Type: text/x-patch
Content-Disposition: attachment

--- a
+++ b
${"p".repeat(300)}
--outer; b--
epilogue
`.replace(/\r?\n/g, "\r\n");

describe("bounds of a mail's words", () => {
  test.each([1, 2, 3, 7, 64, 100_000])("all passes unchanged, in pieces of %i", async (pieces) => {
    expect(await pass(mixed, unbounded, pieces)).toEqual({ mail: mixed, isCut: false });
    const bare = mixed.replaceAll("\r\n", "\n");
    expect(await pass(bare, unbounded, pieces)).toEqual({ mail: bare, isCut: false });
  });
  test.each([1, 7, 100_000])("files are left out, words stay, in pieces of %i", async (pieces) => {
    const { mail, isCut } = await pass(mixed, { words: 1000, file: 10 }, pieces);
    expect(isCut).toBe(false);
    expect(mail).toContain("w".repeat(50));
    expect(mail).toContain("epilogue");
    expect(mail).not.toContain("p".repeat(11));
    expect(mail.length).toBeLessThan(mixed.length - file.length - 250);
    expect(mail.match(/--(outer; b|inner)/g)).toEqual(mixed.match(/--(outer; b|inner)/g));
  });
  test.each([1, 7, 100_000])("words are cut, files stay whole, in pieces of %i", async (pieces) => {
    const { mail, isCut } = await pass(mixed, { words: 30, file: 1000 }, pieces);
    expect(isCut).toBe(true);
    expect(mail).not.toContain("w".repeat(30));
    expect(mail).toContain(file);
    expect(mail).toContain("p".repeat(300));
  });
  test("without structure all is words", async () => {
    for (const mail of [`\r\n${"x".repeat(100)}`, `Subject: s\r\n\r\n${"x".repeat(100)}`, "x".repeat(600_000)]) {
      expect(await pass(mail, unbounded, 5000)).toEqual({ mail, isCut: false });
      const cut = await pass(mail, { words: 10, file: 0 }, 5000);
      expect(cut.isCut).toBe(true);
      expect(cut.mail.length).toBeLessThan(mail.length);
    }
    expect(await pass("")).toEqual({ mail: "", isCut: false });
    expect(await pass("Subject: s")).toEqual({ mail: "Subject: s", isCut: false });
  });
});
