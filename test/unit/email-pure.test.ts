import { describe, expect, test } from "vitest";
import { normaliseAddress, ownAddress } from "../../bridges/email/addresses.ts";
import { classifyAutomatic } from "../../bridges/email/automatic.ts";
import { replySubject } from "../../bridges/email/compose-mail.ts";
import { guessSubject, readMessageId, readReferences } from "../../bridges/email/headers.ts";
import { htmlToText } from "../../bridges/email/html-text.ts";
import { continueFrom, nameArrival } from "../../bridges/email/imap-cursor.ts";
import { settings } from "../../bridges/email/settings.ts";
import { ruleOnFailure } from "../../bridges/email/smtp-error.ts";
import { tidyFileName, tidyLine, tidyMediaType, tidyText } from "../../bridges/email/tidy.ts";

describe("addresses", () => {
  test.each([
    ["Anna@Example.ORG", "anna@example.org"],
    [" anna@bücher.example ", "anna@xn--bcher-kva.example"],
    ["jörg@example.org", "jörg@example.org"],
    ["a@[192.0.2.1]", "a@[192.0.2.1]"],
    ["", undefined],
    ["anna", undefined],
    ["@example.org", undefined],
    ["a b@example.org", undefined],
    ["a@example.org\r\nBcc: x@y", undefined],
  ])("%j is %j", (text, expected) => expect(normaliseAddress(text)).toBe(expected));

  const own = ownAddress("Mairie@Town.example", "+");
  test.each([
    ["mairie@town.example", true, undefined],
    ["MAIRIE@TOWN.EXAMPLE", true, undefined],
    ["mairie+abc-123@town.example", true, "abc-123"],
    ["Mairie+ABC@town.example", true, "abc"],
    ["mairie+@town.example", true, undefined],
    ["mairie2@town.example", false, undefined],
    ["mairie@other.example", false, undefined],
    ["xmairie+abc@town.example", false, undefined],
  ])("%s is ours: %s, token %s", (recipient, isOurs, token) => {
    expect(own.owns(recipient)).toBe(isOurs);
    expect(own.tokenOf(recipient)).toBe(token);
  });
  test("a token never makes a local part that servers refuse", () => {
    expect(own.withToken("abc")).toBe("mairie+abc@town.example");
    expect(own.withToken("a".repeat(57))).toBe(`mairie+${"a".repeat(57)}@town.example`);
    expect(own.withToken("a".repeat(58))).toBeUndefined();
  });
});

describe("headers", () => {
  const lines = (head: string) =>
    head.split("\n").map((line) => ({ key: line.slice(0, line.indexOf(":")).toLowerCase(), line }));

  test("references, nearest first", () => {
    expect(readReferences("<c@x>", "<a@x> <b@x>\r\n <c@x>")).toEqual(["c@x", "b@x", "a@x"]);
    expect(readReferences("", "a@x b@x")).toEqual(["b@x", "a@x"]);
    expect(readReferences("your mail of Tuesday", "")).toEqual([]);
    expect(readReferences("", Array.from({ length: 80 }, (_, n) => `<${n}@x>`).join(" "))).toHaveLength(50);
    expect(readReferences(`<${"a".repeat(901)}@x>`, "<b@x>")).toEqual(["b@x"]);
  });
  test("message id", () => {
    expect(readMessageId("<a@x>")).toBe("a@x");
    expect(readMessageId(" a@x ")).toBe("a@x");
    expect(readMessageId("none")).toBeUndefined();
    expect(readMessageId(`<${"a".repeat(1000)}@x>`)).toBeUndefined();
    expect(readMessageId(undefined)).toBeUndefined();
  });
  test.each([
    ["Auto-Submitted: auto-replied (vacation)", "a@x", true],
    ["Auto-Submitted: no", "a@x", false],
    ["Auto-Submitted: No; reason=x", "a@x", false],
    ["Precedence: bulk", "a@x", true],
    ["Precedence: first-class", "a@x", false],
    ["List-Id: <news.x>", "a@x", true],
    ["X-Auto-Response-Suppress: All", "a@x", true],
    ["Subject: hello", "a@x", false],
    ["Subject: hello", "", true],
    ["Return-Path: <>", undefined, true],
    ["Return-Path: <a@x>", undefined, false],
  ])("%s from %j is automatic: %s", (head, from, expected) =>
    expect(classifyAutomatic(lines(head), from) !== undefined).toBe(expected),
  );
  test("a subject in bytes that no parser reads", () => {
    expect(guessSubject("From: a\r\nSubject: Trou dans\r\n la rue\r\nTo: b")).toBe("Trou dans la rue");
    expect(guessSubject("nothing")).toBeUndefined();
  });
});

