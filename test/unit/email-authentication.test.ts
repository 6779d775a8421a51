import { createHash, createSign, generateKeyPairSync } from "node:crypto";
import { sealMessage } from "mailauth";
import { describe, expect, test } from "vitest";
import { spool } from "../../bridges/email/spool.ts";
import { authenticate } from "../../bridges/email/trust/authenticate.ts";
import { checkDmarc } from "../../bridges/email/trust/check-dmarc.ts";
import { checkSpf } from "../../bridges/email/trust/check-spf.ts";
import { untilAborted } from "../../bridges/email/trust/dns.ts";
import { evidenceFrom, judge } from "../../bridges/email/trust/judge.ts";
import { fakeDns } from "../support/fake-dns.ts";

describe("SPF", () => {
  const check = (records: Parameters<typeof fakeDns>[0], ip = "192.0.2.1", mailFrom = "anna@town.example") =>
    checkSpf(fakeDns(records), { ip, helo: "mx.town.example", mailFrom }).then(({ result }) => result);

  test.each([
    ["v=spf1 ip4:192.0.2.0/24 -all", "pass"],
    ["v=spf1 ip4:198.51.100.0/24 -all", "fail"],
    ["v=spf1 ip4:198.51.100.0/24 ~all", "softfail"],
    ["v=spf1", "neutral"],
    ["v=spf10 -all", "none"],
    ["v=spf1 ip4:192.0.2.0/33 -all", "permerror"],
    ["v=spf1 ip4:192.0.2.1 nonsense", "permerror"],
    ["v=spf1 a:%{x}.example -all", "permerror"],
    ["v=spf1 redirect=a.example redirect=b.example", "permerror"],
  ])("%s: %s", async (record, result) => {
    expect(await check({ "TXT town.example": [record] })).toBe(result);
  });

  test("two records are an error, no answer is not known now", async () => {
    expect(await check({ "TXT town.example": ["v=spf1 -all", "V=SPF1 +all"] })).toBe("permerror");
    expect(await check({ "TXT town.example": "fails" })).toBe("temperror");
    expect(
      await check({ "TXT town.example": ["v=spf1 include:other.example -all"], "TXT other.example": "fails" }),
    ).toBe("temperror");
  });

  test("an included record's macros speak of its own domain", async () => {
    const records = {
      "TXT town.example": ["v=spf1 include:host.example -all"],
      "TXT host.example": ["v=spf1 exists:%{ir}.%{l}.spf.%{d} -all"],
      "A 1.2.0.192.anna.spf.host.example": ["127.0.0.2"],
    };
    expect(await check(records)).toBe("pass");
    expect(await check(records, "192.0.2.2")).toBe("fail");
  });

  test("hosts by name, in both families; a name without one family is no void look-up", async () => {
    const records = {
      "TXT town.example": ["v=spf1 a:a.example a:b.example a:c.example mx -all"],
      "A a.example": ["198.51.100.1"],
      "A b.example": ["198.51.100.2"],
      "A c.example": ["198.51.100.3"],
      "MX town.example": ["mx.example"],
      "AAAA mx.example": ["2001:db8::25"],
    };
    expect(await check(records, "2001:db8::25")).toBe("pass");
    expect(await check(records, "::ffff:198.51.100.3")).toBe("pass");
    const voids = { "TXT town.example": ["v=spf1 a:x.example a:y.example a:z.example -all"] };
    expect(await check(voids)).toBe("permerror");
  });

  test("loops and long chains end", async () => {
    expect(await check({ "TXT town.example": ["v=spf1 include:town.example -all"] })).toBe("permerror");
    const many = { "TXT town.example": [`v=spf1 ${"exists:a.example ".repeat(11)}-all`], "A a.example": [] };
    expect(await check(many)).toBe("permerror");
  });

  test("the null return path is judged by HELO", async () => {
    expect(await check({ "TXT mx.town.example": ["v=spf1 ip4:192.0.2.1 -all"] }, "192.0.2.1", "")).toBe("pass");
  });
});

