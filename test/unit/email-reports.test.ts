import { describe, expect, test } from "vitest";
import { readReport } from "../../bridges/email/reports/read-report.ts";
import { isDeadAddress, reasonOf } from "../../bridges/email/reports/reasons.ts";
import { readCodes, verdictOf } from "../../bridges/email/reports/status.ts";
import { chooseReportTexts } from "../../bridges/email/reports/texts.ts";
import { addressesOf, readable } from "../support/readable-mail.ts";

const HEAD =
  "From: Mail Delivery System <mailer-daemon@relay.example>\nTo: mairie+c12@town.example\nSubject: Undelivered";
const returned = {
  type: "message/rfc822",
  text: "Message-ID: <ours-1@town.example>\nTo: anna@citizen.example\n\nHello",
};
const status = (text: string) => ({ type: "message/delivery-status", text });

describe("delivery status notifications (RFC 3464)", () => {
  test("one recipient, all fields", () => {
    const report = readReport(
      readable(HEAD, "I could not deliver it.", [
        status(
          "Reporting-MTA: dns; relay.example\nOriginal-Envelope-Id: d-17\n\nOriginal-Recipient: rfc822;anna@citizen.example\nFinal-Recipient: rfc822; anna.b@inside.example\nAction: failed\nStatus: 5.1.1\nRemote-MTA: dns; mx.inside.example\nDiagnostic-Code: smtp; 550 5.1.1 <anna.b@inside.example>:\n  no such user here\n",
        ),
        returned,
      ]),
    );
    expect(report).toEqual({
      kind: "delivery",
      recipients: [
        {
          address: "anna@citizen.example",
          finalAddress: "anna.b@inside.example",
          state: "failed",
          verdict: "permanent",
          reason: "NO_SUCH_USER",
          status: "5.1.1",
          replyCode: 550,
          remoteAnswer: "550 5.1.1 <anna.b@inside.example>: no such user here",
          remoteServer: "mx.inside.example",
        },
      ],
      about: { messageIds: ["ours-1@town.example"], envelopeId: "d-17", cameTo: ["mairie+c12@town.example"] },
    });
  });

  test.each([
    ["failed", "5.2.2", "failed", "permanent"],
    ["Failed (never mind)", "4.2.2", "failed", "temporary"],
    ["delayed", "4.4.1", "delayed", "temporary"],
    ["delivered", "2.0.0", "delivered", undefined],
    ["relayed", "2.0.0", "relayed", undefined],
    ["expanded", "2.0.0", "expanded", undefined],
    ["", "2.1.5", "delivered", undefined],
    ["", "5.0.0", "failed", "permanent"],
  ])("action %j with status %s is %s, %s", (action, code, state, verdict) => {
    const block = `Final-Recipient: rfc822; anna@citizen.example\nAction: ${action}\nStatus: ${code}\n`;
    const report = readReport(readable(HEAD, "", [status(`Reporting-MTA: dns; r\n\n${block}`)]));
    expect(report).toMatchObject({ recipients: [{ address: "anna@citizen.example", state }] });
    expect(report?.kind === "delivery" && report.recipients[0]?.verdict).toBe(verdict);
  });

  test("several recipients keep their own answers, a repeated one counts once", () => {
    const block = (name: string, code: string) =>
      `Final-Recipient: rfc822; ${name}@citizen.example\nAction: failed\nStatus: ${code}\n`;
    const text = "<anna@citizen.example>: 550 5.1.1 unknown user\n<ben@citizen.example>: 452 4.2.2 mailbox full\n";
    const report = readReport(
      readable(HEAD, text, [
        status(
          `Reporting-MTA: dns; r\n\n${block("anna", "5.0.0")}\n${block("ben", "4.0.0")}\n${block("anna", "5.0.0")}`,
        ),
      ]),
    );
    expect(report).toMatchObject({
      recipients: [
        { address: "anna@citizen.example", status: "5.1.1", reason: "NO_SUCH_USER" },
        { address: "ben@citizen.example", status: "4.2.2", reason: "MAILBOX_FULL", verdict: "temporary" },
      ],
    });
    expect(addressesOf(report)).toHaveLength(2);
  });

  test("a general status gives way to what the server said", () => {
    const report = readReport(
      readable(HEAD, "", [
        status(
          "Final-Recipient: rfc822; anna@citizen.example\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 552 5.3.4 message size exceeds limit\n",
        ),
      ]),
    );
    expect(report).toMatchObject({ recipients: [{ status: "5.3.4", replyCode: 552, reason: "TOO_LARGE" }] });
  });

  test.each([
    [
      "fields in the words for people",
      readable(HEAD, "An error.\n\nAction: failed\nFinal-Recipient: rfc822; anna@citizen.example\nStatus: 5.2.1\n"),
    ],
    [
      "delimiters that are not the declared ones",
      {
        ...readable(HEAD, ""),
        rawBody:
          "--a\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; r\n\nFinal-Recipient: rfc822; anna@citizen.example\nAction: failed\nStatus: 5.2.1\n",
      },
    ],
    [
      "a report inside the notice of a gateway",
      readable(HEAD, "The following addresses had permanent delivery errors\n", [
        {
          type: "message/rfc822",
          text: "From: x\n\nFinal-Recipient: rfc822; anna@citizen.example\nAction: failed\nStatus: 5.2.1\n",
        },
      ]),
    ],
  ])("%s", (_, mail) =>
    expect(readReport(mail)).toMatchObject({ recipients: [{ address: "anna@citizen.example", status: "5.2.1" }] }),
  );

  test("an X.400 name is no address, the original recipient is", () => {
    const report = readReport(
      readable(HEAD, "", [
        status(
          "Original-Recipient: rfc822; anna@citizen.example\nFinal-Recipient: x400; /RFC-822=a(a)b.example/C=WW/\nAction: failed\nStatus: 5.0.0\n",
        ),
      ]),
    );
    expect(report).toMatchObject({ recipients: [{ address: "anna@citizen.example" }] });
  });
});

