import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { Set as Asn1Set, Constructed, Integer, ObjectIdentifier, OctetString, Sequence } from "asn1js";
import { describe, expect, test } from "vitest";
import { type ReadMail, readMail } from "../../bridges/email/read-mail.ts";
import { spool } from "../../bridges/email/spool.ts";

async function read(source: string | Buffer, check: (mail: ReadMail) => Promise<void> | void, languages = ["en"]) {
  const bytes = Buffer.isBuffer(source) ? source : Buffer.from(source.replace(/\r?\n/g, "\r\n"));
  await using mail = await spool(Readable.from([bytes]));
  await check(await readMail(mail, languages));
}

async function filesOf(mail: ReadMail) {
  const files: { name: string | undefined; text: string }[] = [];
  for (const { name, content } of mail.attachments()) files.push({ name, text: (await buffer(content)).toString() });
  return files;
}

const latin = (text: string) => Buffer.from(text, "latin1");

describe("charsets", () => {
  test.each([
    ["none declared, UTF-8", Buffer.from("Subject: été\n\nC’était l’été à Orléans"), "été", "C’était l’été à Orléans"],
    [
      "none declared, Latin 1",
      latin("Subject: \xe9t\xe9\n\nUn \xe9t\xe9 tr\xe8s chaud \xe0 Orl\xe9ans, vous \xeates pr\xe9venus"),
      "été",
      "Un été très chaud à Orléans, vous êtes prévenus",
    ],
    [
      "Latin 1 declared, UTF-8 sent",
      Buffer.from("Subject: x\nContent-Type: text/plain; charset=iso-8859-1\n\nété"),
      "x",
      "été",
    ],
    [
      "UTF-8 declared, one foreign byte",
      Buffer.concat([
        Buffer.from("Subject: x\nContent-Type: text/plain; charset=utf-8\n\nété à l"),
        latin("\x92"),
        Buffer.from("école"),
      ]),
      "x",
      "été à l’école",
    ],
    ["unknown charset", latin("Subject: x\nContent-Type: text/plain; charset=klingon\n\nplain"), "x", "plain"],
    [
      "Japanese escapes under another name",
      latin("Subject: x\nContent-Type: text/plain; charset=us-ascii\n\n\x1b$BF|K\\\x1b(B"),
      "x",
      "日本",
    ],
    [
      "Korean with shifts",
      latin("Subject: x\nContent-Type: text/plain; charset=iso-2022-kr\n\n\x1b$)C\x0eGQ1[\x0f"),
      "x",
      "한글",
    ],
    ["HZ", latin("Subject: x\nContent-Type: text/plain; charset=hz-gb-2312\n\n~{VPND~}"), "x", "中文"],
    [
      "UTF-7",
      latin("Subject: =?utf-7?Q?M+APw-ller?=\nContent-Type: text/plain; charset=utf-7\n\nGr+APwA3w- 1 +- 1"),
      "Müller",
      "Grüß 1 + 1",
    ],
    [
      "a header in the charset of the words",
      latin(
        "Subject: \xcf\xf0\xe8\xe2\xe5\xf2\nContent-Type: text/plain; charset=windows-1251\n\n\xcf\xf0\xe8\xe2\xe5\xf2",
      ),
      "Привет",
      "Привет",
    ],
    ["words split inside a character", latin("Subject: =?utf-8?B?w6nD?= =?utf-8?B?qQ==?=\n\nx"), "éé", "x"],
    ["words that lack their end", latin("Subject: =?utf-8?Q?=C3=A9t=C3=A9\n\nx"), "été", "x"],
  ])("%s", (_name, source, subject, text) => read(source, (mail) => expect(mail).toMatchObject({ subject, text })));
});