describe("DMARC", () => {
  const pass = (domain: string) => ({ result: "pass" as const, domain });
  const dmarc = (record: string, proofs: Parameters<typeof checkDmarc>[2], from = "town.example") =>
    checkDmarc(fakeDns({ "TXT _dmarc.town.example": [record] }), from, proofs);

  test("alignment: the organisation's domain, or exactly the same where the owner asks for it", async () => {
    const proofs = { spf: undefined, dkim: [pass("mail.town.example")] };
    expect(await dmarc("v=DMARC1; p=reject", proofs)).toMatchObject({ result: "pass" });
    expect(await dmarc("v=DMARC1; p=reject; adkim=s", proofs)).toMatchObject({ result: "fail", policy: "reject" });
    expect(await dmarc("v=DMARC1; p=reject; aspf=s", { spf: pass("town.example"), dkim: [] })).toMatchObject({
      result: "pass",
    });
    expect(await dmarc("v=DMARC1; p=reject", { spf: pass("other.example"), dkim: [] })).toMatchObject({
      result: "fail",
    });
  });

  test.each([
    ["v=DMARC1; p=reject; sp=none", "a.town.example", "none"],
    ["v=DMARC1; p=reject", "a.town.example", "reject"],
    ["v=DMARC1; p=reject; pct=0", "town.example", "quarantine"],
    ["v=DMARC1; p=quarantine; t=y", "town.example", "none"],
    ["v=DMARC1; p=nonsense", "town.example", "none"],
  ])("%s for %s asks for %s", async (record, from, policy) => {
    expect(await dmarc(record, { spf: undefined, dkim: [] }, from)).toMatchObject({ result: "fail", policy });
  });

  test("none without a record, open without an answer", async () => {
    const nothing = { spf: undefined, dkim: [] };
    expect(await checkDmarc(fakeDns({}), "town.example", nothing)).toMatchObject({ result: "none" });
    expect(await dmarc("something else", nothing)).toMatchObject({ result: "none" });
    expect(await checkDmarc(fakeDns({ "TXT _dmarc.town.example": "fails" }), "town.example", nothing)).toMatchObject({
      result: "temperror",
    });
    expect(
      await dmarc("v=DMARC1; p=reject", { spf: undefined, dkim: [{ result: "temperror", domain: "town.example" }] }),
    ).toMatchObject({ result: "temperror" });
  });
});