describe("read receipts (RFC 8098)", () => {
  const receipt = (disposition: string) =>
    readReport(
      readable("From: anna@citizen.example\nTo: mairie@town.example\nSubject: Read", "It was displayed.", [
        {
          type: "message/disposition-notification",
          text: `Reporting-UA: x\nFinal-Recipient: rfc822;anna@citizen.example\nOriginal-Message-ID: <ours-1@town.example>\nDisposition: ${disposition}\n`,
        },
      ]),
    );
  test.each([
    ["manual-action/MDN-sent-manually; displayed", "displayed"],
    ["automatic-action/MDN-sent-automatically; deleted", "deleted"],
    ["manual-action/MDN-sent-manually; denied", "denied"],
    ["automatic-action/MDN-sent-automatically; processed/error", "other"],
  ])("%s is %s", (field, disposition) =>
    expect(receipt(field)).toEqual({
      kind: "read",
      disposition,
      address: "anna@citizen.example",
      about: { messageIds: ["ours-1@town.example"], cameTo: ["mairie@town.example"] },
    }),
  );

  test("a mailbox' filter that refused the message failed the delivery (RFC 5429)", () => {
    const report = readReport(
      readable(
        "From: x@citizen.example\nAuto-Submitted: auto-replied (rejected)",
        "Your message was automatically rejected: quota exceeded",
        [
          {
            type: "message/disposition-notification",
            text: "Final-Recipient: rfc822; anna@citizen.example\nDisposition: automatic-action/MDN-sent-automatically; deleted\n",
          },
        ],
      ),
    );
    expect(report).toMatchObject({
      kind: "delivery",
      recipients: [{ address: "anna@citizen.example", state: "failed", reason: "MAILBOX_FULL" }],
    });
  });
});

describe("complaints", () => {
  test("RFC 5965", () => {
    const report = readReport(
      readable("From: fbl@provider.example\nTo: abuse@town.example", "This is an abuse report.", [
        {
          type: "message/feedback-report",
          text: "Feedback-Type: abuse\nUser-Agent: x/1\nVersion: 1\nOriginal-Rcpt-To: <anna@citizen.example>\n",
        },
        returned,
      ]),
    );
    expect(report).toEqual({
      kind: "complaint",
      type: "abuse",
      addresses: ["anna@citizen.example"],
      about: { messageIds: ["ours-1@town.example"], cameTo: ["abuse@town.example"] },
    });
  });
  test("the bare message", () =>
    expect(
      readReport(readable("From: staff@hotmail.com\nSubject: complaint about message from 192.0.2.1", "", [returned])),
    ).toMatchObject({ kind: "complaint", addresses: ["anna@citizen.example"] }));
  test("as JSON", () => {
    const text = JSON.stringify({
      notificationType: "Complaint",
      complaint: { complainedRecipients: [{ emailAddress: "anna@citizen.example" }] },
      mail: { commonHeaders: { messageId: "<ours-1@town.example>" } },
    });
    expect(readReport(readable("From: no-reply@sns.example", `${text}\n\n--\nStop these mails: …\n`))).toMatchObject({
      kind: "complaint",
      about: { messageIds: ["ours-1@town.example"] },
    });
  });
});

describe("notices of a sending service as JSON", () => {
  const bounce = {
    notificationType: "Bounce",
    bounce: {
      bounceType: "Permanent",
      bouncedRecipients: [
        { emailAddress: "anna@citizen.example", status: "5.1.1", diagnosticCode: "smtp; 550 5.1.1 user unknown" },
      ],
    },
  };
  test.each([
    ["bare", JSON.stringify(bounce)],
    ["wrapped", JSON.stringify({ Type: "Notification", Message: JSON.stringify(bounce) })],
    ["folded in mid-line", JSON.stringify(bounce).replace("Permanent", "Perm!\n anent")],
  ])("%s", (_, text) =>
    expect(readReport(readable("From: no-reply@sns.example", text))).toMatchObject({
      recipients: [{ address: "anna@citizen.example", state: "failed", reason: "NO_SUCH_USER", replyCode: 550 }],
    }),
  );
});