describe("structure", () => {
  test("names: RFC 2231 pieces, encoded words, raw bytes, paths", () =>
    read(
      `Content-Type: multipart/mixed; boundary=m

--m
Content-Disposition: attachment; filename*0*=utf-8''r%C3%A9; filename*1="sum"; filename*2*=%C3%A9.txt

a
--m
Content-Type: application/pdf; name="=?iso-8859-1?Q?=E9t=E9?=.pdf"

b
--m
Content-Disposition: attachment; filename="C:\\temp\\été.doc"

c
--m--`,
      async (mail) =>
        expect(await filesOf(mail)).toMatchObject([
          { name: "résumé.txt" },
          { name: "été.pdf" },
          { name: "C:_temp_été.doc" },
        ]),
    ));
  test.each([
    [
      "a boundary that is not named",
      "Content-Type: multipart/mixed\n\n--zz\nContent-Type: text/plain\n\nwords\n--zz--",
    ],
    ["no part at all", "Content-Type: multipart/mixed; boundary=m\n\nwords"],
    ["an end that is missing", "Content-Type: multipart/mixed; boundary=m\n\n--m\n\nwords"],
    [
      "a head that is not closed",
      "Subject: s\nContent-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: text/plain\n\nwords\n--m\nX: y\n--m--",
    ],
    ["words that are called base64", "Content-Transfer-Encoding: base64\n\nwords of a letter, in plain English"],
    ["junk in the head", "Subject: s\nthis is no field\nX: y\n\nwords"],
    [
      "an empty plain form beside HTML",
      "Content-Type: multipart/alternative; boundary=m\n\n--m\n\n\n--m\nContent-Type: text/html\n\n<p>words</p>\n--m--",
    ],
    [
      "a text that is only attached",
      "Content-Disposition: attachment; filename=a.txt\nContent-Type: text/plain\n\nwords",
    ],
  ])("%s: the words are shown", (_name, source) => read(source, (mail) => expect(mail.text).toContain("words")));

  test("a message inside: its head and words are shown, its files and itself come along", () =>
    read(
      `Subject: outer
Content-Type: multipart/mixed; boundary=o

--o
Content-Type: text/plain

see below
--o
Content-Type: message/rfc822

From: =?utf-8?Q?Ren=C3=A9?= <rene@example.org>
Subject: inner
Content-Type: multipart/mixed; boundary=i

--i
Content-Type: text/plain

inner words
--i
Content-Type: text/csv
Content-Disposition: attachment; filename=a.csv

1;2
--i--
--o--`,
      async (mail) => {
        expect(mail.text).toBe(
          "see below\n\n---------- Message joint ----------\nDe: René <rene@example.org>\nObjet: inner\n\ninner words",
        );
        expect(await filesOf(mail)).toMatchObject([{ name: "message.eml" }, { name: "a.csv", text: "1;2" }]);
        expect(mail.leaves.map(({ type, depth }) => `${depth} ${type}`)).toEqual([
          "0 text/plain",
          "0 message/rfc822",
          "1 text/plain",
          "1 text/csv",
        ]);
      },
      ["fr-CH"],
    ));
  test("a report: what reads reports gets its parts, the letter it brings back is not shown", () =>
    read(
      `Content-Type: multipart/report; report-type=delivery-status; boundary=r

--r

It failed.
--r
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; a@example.org
Status: 5.1.1
--r
Content-Type: message/rfc822

Subject: ours

our words
--r--`,
      (mail) => {
        expect(mail.text).toBe("It failed.");
        expect(mail.leaves.find(({ type }) => type === "message/delivery-status")?.text).toContain("Status: 5.1.1");
        expect(mail.leaves.find(({ type }) => type === "message/rfc822")?.lines).toEqual([
          { key: "subject", line: "Subject: ours" },
        ]);
      },
    ));
  test("images stand where they stood", () =>
    read(
      `Content-Type: multipart/related; boundary=r

--r
Content-Type: text/html

<p>before <img src="cid:p%40x" alt=""> after <img src="https://track.example/1.gif"></p>
--r
Content-Type: image/png; name=hole.png
Content-ID: <p@x>

x
--r--`,
      (mail) => {
        expect(mail.text).toBe("before [image: hole.png] after");
        expect(mail.html).toContain('alt="image: hole.png"');
        expect([...mail.attachments()]).toMatchObject([{ name: "hole.png", inline: true, contentId: "p@x" }]);
      },
    ));
});

