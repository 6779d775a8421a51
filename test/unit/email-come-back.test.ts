import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { acceptMail } from "../../bridges/email/accept-mail.ts";
import { ownAddress } from "../../bridges/email/addresses.ts";
import { composeMail } from "../../bridges/email/compose-mail.ts";
import { readAsFile, readMail } from "../../bridges/email/read-mail.ts";
import { shortenAutomatic } from "../../bridges/email/shorten-automatic.ts";
import { spool } from "../../bridges/email/spool.ts";
import type { Assessment } from "../../bridges/email/trust/assess.ts";
import { createMemoryHost } from "../../src/conformance/memory-host.ts";

const own = ownAddress("mairie@town.example", "+");
const at = new Date(1_800_000_000_000);

/** Takes a mail in as both intakes do. */
async function take(
  raw: string,
  options: {
    knows?: "applied" | "unknown";
    from?: string;
    assessment?: Assessment;
    languages?: string[];
    isUnread?: boolean;
  } = {},
) {
  const host = { ...createMemoryHost(), languages: options.languages ?? ["en"] };
  const inbox = createMemoryHost();
  inbox.knows = () => options.knows ?? "applied";
  await using mail = await spool(Readable.from([Buffer.from(raw.replace(/\n/g, "\r\n"))]));
  const read = await (options.isUnread ? readAsFile : readMail)(mail, host.languages);
  const arrival = {
    dedupeKey: "1",
    receivedAt: at,
    recipient: own.address,
    envelopeFrom: options.from ?? "",
    ...(options.assessment ? { assessment: options.assessment } : {}),
  };
  const ending = await acceptMail(read, arrival, own, { ...host, inbox: inbox.inbox });
  return { ending, messages: inbox.taken, receipts: inbox.receipts };
}

const DSN = `From: Mail Delivery System <MAILER-DAEMON@mx.example>
To: mairie@town.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-ID: <dsn@mx.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

<anna@example.org>: 550 5.1.1 No such user

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; anna@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 No such user

--b
Content-Type: message/rfc822

From: Town Hall <mairie@town.example>
To: anna@example.org
Subject: Re: Question
Message-ID: <1-abcdefgh-7@town.example>

Dear Anna
--b--
`;

describe("a report", () => {
  test("of an answer of ours is news of it, and no message", async () => {
    const { ending, messages, receipts } = await take(DSN);
    expect(ending).toBe("accepted");
    expect(messages).toEqual([]);
    expect(receipts).toMatchObject([
      {
        about: { deliveryIds: ["1-abcdefgh-7"], remoteIds: ["1-abcdefgh-7@town.example"] },
        state: "failed",
        code: "NO_SUCH_USER",
        remark: "this address does not exist",
        at,
      },
    ]);
  });
  test("of something unknown is shown as a machine's message, with its sense in words", async () => {
    const { messages } = await take(DSN, { knows: "unknown", languages: ["fr"] });
    expect(messages).toMatchObject([
      {
        automatic: true,
        thread: { about: ["1-abcdefgh-7"] },
        remarks: [expect.stringContaining("cette adresse n'existe pas")],
        text: expect.stringContaining("I'm sorry"),
      },
    ]);
  });
  test("of a forged sender changes nothing", async () => {
    const assessment = { trust: { verdict: "forged" }, remarks: [], rule: "show" } as const;
    const { messages, receipts } = await take(DSN, { assessment });
    expect(receipts).toEqual([]);
    expect(messages).toMatchObject([{ automatic: true, trust: { verdict: "forged" } }]);
  });
  test("that a person passes on is that person's message as well", async () => {
    const { messages } = await take(
      `From: Anna <anna@example.org>
Subject: Fwd: Undelivered Mail Returned to Sender
Message-ID: <p@example.org>

I got this, what is wrong with you?

This is the mail system at host mx.example.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients.

<mairie@town.example>: host mx.town.example said: 550 5.1.1 no such user
`,
      { from: "anna@example.org" },
    );
    expect(messages).toHaveLength(1);
    expect(messages[0]?.text).toContain("what is wrong with you?");
  });
  test("of abuse stands in the conversation that it is about", async () => {
    const { messages, receipts } = await take(`From: fbl@isp.example
To: mairie@town.example
Subject: Abuse report
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary=b

--b
Content-Type: text/plain

This is an email abuse report.
--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: x/1
Version: 1

--b
Content-Type: message/rfc822

From: mairie@town.example
Message-ID: <1-abcdefgh-7@town.example>

Dear Anna
--b--
`);
    expect(receipts).toEqual([]);
    expect(messages).toMatchObject([
      { automatic: true, thread: { about: ["1-abcdefgh-7"] }, remarks: [expect.stringMatching(/unwanted/)] },
    ]);
  });
});

