import { describe, expect, test } from "vitest";
import { openDigest } from "../../bridges/email/mail-digest.ts";

const KEPT =
  "From: Anna <anna@example.org>\r\nSubject: Bonjour\r\n =?utf-8?q?=C3=A0?= tous\r\nMessage-ID: <1@example.org>";
const BODY = "Un\r\n\r\ndeux\r\n";

function digest(mail: string, chunk = mail.length): string {
  const digest = openDigest();
  const bytes = Buffer.from(mail);
  for (let at = 0; at < bytes.length; at += chunk) digest.update(bytes.subarray(at, at + chunk));
  return digest.digest();
}

describe("what makes two mails the same", () => {
  const mail = `Received: from a\r\n by b\r\n${KEPT}\r\n\r\n${BODY}`;

  test("is not how they came", () => {
    const other = `Return-Path: <anna@example.org>\r\nReceived: from c\r\n by d; Tue\r\n${KEPT}\r\nX-Spam: no\r\n\r\n${BODY}`;
    expect(digest(other)).toBe(digest(mail));
  });

  test("is each field that their author wrote, to the last line of it, and the whole body", () => {
    const others = [
      mail.replace("Bonjour", "Bonsoir"),
      mail.replace("=A0", "=A9"),
      mail.replace("<1@", "<2@"),
      mail.replace("deux", "trois"),
      `${mail}\r\n`,
    ];
    expect(new Set([mail, ...others].map((each) => digest(each))).size).toBe(6);
  });

  test.each([1, 2, 3, 7, 50])("is the same read in pieces of %i bytes", (size) => {
    expect(digest(mail, size)).toBe(digest(mail));
  });

  test("a field in the body is body", () => {
    const forwarded = (server: string) => `${KEPT}\r\n\r\nReceived: from ${server}\r\n`;
    expect(digest(forwarded("a"))).not.toBe(digest(forwarded("b")));
  });

  test.each(["", "\r\n", "no field at all", `${"x".repeat(300_000)}\r\n\r\nbody`])(
    "a mail without a head is told by its bytes",
    (odd) => {
      expect(digest(odd, 1000)).toMatch(/^[0-9a-f]{64}$/);
      expect(digest(`${odd}.`, 1000)).not.toBe(digest(odd, 1000));
    },
  );
});