describe("what a failed attempt means", () => {
  const at = { handedOver: false, fileFailed: false };
  test.each([
    ["5xx to the recipient", { ...at, code: "EENVELOPE", responseCode: 550, command: "RCPT TO" }, "rejected SMTP_550"],
    ["5xx to the sender", { ...at, code: "EENVELOPE", responseCode: 553, command: "MAIL FROM" }, "rejected SMTP_553"],
    [
      "5xx to the mail",
      { ...at, code: "EMESSAGE", responseCode: 554, command: "DATA", handedOver: true },
      "rejected SMTP_554",
    ],
    [
      "too big by reply",
      { ...at, code: "EMESSAGE", responseCode: 552, command: "DATA", handedOver: true },
      "rejected SMTP_552",
    ],
    ["too big by SIZE", { ...at, code: "EMESSAGE", command: "MAIL FROM" }, "rejected SMTP_552"],
    ["4xx to the recipient", { ...at, code: "EENVELOPE", responseCode: 450, command: "RCPT TO" }, "retry SMTP_450"],
    [
      "4xx to the mail",
      { ...at, code: "EMESSAGE", responseCode: 451, command: "DATA", handedOver: true },
      "retry SMTP_451",
    ],
    ["421 and goodbye", { ...at, code: "ECONNECTION", responseCode: 421, command: "CONN" }, "retry SMTP_421"],
    ["bad sequence", { ...at, code: "EENVELOPE", responseCode: 503, command: "MAIL FROM" }, "retry SMTP_503"],
    ["refused at the door", { ...at, code: "EPROTOCOL", responseCode: 554, command: "CONN" }, "retry SMTP_CONNECT"],
    ["wrong password", { ...at, code: "EAUTH", responseCode: 535, command: "AUTH PLAIN" }, "retry SMTP_AUTH"],
    ["login temporarily out", { ...at, code: "EAUTH", responseCode: 454, command: "AUTH PLAIN" }, "retry SMTP_AUTH"],
    ["login asked for", { ...at, code: "EENVELOPE", responseCode: 530, command: "MAIL FROM" }, "retry SMTP_AUTH"],
    ["no such host", { ...at, code: "EDNS", command: "CONN" }, "retry SMTP_CONNECT"],
    ["connection refused", { ...at, code: "ESOCKET", command: "CONN" }, "retry SMTP_CONNECT"],
    ["no TLS on offer", { ...at, code: "ETLS", responseCode: 500, command: "STARTTLS" }, "retry SMTP_TLS"],
    ["TLS fault", { ...at, code: "ETLS", command: "CONN" }, "retry SMTP_TLS"],
    ["lost before the end of data", { ...at, code: "ECONNECTION", command: "CONN" }, "retry SMTP_CONNECT"],
    [
      "lost after the end of data",
      { ...at, code: "ECONNECTION", command: "CONN", handedOver: true },
      "unknown SMTP_UNKNOWN",
    ],
    [
      "silence after the end of data",
      { ...at, code: "ETIMEDOUT", command: "CONN", handedOver: true },
      "unknown SMTP_UNKNOWN",
    ],
    ["aborted before", { ...at, code: "EABORT" }, "retry SMTP_ABORTED"],
    ["aborted after", { ...at, code: "EABORT", handedOver: true }, "unknown SMTP_UNKNOWN"],
    ["a file that cannot be read", { ...at, code: "ESTREAM", fileFailed: true }, "retry ATTACHMENT_UNREADABLE"],
    ["nothing known", { ...at }, "retry SMTP_CONNECT"],
  ])("%s", (_name, failure, expected) => {
    const { consequence, code } = ruleOnFailure(failure);
    expect(`${consequence} ${code}`).toBe(expected);
  });
});

