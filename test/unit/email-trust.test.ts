import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { readMail } from "../../bridges/email/read-mail.ts";
import { settings } from "../../bridges/email/settings.ts";
import { spool } from "../../bridges/email/spool.ts";
import { createAssessor } from "../../bridges/email/trust/assess.ts";
import { parseResults, policyIn, trustedResults } from "../../bridges/email/trust/authentication-results.ts";
import { evidenceOf, judge } from "../../bridges/email/trust/judge.ts";

const headOf = (text: string) =>
  text.split(/\n(?![ \t])/).map((line) => ({ key: (line.split(":")[0] ?? "").toLowerCase(), line }));

describe("Authentication-Results", () => {
  test("methods, properties, comments and quotes", () => {
    const { authservId, results } = parseResults(
      `MX.town.example 1; spf=pass (sender (a; b) is "ok") smtp.mailfrom=anna@town.example;
       dkim/1 = fail reason="bad; sig \\"x\\"" header.d=town.example; dmarc=fail (p=REJECT sp=none) header.from=town.example; none`,
    );
    expect(authservId).toBe("mx.town.example");
    expect(results.map(({ method, result }) => `${method} ${result}`)).toEqual(["spf pass", "dkim fail", "dmarc fail"]);
    expect(results[1]?.properties.get("reason")).toBe('bad; sig "x"');
    expect(results[2] && policyIn(results[2])).toBe("reject");
    expect(parseResults("mx.town.example; none").results).toEqual([]);
    expect(parseResults("").authservId).toBe("");
  });

  test.each([
    ["dmarc=fail policy.published-domain-policy=quarantine", "quarantine"],
    ["dmarc=fail (policy=none) header.from=a.example", "none"],
    ["dmarc=fail policy.dmarc=reject", "reject"],
    ["dmarc=fail header.from=a.example", undefined],
  ])("%s asks for %s", (text, policy) => {
    const [result] = parseResults(`mx; ${text}`).results;
    expect(result && policyIn(result)).toBe(policy);
  });

  const own = "Received: from a.example by mx.town.example with ESMTP; Tue";
  const foreign = "Received: from b.example by a.example with ESMTP; Tue";
  const mine = (result: string) => `Authentication-Results: mx.town.example; ${result}`;
  const read = (...lines: string[]) =>
    trustedResults(headOf([...lines, "From: anna@town.example"].join("\n")), "mx.town.example").map(
      ({ method, result }) => `${method}=${result}`,
    );

  test("only the own server's, from above the first foreign hop", () => {
    expect(read(mine("dmarc=pass"), own, foreign)).toEqual(["dmarc=pass"]);
    expect(read(own, mine("dkim=pass"), mine("dmarc=pass"), foreign)).toEqual(["dkim=pass", "dmarc=pass"]);
    expect(read(own, foreign, mine("dmarc=pass"))).toEqual([]);
    expect(read(own, "Authentication-Results: mx.town.example.evil; dmarc=pass", foreign)).toEqual([]);
    expect(read("Authentication-Results: a.example; dmarc=pass", own, foreign)).toEqual([]);
  });
  test("servers behind the border may stand above it", () => {
    const store = "Received: from mx.town.example by store.town.example with LMTP; Tue";
    expect(read(store, mine("dmarc=fail"), own, foreign)).toEqual(["dmarc=fail"]);
  });
  test("a forged field below the true one changes nothing, nor does a forged hop", () => {
    expect(read(own, mine("dmarc=fail"), mine("dmarc=pass"), foreign)).toEqual(["dmarc=fail"]);
    expect(read(own, foreign, own, mine("dmarc=pass"))).toEqual([]);
  });
});

