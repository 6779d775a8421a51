import { describe, expect, test } from "vitest";
import { readReport } from "../../bridges/email/reports/read-report.ts";
import { addressesOf, readable } from "../support/readable-mail.ts";

/** A notice of a mail system to our list address. */
const notice = (text: string, subject = "Undeliverable mail", from = "MAILER-DAEMON@relay.example") =>
  readReport(readable(`From: ${from}\nTo: mairie+c12@town.example\nSubject: ${subject}`, text));

describe("notices in free text name their recipients", () => {
  test.each([
    [
      "qmail",
      "Hi. This is the qmail-send program at relay.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up.\n\n<anna@citizen.example>:\n192.0.2.9 does not like recipient.\nRemote host said: 550 5.1.1 no such user\nGiving up on 192.0.2.9.\n\n<ben@citizen.example>:\nThis message is looping: it already has my Delivered-To line. (#5.4.6)\n\n--- Below this line is a copy of the message.\n\nTo: <carl@citizen.example>\n",
      ["anna@citizen.example", "ben@citizen.example"],
    ],
    [
      "Exim with an alias behind the address",
      "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  anna@citizen.example\n    host mx.citizen.example [192.0.2.1]\n    SMTP error from remote mail server after RCPT TO:<anna@citizen.example>:\n    550 5.2.1 mailbox disabled\n\n------ This is a copy of the message, including all the headers. ------\nTo: zoe@citizen.example\n",
      ["anna@citizen.example"],
    ],
    [
      "Exim, a local name",
      "A message that you sent could not be delivered to one or more of its\nrecipients. The following address(es) failed:\n\n  anna\n    unknown local-part\n",
      ["anna@relay.example"],
    ],
    [
      "Postfix without a delivery status",
      "This is the Postfix program at host relay.example.\n\nI'm sorry to have to inform you that the message returned\nbelow could not be delivered to one or more destinations.\n\nFor further assistance, please send mail to <postmaster@relay.example>\n\n<anna@citizen.example>: host mx.citizen.example[192.0.2.1] said: 550 5.1.1\n    <anna@citizen.example>... User unknown (in reply to RCPT TO command)\n",
      ["anna@citizen.example"],
    ],
    [
      "Sendmail with an expansion",
      "   ----- The following addresses had permanent fatal errors -----\nanna@new.example\n    (expanded from: <anna@citizen.example>)\n\n   ----- Transcript of session follows -----\n... while talking to mx.new.example:\n>>> RCPT To:<anna@new.example>\n<<< 550 no such user\n",
      ["anna@new.example", "anna@citizen.example"],
    ],
    [
      "Exchange",
      "Your message\n\n  To:      anna@citizen.example\n  Subject: Your file\n  Sent:    Fri, 4 Oct 2002 17:10:56 -0400\n\ndid not reach the following recipient(s):\n\nanna@inside.example on Fri, 4 Oct 2002 17:12:28 -0400\n    The recipient name is not recognized\n",
      ["anna@inside.example"],
    ],
    [
      "Domino",
      "Your message\n\n  Subject: Your file\n\nwas not delivered to:\n\n  anna@citizen.example\n\nbecause:\n\n  User anna (anna@citizen.example) not listed in Domino Directory\n",
      ["anna@citizen.example"],
    ],
    [
      "MDaemon",
      "The following addresses did NOT receive a copy of your message:\n\n  > anna@citizen.example\n\n--- Session Transcript ---\n<-- 550 Recipient unknown\n",
      ["anna@citizen.example"],
    ],
    [
      "MailEnable",
      "Message could not be delivered to some recipients.\nThe following recipient(s) could not be reached:\n\nRecipient: [SMTP:anna@citizen.example]\nReason: The message could not be delivered because the recipient's domain name (DNS) could not be resolved.\n\nMessage headers follow:\n\nTo: zoe@citizen.example\n",
      ["anna@citizen.example"],
    ],
    [
      "Netscape",
      "This Message was undeliverable due to the following reason:\n\nThe following destination addresses were unknown (please check\nthe addresses and re-mail the message):\n\nSMTP <anna@citizen.example>\nSMTP <ben@citizen.example>\n\nPlease reply to Postmaster@relay.example\nif you feel this message to be in error.\n",
      ["anna@citizen.example", "ben@citizen.example"],
    ],
    [
      "a sentence that goes on",
      "Sorry, unable to deliver your message to anna@citizen.example for the following reason:\n\n552 Quota violation for anna@citizen.example\n\nA copy of the original message below this line:\n",
      ["anna@citizen.example"],
    ],
    [
      "the address in quotes",
      "This message was created automatically by mail delivery software.\n\nA message that you sent, addressed to 'anna@citizen.example', could not be delivered.\n\n---- START OF RETURNED MESSAGE ----\nTo: zoe@citizen.example\n",
      ["anna@citizen.example"],
    ],
    [
      "a label",
      "Undeliverable Address: anna@citizen.example\n\nReason: mailbox over quota\n\nOriginal message attached.\n",
      ["anna@citizen.example"],
    ],
    [
      "a list under a rule",
      "------ Failed Recipients ------\n<anna@citizen.example>: User unknown\n-------- Returned Mail --------\nTo: <zoe@citizen.example>\n",
      ["anna@citizen.example"],
    ],
    [
      "a full mailbox",
      "User's mailbox is full: <anna@citizen.example>\nUnable to deliver mail.\n",
      ["anna@citizen.example"],
    ],
    [
      "a user by the way",
      "anna@citizen.example - no such user here.\nThere is no user by that name at this server.\n",
      ["anna@citizen.example"],
    ],
    [
      "quoted, with a date",
      "Your message\n\n  To:      town\n\nDid not reach the following recipient(s):\n\n'anna@citizen.example' on Tue, 21 Dec 2004 10:00:00 +0100\n            550 5.1.1 unknown\n",
      ["anna@citizen.example"],
    ],
    [
      "screen names of the server itself",
      "Your mail to the following recipients could not be delivered because they are not\naccepting mail from mairie@town.example:\n\tannas\n",
      ["annas@relay.example"],
    ],
    [
      "French",
      "Votre message n'a pas pu être remis aux destinataires suivants :\n\n  anna@citizen.example\n\nMotif : boîte aux lettres pleine\n",
      ["anna@citizen.example"],
    ],
    [
      "German",
      "Ihre Nachricht konnte nicht zugestellt werden.\n\n<anna@citizen.example>: Empfänger unbekannt\n",
      ["anna@citizen.example"],
    ],
    [
      "Japanese",
      "メールを配信できませんでした。\n\n<anna@citizen.example>\n550 User unknown\n",
      ["anna@citizen.example"],
    ],
    [
      "Chinese, no other sign than the heading",
      "邮件无法发送到您指定的地址中。\n\n<anna@citizen.example>:\n",
      ["anna@citizen.example"],
    ],
    ["nobody", "A message that you sent could not be delivered to one or more of its recipients.\n", []],
  ])("%s", (_, text, expected) => expect(addressesOf(notice(text))).toEqual(expected));
});