describe("texts", () => {
  test("subjects of answers", () => {
    expect(replySubject("Trou", "Mairie")).toBe("Re: Trou");
    expect(replySubject("RE: re : AW: Trou", "Mairie")).toBe("Re: Trou");
    expect(replySubject(undefined, "Mairie")).toBe("Re: Mairie");
    expect(replySubject("a\r\nBcc: x@y", "Mairie")).toBe("Re: a Bcc: x@y");
    expect(replySubject("Reparation", "Mairie")).toBe("Re: Reparation");
  });
  test("file names, types, lines", () => {
    expect(tidyFileName("../../etc/passwd")).toBe(".._.._etc_passwd");
    expect(tidyFileName("a\u202Egpj.exe")).toBe("a_gpj.exe");
    expect(tidyFileName("..")).toBeUndefined();
    expect(tidyFileName(`${"a".repeat(300)}.pdf`)).toMatch(/^a{196}\.pdf$/);
    expect(tidyMediaType("Image/PNG")).toBe("image/png");
    expect(tidyMediaType("x\r\ny/z")).toBe("application/octet-stream");
    expect(tidyLine("a\u0000\tb\n", 10)).toBe("a b");
    expect(tidyText("a\r\nb\u0000\r\n\r\n")).toBe("a\nb");
  });
  test("HTML as text, hostile nesting included", () => {
    expect(htmlToText("<p>Bonjour <b>à tous</b></p><p>Deux</p>")).toBe("Bonjour à tous\n\nDeux");
    const started = performance.now();
    expect(htmlToText(`${"<b>".repeat(200_000)}end`)).toContain("end");
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe("IMAP", () => {
  test("a cursor holds for one UIDVALIDITY", () => {
    expect(continueFrom(undefined, "7")).toEqual({ uidValidity: "7", lastUid: 0 });
    expect(continueFrom({ uidValidity: "7", lastUid: 5 }, "7")).toEqual({ uidValidity: "7", lastUid: 5 });
    expect(continueFrom({ uidValidity: "7", lastUid: 5 }, "8")).toEqual({ uidValidity: "8", lastUid: 0 });
  });
  test("names of arrivals are short", () => {
    expect(nameArrival("INBOX", { uidValidity: "7", uid: 5 })).toBe("imap:INBOX:7:5");
    const longest = { digest: "f".repeat(64), uidValidity: "4294967295", uid: 4294967295 };
    expect(nameArrival("x".repeat(300), longest).length).toBeLessThanOrEqual(200);
  });
});

describe("settings", () => {
  test("defaults", () => {
    expect(settings.parse({ address: "mairie@town.example", listen: { port: 2525 } })).toMatchObject({
      delimiter: "+",
      listen: { protocol: "smtp", host: "127.0.0.1", port: 2525, max_bytes: 52_428_800 },
    });
  });
  test.each([
    [{ address: "mairie@town.example" }, "a way to receive mail is missing"],
    [{ address: "mairie", listen: { port: 2525 } }, "an address such as"],
    [{ address: "m@t.example", listen: { port: 2525 }, smtp: { host: "h", user: "u" } }, "go together"],
  ])("%j is refused", (config, words) => {
    expect(
      settings
        .safeParse(config)
        .error?.issues.map(({ message }) => message)
        .join(),
    ).toContain(words);
  });
});