describe("signatures", () => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const key = publicKey.export({ type: "spki", format: "der" }).toString("base64");
  const records = {
    "TXT s1._domainkey.town.example": [`v=DKIM1; k=rsa; p=${key}`],
    "TXT s1._domainkey.lists.example": [`v=DKIM1; p=${key}`],
    "TXT _dmarc.town.example": ["v=DMARC1; p=reject"],
  };
  const mail = "From: Anna <anna@town.example>\r\nTo: x@example.org\r\nSubject: Hi\r\n\r\nBonjour\r\n";
  const stranger = { ip: "198.51.100.7", helo: "mx.else.example", mailFrom: "bounce@else.example" };

  const relax = (line: string) => {
    const colon = line.indexOf(":");
    return `${line.slice(0, colon).toLowerCase()}:${line.slice(colon + 1).trim()}`;
  };
  /** RFC 6376, relaxed headers and simple body. */
  const sign = (text: string, headers: readonly string[] = ["from", "to", "subject"]) => {
    const [head = "", body = ""] = text.split(/\r\n\r\n(.*)/s);
    const bodyHash = createHash("sha256")
      .update(body.replace(/(?:\r\n)*$/, "\r\n"))
      .digest("base64");
    const signature = `DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple; d=town.example; s=s1; h=${headers.join(":")}; bh=${bodyHash}; b=`;
    const lines = headers.map((name) =>
      head.split("\r\n").findLast((line) => line.toLowerCase().startsWith(`${name}:`)),
    );
    const signed = [...lines.flatMap((line) => (line === undefined ? [] : [relax(line)])), relax(signature)].join(
      "\r\n",
    );
    return `${signature}${createSign("sha256").update(signed).sign(privateKey, "base64")}\r\n${text}`;
  };
  async function look(text: string, dns: Parameters<typeof fakeDns>[0] = records) {
    await using spooled = await spool(piecesOf(text));
    return await authenticate(spooled, stranger, fakeDns(dns));
  }
  async function* piecesOf(text: string): AsyncGenerator<Buffer> {
    for (let at = 0; at < text.length; at += 60_000) yield Buffer.from(text.slice(at, at + 60_000), "latin1");
  }

  test("a signature proves its domain; a change breaks it", async () => {
    const signed = sign(mail);
    expect(await look(signed)).toMatchObject({
      dkim: [{ result: "pass", domain: "town.example" }],
      dmarc: [{ result: "pass" }],
    });
    expect(await look(signed.replace("Bonjour", "Bonsoir"))).toMatchObject({
      dkim: [{ result: "fail" }],
      dmarc: [{ result: "fail" }],
    });
    expect(await look(signed.replace("Subject: Hi", "Subject: Ho"))).toMatchObject({ dkim: [{ result: "fail" }] });
  });

  test("a large mail is streamed", async () => {
    const signed = sign(`${mail}${"a line of words\r\n".repeat(100_000)}`);
    expect(await look(signed)).toMatchObject({ dkim: [{ result: "pass" }] });
    const unbroken = `${mail}${"x".repeat(3_000_000)}\r\n`;
    expect(await look(sign(unbroken))).toMatchObject({ dkim: [], dmarc: [{ result: "fail" }] });
  });

  test("what a signature leaves open proves nothing: From, the key's purpose, the rest of the body", async () => {
    expect(await look(sign(mail, ["subject", "to"]))).toMatchObject({
      dkim: [{ result: "permerror" }],
    });
    const signed = sign(mail);
    const named = (record: string) => look(signed, { ...records, "TXT s1._domainkey.town.example": [record] });
    expect((await named(`v=DKIM1; s=tlsrpt; p=${key}`)).dkim).toMatchObject([{ result: "permerror" }]);
    expect((await named(`v=DKIM1; h=sha1; p=${key}`)).dkim).toMatchObject([{ result: "permerror" }]);
    expect((await named("v=DKIM1; p=")).dkim).toMatchObject([{ result: "permerror" }]);
    expect((await look(signed, {})).dkim).toMatchObject([{ result: "permerror" }]);
    expect((await look(signed, { "TXT s1._domainkey.town.example": "fails" })).dkim).toMatchObject([
      { result: "temperror" },
    ]);
  });

  test("of very many signatures only the first are looked at", async () => {
    const one = sign(mail).slice(0, -mail.length);
    const many = `${one.repeat(200)}${mail}`;
    const found = await look(many);
    expect(found.dkim).toHaveLength(10);
    expect(found.dkim.every(({ result }) => result === "pass")).toBe(true);
  });

  test("signatures under a head that no honest mail has count for nothing, and take no time", async () => {
    const started = Date.now();
    expect(await look(`From: anna@town.example\r\nX: y\r\n${" z\r\n".repeat(400_000)}\r\nhi`)).toMatchObject({
      dkim: [],
      dmarc: [{ result: "fail" }],
    });
    for (const odd of [`X: ${"\r".repeat(200_000)}x`, `DKIM-Signature: v=1; b=${";".repeat(200_000)}`])
      expect(await look(`From: anna@town.example\r\n${odd}\r\n\r\nhi`)).toMatchObject({ dmarc: [{ result: "fail" }] });
    expect((await look(sign(`${mail}${" \r\n".repeat(1_000_000)}`))).dkim).toEqual([]);
    expect(Date.now() - started).toBeLessThan(4_000);
  });

  test("two senders: one that is forged makes the mail forged", async () => {
    const two = sign(mail.replace("From:", "From: m@else.example\r\nFrom:"));
    const found = await look(two, { ...records, "TXT _dmarc.else.example": ["v=DMARC1; p=reject"] });
    expect(found.dmarc.map(({ result }) => result)).toEqual(["fail", "pass"]);
    expect(judge(evidenceFrom(found, [])).forged).toEqual({ domain: "else.example", policy: "reject" });
  });

  test("a list that is trusted vouches for what it changed (ARC)", async () => {
    const changed = mail.replace("Subject: Hi", "Subject: [list] Hi");
    const seal = (authResults: string) => {
      const how = { signingDomain: "lists.example", selector: "s1", privateKey: pem, cv: "none", authResults };
      return sealMessage(changed, how);
    };
    const sealed = `${(await seal("lists.example; dmarc=pass header.from=town.example")).toString()}${changed}`;
    const found = await look(sealed);
    expect(found).toMatchObject({ arc: "pass", dmarc: [{ result: "fail" }] });
    expect(judge(evidenceFrom(found, [])).verdict).toBe("forged");
    expect(judge(evidenceFrom(found, ["lists.example"])).verdict).toBe("verified");
    const unproven = `${(await seal("lists.example; dmarc=fail header.from=town.example")).toString()}${changed}`;
    expect(judge(evidenceFrom(await look(unproven), ["lists.example"])).verdict).toBe("forged");
    expect((await look(sealed.replace("cv=none", "cv=none; 9x=y"))).arc).toBe("fail");
  });

  test("name servers that never answer cost no more than the time allowed", async () => {
    const silent = fakeDns(records);
    const dns = untilAborted({ ...silent, txt: () => new Promise(() => {}) }, AbortSignal.timeout(50));
    await using spooled = await spool(piecesOf(sign(mail)));
    const found = await authenticate(spooled, stranger, dns);
    expect(found).toMatchObject({
      spf: { result: "temperror" },
      dkim: [{ result: "temperror" }],
      dmarc: [{ result: "temperror" }],
    });
    expect(judge(evidenceFrom(found, [])).verdict).toBe("unverified");
  });
});