describe("judging a server's results", () => {
  const judged = (text: string, from = "town.example") =>
    judge(evidenceOf(parseResults(`mx; ${text}`).results, [from]));

  test.each([
    ["dmarc=pass header.from=town.example", "verified"],
    ["dmarc=fail (p=reject) header.from=town.example", "forged"],
    ["dmarc=fail (p=none) header.from=town.example", "unverified"],
    ["dmarc=fail header.from=town.example", "unverified"],
    ["dmarc=temperror header.from=town.example", "unverified"],
    ["dmarc=pass header.from=other.example", "unverified"],
    ["spf=pass smtp.mailfrom=bounce@mail.town.example", "verified"],
    ["spf=pass smtp.mailfrom=other.example; dkim=pass header.d=other.example", "unverified"],
    ["dkim=pass header.i=@town.example", "verified"],
    ["dkim=fail header.d=town.example", "unverified"],
    ["none", "unverified"],
  ])("%s: %s", (text, verdict) => expect(judged(text).verdict).toBe(verdict));
});

describe("assessing a mail", () => {
  async function assess(mail: string, trust?: unknown, languages = ["en"]) {
    const config = settings.parse({ address: "mairie@town.example", listen: { port: 2525 }, trust });
    await using spooled = await spool(piecesOf(mail));
    const assessor = createAssessor(config.trust, { languages, log: pino({ level: "silent" }) });
    return await assessor(spooled, await readMail(spooled), undefined);
  }
  async function* piecesOf(text: string): AsyncGenerator<Buffer> {
    yield Buffer.from(text.replaceAll("\n", "\r\n"));
  }
  const results = (text: string) => `Authentication-Results: mx.town.example; ${text}\n`;
  const forged = `${results("dmarc=fail (p=reject) header.from=bank.example")}From: Bank <info@bank.example>\n\nhi`;
  const own = { results_of: "mx.town.example" };

  test("nothing is said of a plain mail, and nothing checked without settings", async () => {
    expect(await assess("From: Anna <anna@example.org>\n\nhi")).toEqual({
      trust: undefined,
      remarks: [],
      rule: "show",
    });
    expect((await assess(forged)).trust).toBeUndefined();
  });

  test("a forged sender, in the agency's language", async () => {
    const found = await assess(forged, own);
    expect(found).toMatchObject({ trust: { verdict: "forged" }, rule: "show" });
    expect(found.trust?.remark).toContain("bank.example");
    expect((await assess(forged, own, ["fr", "en"])).trust?.remark).toMatch(/usurpé.*bank\.example.*refuser/);
    expect((await assess(forged, own, ["de"])).trust?.remark).toMatch(/forged/);
  });

  test("what another server has taken is held where it would be refused", async () => {
    expect((await assess(forged, { ...own, on_forged: "hold" })).rule).toBe("hold");
    expect((await assess(forged, { ...own, on_forged: "refuse" })).rule).toBe("hold");
    const mild = forged.replace("p=reject", "p=quarantine");
    expect((await assess(mild, { ...own, on_forged: "refuse" })).rule).toBe("show");
  });

  test.each([
    ['From: "Paul <paul@bank.example>" <m@else.example>', [/paul@bank\.example.*m@else\.example/]],
    ['From: "m@else.example" <m@else.example>', []],
    ["From: m@else.example\nReply-To: other@third.example", [/answers.*other@third\.example/]],
    ["From: m@else.example\nReply-To: desk@mail.else.example", []],
    ["From: m@else.example\nReply-To: l@lists.example\nList-Id: <l.lists.example>", []],
    ["From: m@else.example\nFrom: n@else.example", [/several senders/]],
  ])("%s", async (head, expected) => {
    const { remarks } = await assess(`${head}\n\nhi`);
    expect(remarks).toHaveLength(expected.length);
    for (const [index, words] of expected.entries()) expect(remarks[index]).toMatch(words);
  });

  test("settings: one way or the other", () => {
    const check = (trust: unknown) =>
      settings.safeParse({ address: "mairie@town.example", listen: { port: 2525 }, trust }).success;
    expect(check({ verify: true })).toBe(true);
    expect(check({})).toBe(false);
    expect(check({ verify: true, results_of: "mx.town.example" })).toBe(false);
  });
});
