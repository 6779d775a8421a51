import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { readMail } from "../../bridges/email/read-mail.ts";
import { readReport } from "../../bridges/email/reports/read-report.ts";
import { toReadable } from "../../bridges/email/reports/to-readable.ts";
import { spool } from "../../bridges/email/spool.ts";

/** Words as makes of mail servers have written them; written for this test, none is from the corpora. */
const RETURNED =
  "\nReceived: from a by b; Tue, 3 Mar 2026 10:00:00 +0000\nFrom: sender@town.example\nTo: victim@example.net\nCc: other@example.net\nSubject: hello\nMessage-ID: <x@town.example>\n\nBody with third@example.org in it\n";
const NOTICES: readonly (readonly [make: string, words: string, failed: readonly string[]])[] = [
  [
    "sdm",
    `Here is your list of failed recipients:\n\n<a1@sdm.de>: unknown\n<a2@sdm.de>: unknown\n\nHere is your returned mail:\n${RETURNED}`,
    ["a1@sdm.de", "a2@sdm.de"],
  ],
  [
    "demon",
    `This message was created automatically by mail delivery software.\nA message that you sent could not be delivered to all of its recipients.\n\nRCPT TO:<u@robanal.demon.co.uk>\n550 no such user\n\nOriginal message follows.\n${RETURNED}`,
    ["u@robanal.demon.co.uk"],
  ],
  [
    "interscan",
    `Message from InterScan E-Mail VirusWall NT\n\n** WARNING **\nRCPT TO: <u@s1.com>\n550 unknown\n\nEnd of message\n`,
    ["u@s1.com"],
  ],
  [
    "smail",
    `|------------------------- Message log follows: -------------------------|\n no valid recipients were found for this message\n|------------------------- Failed addresses follow: ---------------------|\n <u@smail.example> ... unknown host\n|------------------------- Message text follows: ------------------------|\n${RETURNED}`,
    ["u@smail.example"],
  ],
  [
    "newmail.ru",
    `This is the machine generated message from mail service.\n\nUnable to deliver message to the following addresses:\n<u@newmail.ru>\n user not found\n\n--- Below the next line is a copy of the message.\n${RETURNED}`,
    ["u@newmail.ru"],
  ],
  [
    "mdaemon",
    `The following addresses did NOT receive a copy of your message:\n\n> u@turbosport.com\n\n--- Session Transcript ---\n Parsing message <x@y>\n`,
    ["u@turbosport.com"],
  ],
  [
    "usa.net",
    `Your message could not be delivered.\n\nIntended recipient:  u@usa.net\nReason: user over quota\n\n--------RETURNED MAIL FOLLOWS--------\n${RETURNED}`,
    ["u@usa.net"],
  ],
  [
    "hotpop",
    `Sorry, this message was not delivered.\n\nUndeliverable Address:  u@hotpop.com\n\nReason: Mailbox full\n\nOriginal message attached\n`,
    ["u@hotpop.com"],
  ],
  [
    "demon2",
    `This message was created automatically by mail delivery\nsoftware. The message addressed to 'u@thus.example' could not be delivered.\n\n---- START OF RETURNED MESSAGE ----\n${RETURNED}`,
    ["u@thus.example"],
  ],
  ["prodigy", `User's mailbox is full:\n <u@prodigy.net>\nUnable to deliver mail.\n${RETURNED}`, ["u@prodigy.net"]],
  [
    "smtpsvc",
    `The email below could not be delivered to the following user:\n\n<u@svc.example>\n\nOld message:\n${RETURNED}`,
    ["u@svc.example"],
  ],
  [
    "yahoo sbc",
    `Unable to deliver message to the following address(es).\n\n<u@sbcglobal.net>:\nThis user doesn't have a sbcglobal.net account (u@sbcglobal.net) [-5]\n\n--- Original message follows.\n${RETURNED}`,
    ["u@sbcglobal.net"],
  ],
  [
    "googlemail",
    `This is an automatically generated Delivery Status Notification\n\nDelivery to the following recipient failed permanently:\n\n     u@googlemail.example\n\nTechnical details of permanent failure:\nPERM_FAILURE: Google tried to deliver your message, but it was rejected\n\n   ----- Original message -----\n${RETURNED}`,
    ["u@googlemail.example"],
  ],
  [
    "kundenserver",
    `A message that you sent could not be delivered to one or more of its recipients.\nThe following addresses failed:\n\n<u@kunden.example>\n\nSMTP error from remote server after RCPT command:\nhost mx[1.2.3.4]: 550 unknown\n\n--- The header of the original message is following. ---\n${RETURNED}`,
    ["u@kunden.example"],
  ],
  [
    "kundenserver2",
    `A message that you have sent could not be delivered to one or more\nrecipients. This is a permanent error. The following address failed:\n\n u@k2.example: 550 no\n\n---\n${RETURNED}`,
    ["u@k2.example"],
  ],
  ["hartford", `Delivery to the following recipients failed.\n\n       u@thehartford.com\n\n`, ["u@thehartford.com"]],
  [
    "amenworld",
    `Delevery to the following recipients was aborted after 2 second(s):\n\n   * u@amen.example\n\nStatus: 5.1.1\n`,
    ["u@amen.example"],
  ],
  [
    "hartfordlife",
    `Your message\n\n  Subject: hi\n\nwas not delivered to:\n\n  u@hl.example\n\nbecause:\n\n  User not listed in directory\n`,
    ["u@hl.example"],
  ],
  [
    "kviv",
    `Unable to deliver message to <u@kviv.be>:\nlocal mailbox not found\n\n************** End of message **************\n`,
    ["u@kviv.be"],
  ],
  [
    "earthlink",
    `Sorry, unable to deliver your message to u@earthlink.net for the following reason:\n552 Quota violation for u@earthlink.net\n\nA copy of the original message below this line:\n${RETURNED}`,
    ["u@earthlink.net"],
  ],
  ["ademe", `A message could not be delivered to:\n u@ademe.fr\n\nReason: unknown\nSubject: hi\n`, ["u@ademe.fr"]],
  [
    "andrew",
    `Invalid final delivery userid:\n   u@andrew.ac.jp\n\nOriginal message follows.\n${RETURNED}`,
    ["u@andrew.ac.jp"],
  ],
  [
    "e500",
    `------ Failed Recipients ------\n  <u@ukrcv.example>: Requested action not taken: mailbox unavailable. [SMTP Error Code 550]\n-------- Returned Mail --------\n${RETURNED}`,
    ["u@ukrcv.example"],
  ],
  [
    "lsmtp",
    `The mail could not be delivered.\n\n--> Error description:\n\nError-for:  u@lsmtp.example\nError-Code: 2\nError-Text: No such user\n\nError-End: One error reported\n${RETURNED}`,
    ["u@lsmtp.example"],
  ],
  [
    "qmail es",
    `Hola. Su mensaje no pudo ser entregado.\nYour message could not be delivered to the following addresses:\n\n<u@es.example>:\n1.2.3.4 does not like recipient.\n\n--- Below this line is a copy of the message.\n${RETURNED}`,
    ["u@es.example"],
  ],
  ["socgen", `Your message could not be delivered to u@socgen.example\n\nReason: refused\n`, ["u@socgen.example"]],
  [
    "dado",
    `Your message has encountered delivery problems\nto the following recipient(s):\n\n(addressed to u@dado.example)\nNo such user\n\nYour message reads (in part):\n${RETURNED}`,
    ["u@dado.example"],
  ],
  [
    "gomaps",
    `Your message\n\n  To:      x\n  Subject: hi\n\ndid not reach the following recipient(s):\n\nu@gomaps.example on Tue, 3 Mar 2026 10:00:00 +0000\n    The recipient name is not recognized\n\n`,
    ["u@gomaps.example"],
  ],
  [
    "eyou",
    `This is the deliver program at mta.example.\nI was not able to deliver your message to the following addresses.\n\nu@eyou.example\nuser unknown\n\n--- attachment contains the message.\n`,
    ["u@eyou.example"],
  ],
  [
    "ieo",
    `this is the email server at ieo.it.\nI'm afraid I wasn't able to deliver your message to u@ieo.it, this is a permanent error\n\n--- Below this line is a copy of the message.\n${RETURNED}`,
    ["u@ieo.it"],
  ],
  [
    "mdaemon pro",
    `u@pla.example - no such user here.\n\nThere is no user by that name at this server.\n`,
    ["u@pla.example"],
  ],
  [
    "fastdns",
    `The following recipient(s) could not be reached:\n\nu@fast.example\n\n550 5.1.1 unknown\n`,
    ["u@fast.example"],
  ],
  [
    "lttf",
    `Could not deliver message to the following recipient(s):\n\nFailed Recipient: u@lttf.example\nReason: Remote host said: 550 unknown\n\n   -- The header and top 20 lines of the message follows --\n${RETURNED}`,
    ["u@lttf.example"],
  ],
  [
    "uci",
    `--------Message not delivered to the following:\n\n  u@uci.example    No matching entry\n\n--------Error Detail (phquery V4.4):\n`,
    ["u@uci.example"],
  ],
  ["dovecot", `Your message to <u@dove.example> was automatically rejected:\nQuota exceeded\n`, ["u@dove.example"]],
  [
    "mailenable",
    `MailEnable: Message could not be delivered to some recipients.\nThe following recipient(s) could not be reached:\n\n  Recipient: [SMTP:u@me.example]\n  Reason: The remote mail server reported: 550 no such user\n\nMessage headers follow:\n${RETURNED}`,
    ["u@me.example"],
  ],
  [
    "yahoo odd",
    `Hi. This is the mail server.\nwasn't able to deliver the following message\nTo: u@yahoo.example\n\n---Below this line is a copy of the message.\n${RETURNED}`,
    ["u@yahoo.example"],
  ],
  [
    "unknown mta",
    `This is a delivery failure notification message indicating that\nan email you addressed to email address :\n-- u@unk.example\n\ncould not be delivered. The problem appears to be :\n-- Recipient email server rejected the message\n`,
    ["u@unk.example"],
  ],
  [
    "caiwireless",
    `The following message from sender@town.example was undeliverable.\n\nUndeliverable to: u@cai.example\n`,
    ["u@cai.example"],
  ],
  [
    "netscape",
    `This Message was undeliverable due to the following reason:\n\nThe user(s) account is temporarily over quota.\n\n<u@netscape.example>\n\nPlease reply to Postmaster if you feel this message to be in error.\n`,
    ["u@netscape.example"],
  ],
  [
    "compuserve",
    `Your message could not be delivered.\n\nReceiver not found: u@compuserve.com\n\nYour message could not be delivered as addressed.\n\n--- Returned message ---\n${RETURNED}`,
    ["u@compuserve.com"],
  ],
  ["aol", `The mail you sent could not be delivered to:\n\n550 u is not a known user\n550 v is not a known user\n`, []],
  ["sina", `<u@sina.example>\n\nThis is the sina.com postmaster. The user's mailbox is full.\n`, ["u@sina.example"]],
  [
    "groupwise",
    `The message that you sent was undeliverable to the following:\n\tu@gw.example (user not found)\n\nPossibly truncated original message follows:\n${RETURNED}`,
    ["u@gw.example"],
  ],
  [
    "exchange",
    `Your message\n\n  To:      list\n  Subject: hi\n  Sent:    Mon\n\ndid not reach the following recipient(s):\n\nFoo, Bar on Tue\n    The recipient name is not recognized\n\tThe MTS-ID of the original message is: c=US\n    MSEXCH:IMS:org:site:server 0 (000C05A6) Unknown Recipient\n\nu@ex.example on Tue, 3 Mar\n   unknown\n`,
    ["u@ex.example"],
  ],
  [
    "smtp32",
    `User mailbox exceeds allowed size: u@smtp32.example\n\nOriginal message follows.\n${RETURNED}`,
    ["u@smtp32.example"],
  ],
  ["smtp32b", `undeliverable to u@smtp32b.example\n\nOriginal message follows.\n${RETURNED}`, ["u@smtp32b.example"]],
  [
    "smtp32c",
    `Delivery failed 20 attempts: u@smtp32c.example\n\nOriginal message follows.\n${RETURNED}`,
    ["u@smtp32c.example"],
  ],
  ["smtp32d", `delivery userid: u@smtp32d.example\n\nOriginal message follows.\n${RETURNED}`, ["u@smtp32d.example"]],
  ["smtp32e", `Unknown user: u@smtp32e.example\n\nOriginal message follows.\n${RETURNED}`, ["u@smtp32e.example"]],
  [
    "exim",
    `This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  u@exim.example\n    SMTP error from remote mail server after RCPT TO:<u@exim.example>:\n    550 unknown user\n  v@exim.example\n    (generated from alias@exim.example)\n    unknown\n\n------ This is a copy of the message, including all the headers. ------\n${RETURNED}`,
    ["u@exim.example", "v@exim.example"],
  ],
  [
    "qmail",
    `Hi. This is the qmail-send program at x.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<u@qmail.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n${RETURNED}`,
    ["u@qmail.example"],
  ],
  ["llnl", `The following address(es) failed\n\n   ,----- Addresses\nu@llnl.example: unknown\n`, ["u@llnl.example"]],
  [
    "simplewarning",
    `WARNING MESSAGE ONLY\nYOU DO NOT NEED TO RESEND\nThe following address(es) have not yet been delivered:\n\n  <u@warn.example>\n`,
    ["u@warn.example"],
  ],
  [
    "warn2",
    `This is a warning message only.\n\nYour message remains in the server queue, the server will try to send it again.\nYou should not try to resend.\n\nMessage details:\n  To:<u@warn2.example>\n`,
    ["u@warn2.example"],
  ],
  [
    "warn3",
    `The message you sent has encountered delivery delay\nYour message has been delayed; delivery to <u@warn3.example> will be retried\nNo action is required on your part.\n`,
    ["u@warn3.example"],
  ],
  [
    "dutch",
    `Dit is een automatisch bericht. Uw bericht kon niet worden afgeleverd aan:\n\n<u@nl.example>: gebruiker onbekend\n`,
    ["u@nl.example"],
  ],
  [
    "french postfix",
    `Votre message n'a pas pu être remis à un ou plusieurs destinataires.\n\n<u@fr.example>: host mx said: 550 inconnu\n`,
    ["u@fr.example"],
  ],
];

describe("notices of servers of all ages and makes", () => {
  test.each(NOTICES)("%s", async (_make, words, failed) => {
    const head =
      "Return-Path: <>\nFrom: postmaster@mx.example\nTo: sender@town.example\nSubject: Delivery failure\nMessage-ID: <n@mx.example>\nContent-Type: text/plain; charset=utf-8";
    const raw = `${head}\n\n${words}`.replace(/\n/g, "\r\n");
    await using spooled = await spool(Readable.from([Buffer.from(raw)]));
    const report = readReport(toReadable(await readMail(spooled)));
    expect(report?.kind).toBe("delivery");
    const named = report?.kind === "delivery" ? report.recipients.flatMap(({ address }) => address ?? []) : [];
    expect(named.toSorted()).toEqual(failed.toSorted());
  });
});
