import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeGsm7 } from "../../bridges/sms/gsm7.ts";
import type { ShortMessage } from "../../bridges/sms/smpp/pdu.ts";
import { type SmscDouble, startSmscDouble } from "../../demo/sms/smsc-double.ts";
import { makeLinkToken, readLinkToken } from "../../src/conversation/link-token.ts";
import { openDatabase } from "../../src/store/database.ts";
import { keepKey } from "../../src/store/setting.ts";
import { type House, openHouse } from "../support/house.ts";
import { isReaction } from "../support/is-reaction.ts";
import type { MatrixEvent } from "../support/matrix-client.ts";
import { missing } from "../support/needs.ts";
import { until } from "../support/patience.ts";
import { freePort } from "../support/ports.ts";

const lacks = missing("synapse");
/** In seconds: long enough to see what is said before an answer leaves. */
const UNDO = 6;
const PLAN = randomBytes(3_000_000);

/** What the phone shows: parts joined, without their headers. */
const shown = (parts: readonly ShortMessage[]) =>
  parts
    .map(({ esmClass, octets }) => decodeGsm7(esmClass & 0x40 ? octets.subarray(1 + (octets[0] ?? 0)) : octets))
    .join("");

const isNoticeOn = (event: string) => (found: MatrixEvent) =>
  found.content.msgtype === "m.notice" && JSON.stringify(found.content["m.relates_to"] ?? {}).includes(event);

