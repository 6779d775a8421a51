import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { ownAddress } from "../../bridges/email/addresses.ts";
import { toInbound } from "../../bridges/email/arrival.ts";
import { type ReadMail, readMail } from "../../bridges/email/read-mail.ts";
import { MailTooLargeError, spool } from "../../bridges/email/spool.ts";

// A folder of its own, so that what stays behind is seen.
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "guichet-test-"));
  vi.stubEnv("TMPDIR", folder);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const own = ownAddress("mairie@town.example", "+");
const arrival = {
  dedupeKey: "k",
  receivedAt: new Date(0),
  recipient: "mairie+tok-1@town.example",
  envelopeFrom: "Bounce@Example.org",
};

async function read(source: string | Buffer, check: (mail: ReadMail) => Promise<void> | void) {
  const bytes = Buffer.isBuffer(source) ? source : Buffer.from(source.replace(/\r?\n/g, "\r\n"));
  await using mail = await spool(Readable.from([bytes]));
  await check(await readMail(mail));
}

async function filesOf(mail: ReadMail) {
  const files: { name: string | undefined; type: string; inline: boolean; cid: string | undefined; bytes: Buffer }[] =
    [];
  for await (const { name, type, inline, contentId, content } of mail.attachments())
    files.push({ name, type, inline, cid: contentId, bytes: await buffer(content) });
  return files;
}

const head = "From: Anna <Anna@Example.org>\nTo: mairie@town.example\nMessage-ID: <m1@example.org>\n";

describe("a mail's words", () => {
  test("what was written just now, apart from what it answers", () =>
    read(
      `${head}In-Reply-To: <m0@town.example>\n\nOui.\n\nLe 3 déc. 2019 à 10:15, Mairie <mairie@town.example> a écrit :\n\n> Oui ?\n`,
      (mail) => {
        const inbound = toInbound(mail, arrival, own);
        expect(inbound.visible).toEqual({ text: "Oui." });
        expect(inbound.text).toContain("> Oui ?");
      },
    ));
  test("plain text in an old charset", () =>
    read(
      Buffer.concat([
        Buffer.from(`${head}Subject: =?iso-8859-1?Q?R=E9paration?=\nContent-Type: text/plain; charset=iso-8859-1\n\n`),
        Buffer.from("\xe9t\xe9\r\n", "latin1"),
      ]),
      (mail) => {
        expect(mail).toMatchObject({
          from: { address: "anna@example.org", name: "Anna" },
          subject: "Réparation",
          text: "été",
          html: undefined,
          remoteId: "m1@example.org",
        });
      },
    ));
  test("HTML only becomes text too", () =>
    read(`${head}Content-Type: text/html\n\n<p>Bonjour <b>à tous</b>, ${"mot ".repeat(60)}fin</p>`, (mail) => {
      expect(mail.html).toContain("<b>");
      expect(mail.text.split("\n")).toHaveLength(1);
    }));
  test("alternative, with inline image and a file", () =>
    read(
      `${head}MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=m

--m
Content-Type: multipart/related; boundary=r

--r
Content-Type: multipart/alternative; boundary=a

--a
Content-Type: text/plain; charset=utf-8

plain
--a
Content-Type: text/html; charset=utf-8

<p>html <img src="cid:i1@x"></p>
--a--
--r
Content-Type: image/png
Content-ID: <i1@x>
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--r--
--m
Content-Type: application/pdf
Content-Disposition: attachment; filename*=utf-8''r%C3%A9sum%C3%A9%2F..%2Fx.pdf
Content-Transfer-Encoding: base64

JVBERg==
--m--
`,
      async (mail) => {
        expect(mail.text).toBe("plain");
        expect(mail.html).toContain("cid:i1@x");
        expect(await filesOf(mail)).toEqual([
          {
            name: undefined,
            type: "image/png",
            inline: true,
            cid: "i1@x",
            bytes: Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
          },
          {
            name: "résumé_.._x.pdf",
            type: "application/pdf",
            inline: false,
            cid: undefined,
            bytes: Buffer.from("%PDF"),
          },
        ]);
        expect(await filesOf(mail)).toHaveLength(2);
      },
    ));
  test("plain and HTML side by side lose nothing", () =>
    read(
      `${head}Content-Type: multipart/mixed; boundary=m

--m
Content-Type: text/plain

first <one>
--m
Content-Type: text/html

<p>second</p>
--m--
`,
      (mail) => {
        expect(mail.text).toContain("first <one>");
        expect(mail.text).toContain("second");
        expect(mail.html).toContain("first &lt;one&gt;");
        expect(mail.html).toContain("<p>second</p>");
      },
    ));
  test("an embedded mail is a file", () =>
    read(
      `${head}Content-Type: multipart/mixed; boundary=m

--m
Content-Type: text/plain

see below
--m
Content-Type: message/rfc822
Content-Disposition: inline

Subject: inner

inner words
--m--
`,
      async (mail) => {
        expect(mail.text).toContain("see below\n\n---------- Attached message ----------\n");
        expect(await filesOf(mail)).toMatchObject([{ type: "message/rfc822" }]);
      },
    ));
  test.each([
    ["unknown charset", `${head}Content-Type: text/plain; charset=x-klingon\n\nwords`],
    ["broken base64", `${head}Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n!!!d29yZHM=`],
    ["broken encoded word", `${head}Subject: =?utf-8?B?!!!?= =?x?Q?=ZZ?=\n\nwords`],
    ["boundary that never comes", `${head}Content-Type: multipart/mixed; boundary=m\n\n--m\n\nwords`],
    ["bare line feeds", "From: anna@example.org\nSubject: s\n\nwords"],
    ["NUL", `${head}Subject: a\u0000b\n\nwords\u0000`],
  ])("%s does no harm", (_name, source) =>
    read(source, (mail) => {
      expect(mail.text).toMatch(/words|^$/);
      expect(`${mail.text}${mail.subject}`).not.toContain("\u0000");
    }),
  );
  test("no header at all, no byte at all", async () => {
    await read("\n\nwords", (mail) => expect(mail.text).toContain("words"));
    await read("", (mail) => expect(mail).toMatchObject({ text: "", from: undefined }));
  });
  test("more parts than any letter has: the first are shown, and the mail comes whole as a file", () => {
    const parts = Array.from({ length: 1200 }, () => "--m\nContent-Type: text/plain\n\nx\n").join("");
    const source = `${head}Subject: Trou\nContent-Type: multipart/mixed; boundary=m\n\n${parts}--m--\n`;
    return read(source, async (mail) => {
      expect(mail).toMatchObject({ subject: "Trou", remoteId: "m1@example.org" });
      expect(mail.text.startsWith("x\n\nx")).toBe(true);
      expect(mail.remarks).toEqual([expect.stringContaining("message.eml")]);
      const files = await filesOf(mail);
      expect(files).toMatchObject([{ name: "message.eml", type: "message/rfc822" }]);
      expect(files[0]?.bytes.toString()).toBe(source.replace(/\n/g, "\r\n"));
    });
  });
  test("text without end is cut, and comes whole as a file", () => {
    const source = `${head}\n${`${"word ".repeat(20)}\n`.repeat(15_000)}`;
    return read(source, async (mail) => {
      expect(mail.text).toHaveLength(1_000_000);
      expect((await filesOf(mail)).map(({ name }) => name)).toEqual(["message.eml"]);
    });
  });
});

