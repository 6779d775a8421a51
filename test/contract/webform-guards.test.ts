import { existsSync } from "node:fs";
import { mkdtemp, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, expect, test } from "vitest";
import { type FormSite, openFormSite } from "../support/form-site.ts";
import {
  ask,
  caseUrlOf,
  fillIn,
  isReceipt,
  type Page,
  type PostedFile,
  post,
  tokenOf,
} from "../support/form-visitor.ts";
import { until } from "../support/until.ts";

const GOOD = { name: "Anna Martin", email: "anna@example.org", message: "Bonjour", consent: "1" };
const MIB = 1024 * 1024;
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

let site: FormSite | undefined;
afterEach(async () => {
  await site?.close();
  site = undefined;
});
async function open(settings: Readonly<Record<string, unknown>> = {}, change: Parameters<typeof openFormSite>[1] = {}) {
  site = await openFormSite(
    { least_seconds: 0, limits: { per_address: 1000, per_address_unproven: 1000, body_seconds: 3 }, ...settings },
    change,
  );
  return site;
}

const file = (name: string, bytes: Buffer): PostedFile => ({ name, open: () => Readable.from([bytes]) });
const alertOf = ({ text }: Page) =>
  (/role="alert".*?<\/div>/s.exec(text)?.[0] ?? "").replace(/<[^>]+>/g, " ").replace(/\s+/g, " ");

test("what was filled in becomes one message, and the citizen gets its number", async () => {
  const { url, host } = await open();
  const page = await fillIn(url, { ...GOOD, subject: "Lampe", email: " Anna@Example.ORG " }, [
    file("C:\\docs\\../lamp.png", PNG),
  ]);
  expect(isReceipt(page)).toBe(true);
  expect(host.taken).toHaveLength(1);
  const [message] = host.taken;
  expect(message).toMatchObject({
    from: { address: "anna@example.org", name: "Anna Martin" },
    subject: "Lampe",
    text: "Bonjour\n\nEmail address: anna@example.org",
    html: "<p>Bonjour</p>\n<ul><li><strong>Email address:</strong> anna@example.org</li></ul>",
    trust: { verdict: "unverified" },
    automatic: false,
  });
  expect(message?.files.map(({ name, type }) => [name, type])).toEqual([["lamp.png", "image/png"]]);
  const found = await host.inbox.numberOf(message?.dedupeKey ?? "");
  expect(page.text).toContain(`<p class="number">${found?.number}</p>`);
  expect(page.headers["cache-control"]).toBe("no-store");
});

test("a double click and a reload are one message with one number", async () => {
  const { url, host } = await open();
  const token = tokenOf(await ask(url));
  const posting = { fields: Object.entries({ ...GOOD, token }) };
  const pages = await Promise.all([1, 2, 3].map(() => post(url, posting)));
  pages.push(await post(url, posting));
  expect(pages.map(isReceipt)).toEqual([true, true, true, true]);
  expect(host.taken).toHaveLength(1);
  // Their links may differ, by the second until which they hold.
  expect(new Set(pages.map(({ text }) => /class="number">(\d+)</.exec(text)?.[1] ?? "no number")).size).toBe(1);
});

test("a spent form with other words is shown again, and sent when it is meant", async () => {
  const { url, host } = await open();
  const token = tokenOf(await ask(url));
  await post(url, { fields: Object.entries({ ...GOOD, token }) });
  const again = await post(url, { fields: Object.entries({ ...GOOD, message: "Bonsoir", token }) });
  expect(again.status).toBe(409);
  expect(alertOf(again)).toContain("was sent before, under number");
  expect(again.text).toContain("Bonsoir");
  const sent = await post(url, { fields: Object.entries({ ...GOOD, message: "Bonsoir", token: tokenOf(again) }) });
  expect(isReceipt(sent)).toBe(true);
  expect(host.taken.map(({ text }) => text.split("\n")[0])).toEqual(["Bonjour", "Bonsoir"]);
});

