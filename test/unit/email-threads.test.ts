import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openReaders } from "../../bridges/email/mime/threads.ts";
import { readMail } from "../../bridges/email/read-mail.ts";
import { spool } from "../../bridges/email/spool.ts";
import { mutateMail, seededNumbers } from "../support/mutate-mail.ts";

describe("a thread that fails harms one mail only", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "guichet-test-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** A thread that does what its mail says. */
  const openFailing = async () => {
    const script = join(folder, "thread.mjs");
    await writeFile(
      script,
      `import { parentPort } from "node:worker_threads";
      const kept = [];
      parentPort.on("message", ({ mail }) => {
        const what = Buffer.from(mail.bytes).toString();
        if (what === "loop") for (;;) {}
        if (what === "memory") for (;;) kept.push(new Array(1e6).fill(kept.length + 0.5));
        if (what === "exit") process.exit(3);
        if (what === "throw") setTimeout(() => { throw new Error("x"); });
        else parentPort.postMessage({ is: "read", reading: { text: what } });
      });`,
    );
    return openReaders({ threads: 2, cpuMs: 2500, wallMs: 20_000, heapMb: 32 }, pathToFileURL(script));
  };

  test("endless loop, no memory, exit, crash: each is named, and the next mail is read", {
    timeout: 60_000,
  }, async () => {
    const readers = await openFailing();
    const read = (text: string) => readers.read({ mail: { bytes: Buffer.from(text) }, language: "en" });
    const whats = ["loop", "a", "memory", "b", "exit", "c", "throw", "d", "e"];
    const endings = await Promise.all(whats.map(read));
    expect(endings.map((ending) => (ending.is === "read" ? ending.reading.text : ending.reason))).toEqual([
      "time",
      "a",
      "memory",
      "b",
      "crash",
      "c",
      "crash",
      "d",
      "e",
    ]);
  });
});

test("mutated mails come to an end", { timeout: 120_000 }, async () => {
  const samples = [
    "From: a@example.org\r\nSubject: =?utf-8?B?w6nD?= =?utf-8?B?qQ==?=\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: text/plain; charset=iso-8859-1; format=flowed\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=E9t=E9 =\r\nlong\r\n--m\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nwords\r\n--m\r\nContent-Type: text/html\r\n\r\n<p>x <img src=cid:a></p>\r\n--m\r\nContent-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:x\r\nDTSTART:20260101T100000Z\r\nDURATION:PT1H\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n--m--\r\n",
    "From: b@example.org\r\nSubject: uu\r\n\r\nsee\r\nbegin 644 cat.txt\r\n#0V%T\r\n`\r\nend\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\n\r\nx\r\n-----BEGIN PGP SIGNATURE-----\r\n",
    "Content-Type: application/pkcs7-mime; smime-type=signed-data\r\nContent-Transfer-Encoding: base64\r\n\r\nMIAGCSqGSIb3DQEHAqCAMIACAQExADCABgkqhkiG9w0BBwGggCSABAN4eXoAAAAAAAAxAAAAAAAAAA==\r\n",
    "Content-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\neJ8+IgEAAQOQBgAQAAAAAQAAAAIBCRABAAAABAAAAAAA\r\n",
  ].map((text) => Buffer.from(text));
  const number = seededNumbers(7);
  const pick = () => samples[number(samples.length)] ?? Buffer.alloc(0);
  for (let count = 0; count < 1500; count += 1) {
    await using mail = await spool(Readable.from([mutateMail(pick(), pick(), number)]));
    const { attachments, remarks, lines, leaves } = await readMail(mail);
    for (const { content } of attachments()) await buffer(content);
    // None may need the way out: what breaks a reader is a fault of ours.
    expect(lines.length + leaves.length, remarks.join(" ")).toBeGreaterThan(0);
  }
});