describe.skipIf(lacks)(
  `files and costs of texts, between an SMSC and a real Synapse${lacks ? ` (${lacks})` : ""}`,
  () => {
    const closing = new AsyncDisposableStack();
    let smsc: SmscDouble;
    let house: House;
    let url: string;
    let asked: MatrixEvent;

    const town = (port: number) => ({
      use: "sms",
      agency: "town-hall",
      number: "+33700000000",
      country: "FR",
      gateway: { smpp: { host: "127.0.0.1", port, tls: "none", system_id: "bridge", password: "secret" } },
    });
    beforeAll(async () => {
      smsc = closing.use(await startSmscDouble());
      const port = await freePort();
      url = `http://127.0.0.1:${port}/counter`;
      house = await openHouse({
        agency: { undo_seconds: UNDO },
        config: {
          public: { url, port },
          channels: { "town-sms": { ...town(smsc.port), price: { per_part: 0.065, currency: "EUR" } } },
        },
      });
      closing.defer(() => house.close());
      await until(() => smsc.binds > 0, 20_000);
      smsc.deliver({ octets: Buffer.from("Where is the town hall?") });
      asked = await house.arrival("Where is");
    }, 120_000);
    afterAll(() => closing.disposeAsync());

    const notice = (event: string) => house.agent.waitForEvent(house.room, isNoticeOn(event));
    const linkIn = (text: string) => /http:\/\/\S+/.exec(text)?.[0] ?? "";
    let link = "";
    let withFile = "";

    test("a formatted answer with a file leaves as text with a link, and the agent knows it before", async () => {
      const mxc = await house.agent.upload(PLAN, "application/pdf", "plan.pdf");
      const caption = { format: "org.matrix.custom.html", formatted_body: "<strong>Here</strong> is a map." };
      withFile = await house.agent.reply(
        house.room,
        asked.event_id,
        {
          msgtype: "m.file",
          body: "**Here** is a map.",
          filename: "plan d’accès.pdf",
          ...caption,
          url: mxc,
          info: { mimetype: "application/pdf", size: PLAN.length },
        },
        asked.event_id,
      );
      const said = await notice(withFile);
      expect(smsc.submitted).toEqual([]);
      expect(said.content.body).toBe(
        "Leaves as one message, for €0.065. Without its formatting: this channel carries plain text. Its file becomes a link that works for 30 days; delete this answer, also later, to withdraw the file.",
      );
      expect(said.content["m.mentions"]).toEqual({});
      await house.agent.waitForEvent(house.room, (event) => isReaction(event, withFile, "✅"), 30_000);
      const text = shown(smsc.submitted);
      link = linkIn(text);
      expect(text).toBe(`Here is a map.\n${link}`);
      expect(link).toMatch(new RegExp(`^${url}/files/[0-9a-z-]{20,30}$`));
      expect(smsc.submitted).toHaveLength(1);
    }, 60_000);

    test("the link gives every byte as a download that nothing opens, also after a restart", async () => {
      const check = async () => {
        const answer = await fetch(link);
        expect(answer.status).toBe(200);
        expect(Buffer.from(await answer.arrayBuffer()).equals(PLAN)).toBe(true);
        expect(Object.fromEntries(answer.headers)).toMatchObject({
          "content-type": "application/pdf",
          "content-length": String(PLAN.length),
          "content-disposition":
            "attachment; filename=\"plan d_acc_s.pdf\"; filename*=UTF-8''plan%20d%E2%80%99acc%C3%A8s.pdf",
          "content-security-policy": "default-src 'none'; sandbox",
          "x-content-type-options": "nosniff",
          "referrer-policy": "no-referrer",
          "x-robots-tag": "noindex, nofollow, noarchive",
          "cache-control": "no-store",
        });
      };
      await check();
      expect((await fetch(link, { method: "HEAD" })).headers.get("content-length")).toBe(String(PLAN.length));
      expect((await fetch(link, { method: "POST" })).status).toBe(405);
      // More than are served at once: whoever only asks, or leaves half way, holds nothing.
      for (let visitor = 0; visitor < 10; visitor += 1) {
        expect((await fetch(link, { method: "HEAD" })).status).toBe(200);
        const leaving = new AbortController();
        const answer = await fetch(link, { signal: leaving.signal });
        await answer.body?.getReader().read();
        leaving.abort();
      }
      await check();
      await house.guichet.end("SIGKILL");
      await house.guichet.start();
      await check();
    }, 60_000);

    test("a forged link is unknown, an expired one is gone, each with its page", async () => {
      const token = link.slice(link.lastIndexOf("/") + 1);
      const [id, day, mac = ""] = token.split("-");
      const forged = [`${id}1-${day}-${mac}`, `${id}-${day}0-${mac}`, `${token.slice(0, -1)}x`, "x", "%2e%2e%2fetc"];
      for (const other of forged) {
        const answer = await fetch(`${url}/files/${other}`);
        expect([answer.status, answer.headers.get("content-type")]).toEqual([404, "text/html; charset=utf-8"]);
      }
      // Signed with the house's own key, long ago.
      const postgres = join(house.folder, "data", "postgres");
      const [, , , port] = (await readFile(join(postgres, "cluster", "postmaster.pid"), "utf8")).split("\n");
      const password = (await readFile(join(postgres, "password"), "utf8")).trim();
      const databaseUrl = `postgres://guichet:${password}@127.0.0.1:${port}/guichet`;
      const database = await openDatabase({ url: databaseUrl }, pino({ level: "silent" }));
      const key = await keepKey(database.durable, "link");
      await database.close();
      const answer = readLinkToken(key, token)?.answer;
      if (answer === undefined) throw new Error("the link cannot be read");
      const old = makeLinkToken(key, answer, new Date(Date.now() - 32 * 24 * 3_600_000), 30);
      const expired = await fetch(`${url}/files/${old}`, { headers: { "accept-language": "fr" } });
      expect(expired.status).toBe(410);
      expect(await expired.text()).toContain("Ce lien n’est plus valable");
      const young = makeLinkToken(key, answer, new Date(Date.now() - 30 * 24 * 3_600_000), 30);
      expect((await fetch(`${url}/files/${young}`, { method: "HEAD" })).status).toBe(200);
    }, 60_000);

    test("an agent who deletes the answer later withdraws the file", async () => {
      await house.agent.redact(house.room, withFile);
      await house.agent.waitForEvent(house.room, ({ content }) =>
        String(content.body).startsWith("This answer has already left, and the words with it."),
      );
      expect((await fetch(link)).status).toBe(410);
    }, 60_000);

    test("the cost of a long answer is said before it leaves, follows an edit, and goes with the answer", async () => {
      smsc.submitted.length = 0;
      const long = "We open at nine. ".repeat(20).trim();
      const answer = await house.agent.reply(house.room, asked.event_id, long, asked.event_id);
      const said = await notice(answer);
      expect(said.content.body).toBe("Leaves as 3 messages, for €0.195.");
      const emoji = `${"We open at nine. ".repeat(7)} 😀`;
      await house.agent.edit(house.room, answer, emoji);
      const changed = await house.agent.waitForEvent(
        house.room,
        (event) => "m.new_content" in event.content && isNoticeOn(said.event_id)(event),
      );
      expect(changed.content["m.new_content"]).toMatchObject({
        body: "Leaves as 2 messages, for €0.13. Letters that few alphabets have (😀) leave room for 70 letters in an SMS, instead of 160.",
      });
      expect(smsc.submitted).toEqual([]);
      await house.agent.redact(house.room, answer);
      await expect
        .poll(async () => (await house.agent.event(house.room, said.event_id)).content, { timeout: 10_000 })
        .toEqual({});
      await new Promise((resolve) => setTimeout(resolve, (UNDO + 1) * 1_000));
      expect(smsc.submitted).toEqual([]);
    }, 60_000);

    test("who writes first is told that a text has no subject", async () => {
      const first = await house.agent.sendText(house.room, "!sms 0611223344 Your card\nIt is ready.");
      expect((await notice(first)).content.body).toBe(
        "Leaves as one message, for €0.065. Its first line stays here: this channel has no subjects.",
      );
      await expect.poll(() => shown(smsc.submitted), { timeout: 20_000 }).toBe("It is ready.");
    }, 60_000);
  },
);