describe("no report", () => {
  test.each([
    [
      "a citizen's question",
      readable("From: anna@citizen.example\nSubject: Street light", "The light in our street is out."),
    ],
    [
      "a citizen who passes a notice on",
      readable(
        "From: anna@citizen.example\nSubject: Fwd: Undelivered Mail Returned to Sender",
        "Hello, I tried to write to your tax office last week and got this. What is the right address? Best regards, Anna\n\n---------- Forwarded message ---------\nFrom: Mail Delivery System <mailer-daemon@relay.example>\nI could not deliver your mail to <tax@town.example>: 550 user unknown\n".padStart(
          700,
          " Hello. ",
        ),
      ),
    ],
    [
      "a notice of success",
      readable(
        "From: mailer-daemon@relay.example\nSubject: Delivery Status Notification (Success)",
        "Your message was successfully delivered to the following recipients:\n\n<anna@citizen.example>: 250 2.1.5 ok\n",
      ),
    ],
    [
      "a message attached by a person",
      readable("From: anna@citizen.example\nSubject: original attached", "See there.", [returned]),
    ],
    [
      "an answering machine",
      readable(
        "Return-Path: <>\nFrom: anna@citizen.example\nAuto-Submitted: auto-replied\nSubject: Automatic reply: Undelivered parcel",
        "I can not be reached until Monday.",
      ),
    ],
  ])("%s", (_, mail) => expect(readReport(mail)).toBeUndefined());
});

describe("codes and reasons", () => {
  test.each([
    ["550 5.1.1 no", { status: "5.1.1", replyCode: 550 }],
    ["host mx[192.0.2.4] said: 452-4.2.2 full", { status: "4.2.2", replyCode: 452 }],
    ["550 5.0.0 then (#5.1.1)", { status: "5.0.0", replyCode: 550 }],
    ["Remote host said: 553 sorry", { replyCode: 553 }],
    ["delivered 450 messages from 5.1.1.2 by Exim 4.92.3", {}],
    ["(#4.4.1)", { status: "4.4.1" }],
  ])("%s", (text, codes) => expect(readCodes(text)).toEqual(codes));
  test.each([
    [{ status: "5.1.1", replyCode: 450 }, "permanent"],
    [{ replyCode: 450 }, "temporary"],
    [{}, undefined],
  ])("%j is %s", (codes, verdict) => expect(verdictOf(codes)).toBe(verdict));
  test.each([
    ["550 5.1.1 User unknown", "NO_SUCH_USER"],
    ["552 5.2.2 Mailbox full", "MAILBOX_FULL"],
    ["Die Mailbox ist voll (mailbox is full)", "MAILBOX_FULL"],
    ["Host or domain name not found. Name service error", "NO_SUCH_DOMAIN"],
    ["550 5.7.1 rejected, listed at zen.spamhaus.org", "BLOCKED"],
    ["554 5.7.1 Message contains spam", "SPAM"],
    ["550 5.7.26 does not pass DMARC", "AUTHENTICATION"],
    ["554 5.7.1 Relay access denied", "RELAY_DENIED"],
    ["552 5.3.4 Message too large", "TOO_LARGE"],
    ["554 5.4.6 too many hops", "LOOP"],
    ["connect to mx.example[192.0.2.1]:25: Connection timed out", "UNREACHABLE"],
    ["delivery time expired", "EXPIRED"],
    ["551 5.1.6 recipient no longer on server", "MOVED"],
    ["550 5.2.1 The account is disabled", "MAILBOX_DISABLED"],
    ["Adresse inconnue", "NO_SUCH_USER"],
    ["xyzzy", "OTHER"],
  ])("%s: %s", (answer, reason) => expect(reasonOf(answer, readCodes(answer))).toBe(reason));
  test("only another address helps when the address is dead", () => {
    expect(isDeadAddress("NO_SUCH_USER")).toBe(true);
    expect(isDeadAddress("MAILBOX_FULL")).toBe(false);
  });
  test("words for agents in the agency's language", () => {
    expect(chooseReportTexts(["fr", "en"]).reasons.MAILBOX_FULL).toContain("pleine");
    expect(chooseReportTexts(["br"]).reasons.MAILBOX_FULL).toContain("full");
  });
});

describe("hostile input of a megabyte is read in bounded time", () => {
  const seeds = [
    "@",
    "a@b.",
    "<a@b>:\n",
    "\n",
    "- ",
    "(reason: 550 5.1.1 ",
    "Final-Recipient: rfc822; a@b.c\nAction: failed\n\n",
    "could not be ",
    "host x ",
    "Re: ",
    "[x]",
    '{"notificationType":',
    "x@y ",
    "\t",
    "account ",
    "Message-ID: <",
  ];
  test.each(seeds)("%j", (seed) => {
    const text = seed.repeat(Math.ceil(1_000_000 / seed.length));
    const mail = {
      ...readable("From: mailer-daemon@relay.example", text, [
        { type: "message/delivery-status", text },
        { type: "message/rfc822", text },
      ]),
      subject: text,
    };
    const before = performance.now();
    readReport(mail);
    // 200 ms on a machine of its own: this one may be shared.
    expect(performance.now() - before).toBeLessThan(1_000);
  });
});