describe("mail of machines", () => {
  const head = (extra: string) => `From: Anna <anna@example.org>\nSubject: Re: Question\n${extra}\n\n`;
  test.each([
    ["Auto-Submitted: auto-replied", /^Automatic reply/],
    ["List-Id: <news.example.org>", /mailing list or newsletter/],
    ["Precedence: bulk", /^Automatic message/],
  ])("%s is said in a sentence", async (header, remark) => {
    const { messages } = await take(`${head(header)}I am away.`, { from: "anna@example.org" });
    expect(messages).toMatchObject([{ automatic: true, remarks: [expect.stringMatching(remark)] }]);
    expect(messages[0]?.visible).toBeUndefined();
  });
  test("of it the beginning is shown", async () => {
    const { messages } = await take(`${head("List-Id: <n.example.org>")}${"A line of news\n".repeat(40)}`);
    const [message] = messages;
    expect(message?.visible?.text.split("\n")).toHaveLength(12);
    expect(message?.text.split("\n").length).toBeGreaterThan(39);
    expect(message?.visible?.html).toBeUndefined();
  });
  test("a person's long mail is not shortened", async () => {
    const { messages } = await take(`${head("X-A: b")}${"A line of words\n".repeat(40)}`, { from: "anna@example.org" });
    expect(messages).toMatchObject([{ automatic: false }]);
    expect(messages[0]?.visible).toBeUndefined();
    expect(messages[0]?.remarks).toBeUndefined();
  });
  test("without an address nobody is answered", async () =>
    expect((await take("Subject: s\n\nwords", { from: "" })).messages).toMatchObject([{ automatic: true }]));
});

test("shortened between words, never to nothing", () => {
  expect(shortenAutomatic("short\nwords")).toBeUndefined();
  const text = shortenAutomatic("word ".repeat(500));
  expect(text).toMatch(/word \[…\]$/);
  expect(text?.length).toBeLessThan(810);
  expect(shortenAutomatic("x".repeat(5_000))?.length).toBeGreaterThan(700);
});

test("a mail whose reading failed is set aside with its bytes", async () => {
  const { messages } = await take("From: a@x.example\nSubject: odd\n\nwords", { isUnread: true });
  expect(messages).toMatchObject([{ hold: "EMAIL_UNREADABLE", subject: "odd", files: [{ name: "message.eml" }] }]);
  expect(messages[0]?.files[0]?.content.toString()).toContain("words");
});

test("what guichet writes itself is marked for machines", () => {
  const message = {
    deliveryId: "1-a-2",
    attempt: 1,
    fromName: "Town Hall",
    to: { address: "anna@example.org" },
    text: "received",
    attachments: [],
    thread: { token: "1-a", references: [] },
    writtenAt: at,
  };
  const compose = (automatic: boolean) =>
    composeMail(
      { ...message, automatic },
      { text: message.text, html: undefined },
      own,
      () => {},
      new AbortController().signal,
    ).headers;
  expect(compose(true)).toEqual({ "Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All" });
  expect(compose(false)).toBeUndefined();
});