describe.skipIf(lacks)(`without a public listener${lacks ? ` (${lacks})` : ""}`, () => {
  const closing = new AsyncDisposableStack();
  afterAll(() => closing.disposeAsync());

  test("the agent is told at once that a file cannot leave, and of nothing when nothing is lost", async () => {
    const smsc = closing.use(await startSmscDouble());
    const gateway = { smpp: { host: "127.0.0.1", port: smsc.port, tls: "none", system_id: "b", password: "secret" } };
    const town = { use: "sms", agency: "town-hall", number: "+33700000000", country: "FR", gateway };
    const house = await openHouse({
      agency: { undo_seconds: 2 },
      maxMailBytes: 1_000_000,
      channels: { "town-sms": town },
    });
    closing.defer(() => house.close());
    await expect.poll(() => smsc.binds, { timeout: 20_000 }).toBeGreaterThan(0);
    smsc.deliver({ octets: Buffer.from("Where is the town hall?") });
    const asked = await house.arrival("Where is");
    const url = await house.agent.upload(Buffer.from("map"), "text/plain", "map.txt");
    const file = { msgtype: "m.file", body: "map.txt", url, info: { size: 3 } };
    const refused = await house.agent.reply(house.room, asked.event_id, file, asked.event_id);
    const told = await house.agent.waitForEvent(house.room, isNoticeOn(refused));
    expect(told.content.body).toMatch(/^Not sent: this channel carries no files/);
    const plain = await house.agent.reply(house.room, asked.event_id, "At the market square.", asked.event_id);
    await house.agent.waitForEvent(house.room, (event) => isReaction(event, plain, "✅"), 30_000);
    expect(shown(smsc.submitted)).toBe("At the market square.");

    // A channel that carries all that it is given says nothing either.
    await house.mail({ from: "anna@citizen.example", subject: "Map", text: "Where is it?" });
    const mailed = await house.arrival("Where is it?");
    const formatted = { format: "org.matrix.custom.html", formatted_body: "<b>There</b>" };
    const content = { ...file, filename: "map.txt", body: "**There**", ...formatted };
    const answer = await house.agent.reply(house.room, mailed.event_id, content, mailed.event_id);
    await house.agent.waitForEvent(house.room, (event) => isReaction(event, answer, "✅"), 30_000);
    const large = { ...file, info: { size: 800_000 } };
    const tooLarge = await house.agent.reply(house.room, mailed.event_id, large, mailed.event_id);
    const said = await house.agent.waitForEvent(house.room, isNoticeOn(tooLarge));
    expect(said.content.body).toMatch(/^Not sent: this channel carries files of up to 0.7 MB/);
    const notices = (await house.agent.messages(house.room)).filter(({ content }) => content.msgtype === "m.notice");
    expect(notices).toHaveLength(2);
  }, 120_000);
});