describe("a mail and its way", () => {
  test("token and thread from the envelope", () =>
    read(`${head}In-Reply-To: <b@x>\nReferences: <a@x>\n <b@x>\n\nwords`, (mail) => {
      expect(toInbound(mail, arrival, own)).toMatchObject({
        from: { address: "anna@example.org", name: "Anna" },
        to: "mairie+tok-1@town.example",
        thread: { token: "tok-1", references: ["b@x", "a@x"] },
        automatic: false,
      });
    }));
  test("token from the headers, where there is no envelope", () =>
    read(
      `From: a@x.example\nDelivered-To: mairie@town.example\nCc: "M" <Mairie+Tok-2@town.example>, b@x\n\nwords`,
      (mail) => {
        const message = toInbound(mail, { ...arrival, recipient: undefined, envelopeFrom: undefined }, own);
        expect(message.thread.token).toBe("tok-2");
      },
    ));
  test("a sender is always named", async () => {
    await read("Subject: s\n\nwords", (mail) => {
      expect(toInbound(mail, arrival, own).from).toEqual({ address: "bounce@example.org" });
      expect(toInbound(mail, { ...arrival, envelopeFrom: "" }, own)).toMatchObject({
        from: { address: "unknown@invalid" },
        automatic: true,
      });
    });
    await read("From: =?utf-8?B?w4k=?= <e@b\u00fccher.example>\n\nx", (mail) =>
      expect(mail.from).toEqual({ address: "e@xn--bcher-kva.example", name: "É" }),
    );
    await read("From: Group: one@x.example, two@x.example;\n\nx", (mail) =>
      expect(mail.from?.address).toBe("one@x.example"),
    );
  });
});