test("machines: too quick, into the trap, from another site, with a forged token", async () => {
  const { url, host } = await open({ least_seconds: 1 });
  const quick = await fillIn(url, GOOD);
  expect([quick.status, alertOf(quick)]).toEqual([422, expect.stringContaining("very quick")]);
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  const trapped = await post(url, { fields: Object.entries({ ...GOOD, website: "x", token: tokenOf(quick) }) });
  expect([trapped.status, alertOf(trapped)]).toEqual([422, expect.stringContaining("must stay empty")]);
  for (const headers of [{ origin: "https://evil.example" }, { "sec-fetch-site": "cross-site" }, { origin: "null" }]) {
    const foreign = await post(url, { fields: Object.entries({ ...GOOD, token: tokenOf(trapped) }) }, { headers });
    expect(foreign.status).toBe(403);
  }
  for (const token of [
    "",
    "x",
    `${tokenOf(trapped)}x`,
    "a.b.c",
    tokenOf(trapped).replace(/^./, (first) => (first === "_" ? "-" : "_")),
  ]) {
    const forged = await post(url, { fields: Object.entries({ ...GOOD, token }) });
    expect(forged.status).toBe(403);
    expect(forged.text).toContain("Bonjour");
  }
  expect(host.offered).toEqual([]);
  expect(isReceipt(await post(url, { fields: Object.entries({ ...GOOD, token: tokenOf(trapped) }) }))).toBe(true);
});

test("a flood is told to wait, by address and for all, and words are not lost", async () => {
  const { url, host } = await open({
    limits: { per_address: 6, per_address_unproven: 2, per_agency: 9, per_agency_unproven: 3 },
  });
  const from = (address: string) => ({ headers: { "x-forwarded-for": address } });
  const send = async (address: string, message: string) =>
    post(url, { fields: Object.entries({ ...GOOD, message, token: tokenOf(await ask(url)) }) }, from(address));
  expect(isReceipt(await send("192.0.2.1", "1"))).toBe(true);
  expect(isReceipt(await send("192.0.2.1", "2"))).toBe(true);
  const waiting = await send("192.0.2.1", "still here");
  expect([waiting.status, waiting.text.includes("still here")]).toEqual([429, true]);
  expect(Number(waiting.headers["retry-after"])).toBeGreaterThan(60);
  // One household is one address.
  expect(isReceipt(await send("2001:db8:1:2::1", "3"))).toBe(true);
  expect((await send("2001:db8:1:2:ffff::9", "for all, without proof")).status).toBe(429);
  for (let more = 0; more < 3; more += 1) await send("192.0.2.1", "more");
  const shut = await send("192.0.2.1", "more");
  expect([shut.status, /<h1>(.*)<\/h1>/.exec(shut.text)?.[1]]).toEqual([429, "Too many messages at the moment"]);
  expect(host.taken).toHaveLength(3);
});

test("faults are told next to their fields, and the files wait for the next try", async () => {
  const { url, host } = await open({
    answer_via: ["sms"],
    fields: [
      { kind: "name", required: true },
      { kind: "email" },
      { kind: "phone" },
      { kind: "message", required: true, most: 10 },
      { kind: "date", name: "day", label: "Day" },
      {
        kind: "choice",
        name: "topic",
        label: "Topic",
        options: [
          { value: "a", label: "A" },
          { value: "b", label: "B" },
        ],
      },
    ],
  });
  const bad = { email: "anna", phone: "12", message: "far too long", day: "2026-02-30", topic: "c", answer: "sms" };
  const page = await fillIn(url, bad, [file("lamp.png", PNG), file("evil.png", Buffer.from("#!/bin/sh"))]);
  expect(page.status).toBe(422);
  for (const id of ["name", "email", "phone", "message", "day", "topic", "files", "consent"]) {
    expect(page.text).toContain(`href="#f-${id}"`);
    expect(page.text).toContain(`id="f-${id}"`);
    expect(page.text).toContain(`id="e-${id}"`);
  }
  expect(page.text).toContain("has 12 characters: at most 10");
  const good = { ...GOOD, phone: "+33 6 12 34 56 78", message: "short", day: "24/12/2026", topic: "b", answer: "sms" };
  const without = await post(url, { fields: Object.entries({ ...good, phone: "", token: tokenOf(page), kept: "0" }) });
  expect(alertOf(without)).toContain("Give a telephone number");
  const sent = await post(url, { fields: Object.entries({ ...good, token: tokenOf(without), kept: "0" }) });
  expect(isReceipt(sent)).toBe(true);
  const [message] = host.taken;
  expect(message?.text).toBe(
    "short\n\nEmail address: anna@example.org\nTelephone number: +33612345678\nDay: 2026-12-24\nTopic: B",
  );
  expect(message?.answerVia).toEqual({ type: "sms", address: "+33612345678" });
  expect(message?.files.map(({ name, content }) => [name, content.equals(PNG)])).toEqual([["lamp.png", true]]);
  // They waited for one form only.
  const lost = await post(url, { fields: Object.entries({ ...good, token: tokenOf(await ask(url)), kept: "0" }) });
  expect([lost.status, alertOf(lost)]).toEqual([422, expect.stringContaining("choose your files once more")]);
});