describe("forms of text", () => {
  test("flowed lines become paragraphs, a signature stays", () =>
    read("Content-Type: text/plain; format=flowed\n\none \ntwo\n> cited \n> on\n>> deeper\n-- \nme", (mail) =>
      expect(mail.text).toBe("one two\n> cited on\n>> deeper\n-- \nme"),
    ));
  test("DelSp joins without a blank", () =>
    read("Content-Type: text/plain; format=flowed; delsp=yes\n\n日 \n本", (mail) => expect(mail.text).toBe("日本")));
  test("uuencoded files are taken out", () =>
    read("Subject: s\n\nsee\nbegin 644 cat.txt\n#0V%T\n`\nend\nbye", async (mail) => {
      expect(mail.text).toBe("see\n[file: cat.txt]\nbye");
      expect(await filesOf(mail)).toEqual([{ name: "cat.txt", text: "Cat" }]);
    }));
  test("a clear-signed text is shown without its signature", () =>
    read(
      "X: y\n\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nwords\n- -- \nme\n-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n",
      (mail) => {
        expect(mail.text).toBe("words\n-- \nme");
        expect(mail.remarks).toEqual([expect.stringContaining("OpenPGP")]);
      },
    ));
  test.each([
    [
      "OpenPGP",
      'multipart/encrypted; protocol="application/pgp-encrypted"; boundary=e',
      "--e\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--e\nContent-Type: application/octet-stream; name=encrypted.asc\n\n-----BEGIN PGP MESSAGE-----\n--e--",
    ],
    ["S/MIME", "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", "abc"],
  ])("%s encryption is said, the original comes along", (name, type, body) =>
    read(
      `Content-Type: ${type}\n\n${body}`,
      async (mail) => {
        expect(mail.remarks).toEqual([expect.stringContaining(`chiffré (${name})`)]);
        expect((await filesOf(mail)).map((file) => file.name)).toContain("message.eml");
      },
      ["fr"],
    ),
  );
  test("a message wrapped in its signature is unwrapped", () => {
    const data = new Sequence({
      value: [
        new ObjectIdentifier({ value: "1.2.840.113549.1.7.1" }),
        tagged(new OctetString({ valueHex: Buffer.from("Content-Type: text/plain; charset=utf-8\r\n\r\nsigné") })),
      ],
    });
    const signed = new Sequence({ value: [new Integer({ value: 1 }), new Asn1Set(), data, new Asn1Set()] });
    const cms = new Sequence({ value: [new ObjectIdentifier({ value: "1.2.840.113549.1.7.2" }), tagged(signed)] });
    const body = Buffer.from(cms.toBER()).toString("base64");
    return read(
      `Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\nContent-Transfer-Encoding: base64\n\n${body}`,
      async (mail) => {
        expect(mail.text).toBe("signé");
        expect(mail.remarks).toEqual([expect.stringContaining("S/MIME")]);
        expect((await filesOf(mail)).map(({ name }) => name)).toEqual(["smime.p7m"]);
      },
    );
  });
  test("an invitation in words", () =>
    read(
      `Content-Type: multipart/alternative; boundary=a

--a
Content-Type: text/plain

Bonjour
--a
Content-Type: text/calendar; method=REQUEST; charset=utf-8

BEGIN:VCALENDAR
METHOD:REQUEST
BEGIN:VEVENT
UID:1
SUMMARY:Visite du chantier
DTSTART;TZID=Europe/Paris:20260603T140000
DTEND;TZID=Europe/Paris:20260603T153000
LOCATION:Mairie\\, salle 2
ORGANIZER;CN=Anna:mailto:anna@example.org
END:VEVENT
END:VCALENDAR
--a--`,
      (mail) => {
        expect(mail.text).toContain(
          "Bonjour\n\nInvitation: Visite du chantier\nQuand: mercredi 3 juin 2026 à 14:00 (Europe/Paris) jusqu’à 15:30\n",
        );
        expect(mail.text).toContain("Où: Mairie, salle 2\nOrganisateur: Anna <anna@example.org>");
      },
      ["fr"],
    ));
});

const tagged = (value: Sequence | OctetString) =>
  new Constructed({ idBlock: { tagClass: 3, tagNumber: 0 }, value: [value] });

describe("Outlook containers", () => {
  const attribute = (level: number, name: number, data: Buffer) => {
    const head = Buffer.alloc(9);
    head.writeUInt8(level, 0);
    head.writeUInt16LE(name, 1);
    head.writeUInt32LE(data.length, 5);
    return Buffer.concat([head, data, Buffer.alloc(2)]);
  };
  const property = (id: number, data: Buffer) => {
    const head = Buffer.alloc(12);
    head.writeUInt16LE(0x102, 0);
    head.writeUInt16LE(id, 2);
    head.writeUInt32LE(1, 4);
    head.writeUInt32LE(data.length, 8);
    return Buffer.concat([head, data, Buffer.alloc((4 - (data.length % 4)) % 4)]);
  };
  const rtf = latin("{\\rtf1\\ansi\\ansicpg1252{\\fonttbl{\\f0 Arial;}}\\f0 L'\\'e9t\\'e9\\par est l\\'e0}");
  const packed = () => {
    const head = Buffer.alloc(16);
    head.writeUInt32LE(rtf.length + 12, 0);
    head.writeUInt32LE(rtf.length, 4);
    head.write("MELA", 8, "latin1");
    return Buffer.concat([head, rtf]);
  };
  const count = (number: number) => Buffer.from([number, 0, 0, 0]);
  const container = Buffer.concat([
    Buffer.from([0x78, 0x9f, 0x3e, 0x22, 1, 0]),
    attribute(1, 0x9003, Buffer.concat([count(1), property(0x1009, packed())])),
    attribute(2, 0x9002, Buffer.alloc(14)),
    attribute(2, 0x8010, latin("PLAN~1.TXT\0")),
    attribute(2, 0x800f, latin("a plan")),
    attribute(2, 0x9005, Buffer.concat([count(1), property(0x3707, Buffer.from("plan d'été.txt\0"))])),
  ]);
  const mailWith = (bytes: Buffer) =>
    `Content-Type: multipart/mixed; boundary=m\n\n--m\n\nsee\n--m\nContent-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\n${bytes.toString("base64")}\n--m--`;

  test("words and files come out", () =>
    read(mailWith(container), async (mail) => {
      expect(mail.text.replace(/\n+/g, "\n")).toBe("see\nL'été\nest là");
      expect(await filesOf(mail)).toEqual([{ name: "plan d'été.txt", text: "a plan" }]);
    }));
  test("one that is none stays a file, and is remarked on", () =>
    read(mailWith(Buffer.from("no container")), async (mail) => {
      expect(await filesOf(mail)).toEqual([{ name: "winmail.dat", text: "no container" }]);
      expect(mail.remarks).toEqual([expect.stringContaining("winmail.dat")]);
    }));
  test("one that is cut off gives what it has", () =>
    read(mailWith(container.subarray(0, container.length - 60)), (mail) => expect(mail.text).toContain("est là")));
});