describe("large mails", () => {
  const piece = randomBytes(57 * 1000);
  const pieces = 2700;
  const lines = () => {
    const text = piece.toString("base64").replace(/.{76}/g, "$&\r\n");
    return (async function* () {
      yield Buffer.from(`${head}Content-Type: multipart/mixed; boundary=m\r\n\r\n`.replace(/\r?\n/g, "\r\n"));
      yield Buffer.from("--m\r\nContent-Type: text/plain\r\n\r\nsee file\r\n");
      yield Buffer.from(
        "--m\r\nContent-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n",
      );
      for (let n = 0; n < pieces; n++) yield Buffer.from(text);
      yield Buffer.from("--m--\r\n");
    })();
  };
  const folders = async () => (await readdir(tmpdir())).filter((name) => name.startsWith("guichet-mail-"));

  test("150 MB pass through in less memory than that, and nothing stays on the disk", { timeout: 60_000 }, async () => {
    const before = await folders();
    const whole = createHash("sha256");
    for (let n = 0; n < pieces; n++) whole.update(piece);
    const expected = whole.digest("hex");
    globalThis.gc?.();
    const base = process.memoryUsage().rss;
    let peak = base;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss);
    }, 5);
    {
      await using mail = await spool(lines());
      const found = await readMail(mail);
      expect(found.text).toBe("see file");
      for await (const { name, content } of found.attachments()) {
        const hash = createHash("sha256");
        for await (const chunk of content) hash.update(chunk);
        expect(name).toBe("a.zip");
        expect(hash.digest("hex")).toBe(expected);
      }
      expect((await folders()).length).toBe(before.length + 1);
      // Its reader may give up at any point.
      for await (const { content } of found.attachments()) content.destroy();
      for await (const { content } of found.attachments()) {
        content.once("data", () => {});
        break;
      }
    }
    clearInterval(watch);
    expect(await folders()).toEqual(before);
    console.log(`150 MB file: RSS grew by ${Math.round((peak - base) / 1024 / 1024)} MB`);
    expect(peak - base).toBeLessThan(110 * 1024 * 1024);
  });

  test("a body of 50 MB of words does not fill the memory", { timeout: 60_000 }, async () => {
    const base = process.memoryUsage().rss;
    let peak = base;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss);
    }, 5);
    await using mail = await spool(
      (async function* () {
        yield Buffer.from(`${head}Content-Type: text/plain; charset=utf-8\n\n`);
        for (let n = 0; n < 800; n++) yield Buffer.from("un trou à cet endroit\n".repeat(2800));
      })(),
    );
    const found = await readMail(mail);
    clearInterval(watch);
    expect(found.text).toHaveLength(1_000_000);
    const names: (string | undefined)[] = [];
    for await (const { name, content } of found.attachments()) {
      names.push(name);
      content.destroy();
    }
    expect(names).toEqual(["message.eml"]);
    expect(peak - base).toBeLessThan(200 * 1024 * 1024);
  });

  test("over the limit: read to the end, nothing kept", async () => {
    const before = await folders();
    await expect(spool(lines(), 1024 * 1024)).rejects.toThrow(MailTooLargeError);
    expect(await folders()).toEqual(before);
  });
  test("a source that breaks off leaves nothing", async () => {
    const before = await folders();
    const source = (async function* () {
      yield Buffer.alloc(400_000);
      throw new Error("gone");
    })();
    await expect(spool(source)).rejects.toThrow("gone");
    expect(await folders()).toEqual(before);
  });
});

test("a small mail costs little", async () => {
  const source = Buffer.from(
    `${head}Subject: Trou dans la rue\nContent-Type: multipart/alternative; boundary=a\n\n--a\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n${"Bonjour, il y a un trou dans la rue =C3=A0 cet endroit.\n".repeat(20)}\n--a\nContent-Type: text/html; charset=utf-8\n\n<p>${"Bonjour <b>x</b> ".repeat(100)}</p>\n--a--\n`.replace(
      /\n/g,
      "\r\n",
    ),
  );
  const one = async () => {
    await using mail = await spool(Readable.from([source]));
    toInbound(await readMail(mail), arrival, own);
  };
  for (let n = 0; n < 300; n++) await one();
  const started = process.cpuUsage();
  for (let n = 0; n < 500; n++) await one();
  const { user, system } = process.cpuUsage(started);
  const each = (user + system) / 500 / 1000;
  console.log(`a small mail: ${each.toFixed(2)} ms CPU`);
  expect(each).toBeLessThan(5);
});

describe("whom else a mail names", () => {
  const namesIn = async (headers: string, ours = own) => {
    let found: Pick<ReturnType<typeof toInbound>, "cc" | "replyTo"> = {};
    await read(`From: Anna <anna@example.org>\n${headers}\n\nx`, (mail) => {
      const { cc, replyTo } = toInbound(mail, arrival, ours);
      found = { ...(cc && { cc }), ...(replyTo && { replyTo }) };
    });
    return found;
  };

  test("is everybody in To and Cc but us and the sender, each once", async () => {
    const headers =
      'To: mairie+tok-1@town.example, "Bob, B." <Bob@Example.org>\nCc: friends: carl@example.org, ANNA@example.org;, bob@example.org,\n accueil@town.example';
    const ours = ownAddress("mairie@town.example", "+", ["accueil@town.example"]);
    expect(await namesIn(headers, ours)).toEqual({
      cc: [{ address: "bob@example.org", name: "Bob, B." }, { address: "carl@example.org" }],
    });
    expect(await namesIn("To: mairie@town.example")).toEqual({});
    expect(await namesIn("To: undisclosed-recipients:;")).toEqual({});
  });

  test("answers are wanted elsewhere only when Reply-To says another address", async () => {
    expect(await namesIn("Reply-To: =?utf-8?q?B=C3=BCro?= <office@example.org>, anna@example.org")).toEqual({
      replyTo: { address: "office@example.org", name: "Büro" },
    });
    expect(await namesIn("Reply-To: Anna@example.org")).toEqual({});
    expect(await namesIn("Reply-To: mairie@town.example")).toEqual({});
    expect(await namesIn("Reply-To: nonsense")).toEqual({});
  });
});