test("files: too many, too large, empty, of another kind than they say", async () => {
  const { url, host } = await open({ files: { most: 2, bytes_each: 2048, bytes_total: 3072, types: ["png", "txt"] } });
  const large = Buffer.concat([PNG, Buffer.alloc(1900)]);
  const faults = async (...files: PostedFile[]) => alertOf(await fillIn(url, GOOD, files));
  expect(await faults(file("a.png", Buffer.alloc(2049)))).toContain("is larger than 2 kB");
  expect(await faults(file("a.png", large), file("b.png", large))).toContain("larger than 3 kB together");
  expect(await faults(file("a.png", PNG), file("b.png", PNG), file("c.png", PNG))).toContain("at most 2 files");
  expect(await faults(file("a.png", Buffer.alloc(0)))).toContain("is empty");
  expect(await faults(file("a.txt", Buffer.from([0, 1, 2])))).toContain("cannot be taken");
  expect(await faults(file("a.png", Buffer.from("MZ")))).toContain("cannot be taken");
  expect(host.offered).toEqual([]);
  await fillIn(url, GOOD, [file("notes.exe", PNG), file("liste.txt", Buffer.from("é\tà\n", "latin1"))]);
  expect(host.taken[0]?.files.map(({ name, type }) => [name, type])).toEqual([
    ["notes.exe.png", "image/png"],
    ["liste.txt", "text/plain"],
  ]);
});

test("a store that is away is told, and the same form goes through when it is back", async () => {
  const { url, host } = await open();
  host.answer = () => {
    throw new Error("no database");
  };
  const page = await fillIn(url, GOOD, [file("lamp.png", PNG)]);
  expect([page.status, page.headers["retry-after"]]).toEqual([503, "60"]);
  expect(page.text).toContain("Bonjour");
  host.answer = () => undefined;
  expect(isReceipt(await post(url, { fields: Object.entries({ ...GOOD, token: tokenOf(page), kept: "0" }) }))).toBe(
    true,
  );
  expect(host.taken[0]?.files).toHaveLength(1);
  host.answer = () => "refused";
  expect((await fillIn(url, GOOD)).status).toBe(403);
});

test("the citizen's page: answers, more words, files, and an end", async () => {
  let now = new Date("2026-03-01T10:00:00Z");
  const { url, host, bridge } = await open({ follow_up_days: 10 }, { now: () => now });
  const address = caseUrlOf(await fillIn(url, GOOD));
  const token = /case\/([^.]+)\./.exec(address)?.[1] ?? "";
  const send = (deliveryId: string, name = "plan.pdf") =>
    bridge.send?.(
      {
        deliveryId,
        attempt: 1,
        fromName: "Town Hall",
        to: { address: "anna@example.org" },
        text: `Answer <b>${deliveryId}</b>`,
        attachments: [{ name, type: "text/html", open: async () => Readable.from([Buffer.from("<script>")]) }],
        thread: { token, references: [] },
        writtenAt: now,
      },
      new AbortController().signal,
    );
  expect(await send("d-1", "été «1».html")).toEqual({ remoteId: "d-1" });
  expect(await send("d-1")).toEqual({ remoteId: "d-1" });
  const page = await ask(address);
  expect(page.text.match(/Answer &lt;b&gt;d-1&lt;\/b&gt;/g)).toHaveLength(1);
  const link = /href="([^"]+)" download/.exec(page.text)?.[1] ?? "";
  const download = await ask(new URL(link, address).href);
  expect(download.text).toBe("<script>");
  expect(download.headers).toMatchObject({
    "content-type": "application/octet-stream",
    "content-disposition": "attachment; filename*=UTF-8''%C3%A9t%C3%A9%20%C2%AB1%C2%BB.html",
    "x-content-type-options": "nosniff",
  });
  await until("the answer counts as read", () => host.receipts.length > 0);
  expect(host.receipts[0]).toMatchObject({ about: { deliveryIds: ["d-1"] }, state: "read" });
  now = new Date("2026-03-09T10:00:00Z");
  const stale = await post(address, { fields: Object.entries({ token: tokenOf(page), message: "Merci" }) });
  expect([stale.status, stale.text.includes("Merci</textarea>")]).toEqual([422, true]);
  const more = { fields: Object.entries({ token: tokenOf(stale), message: "Merci" }) };
  const sent = await post(address, more);
  expect(sent.text).toContain("Your message has been sent");
  await post(address, more);
  const changed = await post(address, { fields: Object.entries({ token: tokenOf(stale), message: "Merci bien" }) });
  expect([changed.status, changed.text.includes("Merci bien")]).toEqual([409, true]);
  expect(host.taken.slice(1)).toMatchObject([
    { text: "Merci", thread: { token }, from: { address: "anna@example.org" } },
  ]);
  // The link that the citizen has ends; the one that they were led on to goes on with the page.
  now = new Date("2026-03-12T10:00:00Z");
  expect((await ask(address)).status).toBe(410);
  expect((await ask(link.startsWith("/") ? new URL(link, address).href : link)).status).toBe(410);
  expect((await ask(sent.url)).status).toBe(200);
  const closed = await post(sent.url, {
    fields: Object.entries({ token: tokenOf(await ask(sent.url)), act: "close" }),
  });
  expect(closed.text).toContain("You closed this case");
  expect(host.taken.at(-1)).toMatchObject({ text: "The citizen has closed the case on their page.", automatic: true });
  for (const wrong of ["x", `${token}.1.zzzzzz.AAAA`, "%00", "a".repeat(600), "..%2f.."])
    expect((await ask(`${url}/case/${wrong}`)).status).toBe(404);
  expect(
    (await post(sent.url, { fields: Object.entries({ token: tokenOf(await ask(url)), message: "x" }) })).status,
  ).toBe(403);
});

test("bad input gets its status and a page; nothing is stored, nothing lies about, nothing crashes", async () => {
  const { url, host } = await open({ files: { bytes_each: MIB, bytes_total: MIB } });
  const token = tokenOf(await ask(url));
  const raw = (type: string, body: string | Buffer | Readable) =>
    ask(url, {
      method: "POST",
      headers: { "content-type": type },
      body: body instanceof Readable ? body : Readable.from([Buffer.from(body)]),
    });
  const many = Array.from({ length: 10_000 }, (_, at) => [`f${at}`, "x"] as const);
  const binary = Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 7919) % 256));
  const slow = new Readable({ read() {} });
  slow.push('--b\r\nContent-Disposition: form-data; name="message"\r\n\r\nslow');
  const huge = (bytes: number) => Readable.from(filler(bytes), { objectMode: false });
  const endings: readonly [what: string, number[], Promise<Page>][] = [
    ["nothing at all", [415], ask(url, { method: "POST" })],
    ["JSON", [415], raw("application/json", "{}")],
    ["text", [415], raw("text/plain", "token=x")],
    ["no boundary", [400], raw("multipart/form-data", "x")],
    [
      "broken off",
      [400],
      raw("multipart/form-data; boundary=b", '--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n'),
    ],
    ["no part", [403, 400], raw("multipart/form-data; boundary=b", "--b--\r\n")],
    ["binary", [400, 403], raw("multipart/form-data; boundary=b", binary)],
    ["binary in a form", [403, 400], raw("application/x-www-form-urlencoded", binary)],
    ["10,000 fields", [400], post(url, { fields: [["token", token], ...many] })],
    ["10,000 values of one", [400], post(url, { fields: many.map(() => ["message", "x"] as const) })],
    [
      "names of objects",
      [403],
      post(url, {
        fields: [
          ["__proto__", "x"],
          ["constructor", "y"],
          ["toString", "z"],
        ],
      }),
    ],
    ["a name without end", [400, 403], post(url, { fields: [["n".repeat(100_000), "x"]] })],
    ["a huge value", [422], post(url, { fields: Object.entries({ ...GOOD, token, message: "x".repeat(300_000) }) })],
    ["only spaces", [422], post(url, { fields: Object.entries({ ...GOOD, token, message: " \n\t " }) })],
    [
      "only control characters",
      [422],
      post(url, { fields: Object.entries({ ...GOOD, token, message: "\0\u0007\u001b" }) }),
    ],
    [
      "a huge file",
      [422, 413],
      post(url, { fields: Object.entries({ ...GOOD, token }), files: [{ name: "x.png", open: () => huge(3 * MIB) }] }),
    ],
    [
      "a body beyond all",
      [413],
      post(url, { fields: Object.entries({ ...GOOD, token }), files: [{ name: "x.png", open: () => huge(20 * MIB) }] }),
    ],
    ["a body that stops", [408], raw("multipart/form-data; boundary=b", slow)],
    ["PUT", [405], ask(url, { method: "PUT" })],
    ["a path", [404], ask(`${url}/../../etc/passwd`)],
    ["an unknown language", [200], ask(`${url}?lang=../../x`)],
    ["a mad language header", [200], ask(url, { headers: { "accept-language": `${"x;q=9,".repeat(900)}fr` } })],
  ];
  const wrong: unknown[] = [];
  for (const [what, statuses, ending] of endings) {
    const page = await ending.catch((error: unknown) => String(error));
    if (typeof page === "string") wrong.push([what, page]);
    else if (!statuses.includes(page.status) || !page.text.includes("<h1"))
      wrong.push([what, page.status, page.text.slice(0, 80)]);
  }
  slow.destroy();
  expect(wrong).toEqual([]);
  expect(host.offered).toEqual([]);
  expect(host.logged.filter((line) => /"level":(50|60)/.test(line))).toEqual([]);
  expect(isReceipt(await fillIn(url, GOOD))).toBe(true);
});

function* filler(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= 65_536) yield Buffer.alloc(Math.min(left, 65_536), 0x61);
}

test("names of files lead nowhere", async () => {
  const { url, host } = await open({ files: { types: "any", most: 20 } });
  const names = [
    "../../etc/passwd",
    "..\\..\\boot.ini",
    "/etc/shadow",
    ".bashrc",
    "",
    "   ",
    "a\u202Egnp.exe",
    "x".repeat(400),
    "CON",
    "<script>.png",
  ];
  await fillIn(
    url,
    GOOD,
    names.map((name) => file(name.replaceAll('"', ""), Buffer.from("x"))),
  );
  const taken = host.taken[0]?.files.map(({ name }) => name) ?? [];
  expect(taken).toHaveLength(names.length);
  for (const name of taken) expect(name).toMatch(/^[^./\\<>\p{Cc}\p{Cf}][^/\\<>\p{Cc}\p{Cf}]{0,119}$/u);
});

test("files that a killed process left behind are removed, those of others are not", async () => {
  const make = async (hours: number) => {
    const folder = await mkdtemp(join(tmpdir(), "guichet-form-"));
    const at = new Date(Date.now() - hours * 60 * 60_000);
    await utimes(folder, at, at);
    return folder;
  };
  const [old, fresh] = [await make(5), await make(1)];
  const { url } = await open();
  await ask(url);
  expect([existsSync(old), existsSync(fresh)]).toEqual([false, true]);
  await rm(fresh, { recursive: true });
});
