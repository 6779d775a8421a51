import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isRecord } from "../../src/domain/is-record.ts";
import { type Dovecot, startDovecot, users } from "../support/dovecot.ts";
import { type House, openHouse } from "../support/house.ts";
import { isReaction } from "../support/is-reaction.ts";
import { missing } from "../support/needs.ts";
import { becomesTrue } from "../support/patience.ts";

const run = promisify(execFile);
const BIN = new URL("../../src/bin.js", import.meta.url).pathname;
const lacks = missing("synapse", "dovecot");
const [{ user, password }] = users;

describe.skipIf(lacks)(`guichet backup and restore ${lacks ?? ""}`, () => {
  const closing = new AsyncDisposableStack();
  let dovecot: Dovecot;
  let house: House;
  beforeAll(async () => {
    dovecot = await startDovecot();
    closing.defer(() => dovecot.remove());
    const imap = { host: "127.0.0.1", port: dovecot.imapsPort, user, password, ca: dovecot.tls.cert };
    house = await openHouse({ channel: { imap }, agency: { acknowledge: true } });
    closing.defer(() => house.close());
  }, 120_000);
  afterAll(() => closing.disposeAsync());

  const deliver = (name: string, number = 0, head = "") =>
    dovecot.deliver(
      user,
      `From: ${name}@example.org\nTo: ${user}\nSubject: ${name}\nMessage-ID: <${name}-${number}@example.org>\n${head}\nWords ${number} of ${name}.\n`,
    );
  const cli = (...words: string[]) =>
    run(process.execPath, [BIN, ...words, "--config", join(house.folder, "guichet.yaml")]).then(
      ({ stdout, stderr }) => stdout + stderr,
      (error: unknown) => (isRecord(error) ? `${error.stdout}${error.stderr}` : ""),
    );
  const shown = async (words: string) =>
    (await house.agent.messages(house.room)).filter(({ content }) => String(content.body).includes(words));
  const mailsTo = (address: string) => house.sink.mails.filter(({ to }) => to.includes(address));
  const answer = async (root: string, text: string) => {
    const event = await house.agent.reply(house.room, root, text, root);
    await house.agent.waitForEvent(house.room, (each) => isReaction(each, event, "✅"), 30_000);
  };

  test("a backup under load, restored: what came since is there once, leaves once, and goes on", async () => {
    await deliver("anna");
    const anna = await house.arrival("Words 0 of anna.");
    await answer(anna.event_id, "Answer before.");
    const file = join(house.folder, "guichet.backup.gz");
    const load = Promise.all(Array.from({ length: 10 }, (_, each) => deliver(`load${each}`)));
    expect(await cli("backup", file)).toContain("Wrote");
    await load;
    expect(await cli("backup", file)).toContain("EEXIST");
    const lines = gunzipSync(readFileSync(file)).toString().trimEnd().split("\n");
    expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ end: true });
    for (let each = 0; each < 10; each += 1) await house.arrival(`Words 0 of load${each}.`);

    // Since the backup: a new citizen with an answer, and more from a known one.
    await deliver("ben");
    const ben = await house.arrival("Words 0 of ben.");
    await answer(ben.event_id, "Answer to ben.");
    await deliver("anna", 1, "In-Reply-To: <anna-0@example.org>\n");
    await house.arrival("Words 1 of anna.");
    expect(await becomesTrue(() => mailsTo("ben@example.org").length === 2, 15_000)).toBe(true);
    const number = /Its number is (\d+)/.exec(mailsTo("ben@example.org")[0]?.raw.replace(/=\r?\n/g, "") ?? "")?.[1];
    const sent = house.sink.mails.length;
    await house.guichet.end("SIGTERM");
    const data = join(house.folder, "data", "postgres");
    await rename(data, `${data}.lost`);
    // While nobody looks: a mail, and an answer of an agent's.
    await deliver("cleo");
    await house.agent.reply(house.room, ben.event_id, "Written while it was gone.", ben.event_id);

    // One that is cut off restores nothing.
    const broken = join(house.folder, "broken.gz");
    await writeFile(broken, gzipSync(lines.slice(0, -1).join("\n")));
    expect(await cli("restore", broken)).toContain("RESTORE_UNREADABLE");
    expect(await cli("restore", file)).toContain("Restored what was there");
    expect(await cli("restore", file)).toContain("RESTORE_NOT_EMPTY");
    await house.guichet.start();
    await house.arrival("Words 0 of cleo.");
    expect(
      await becomesTrue(() => house.sink.mails.some(({ raw }) => raw.includes("Written while it was gone.")), 30_000),
    ).toBe(true);
    await deliver("ben", 1, "In-Reply-To: <ben-0@example.org>\n");
    const again = await house.arrival("Words 1 of ben.");

    for (const words of [
      "Words 0 of anna.",
      "Words 1 of anna.",
      "Words 0 of ben.",
      "Words 1 of ben.",
      "Words 0 of cleo.",
    ])
      expect(await shown(words)).toHaveLength(1);
    for (let each = 0; each < 10; each += 1) expect(await shown(`Words 0 of load${each}.`)).toHaveLength(1);
    // Ben's conversation is the one that it was, under its number.
    expect(again.content["m.relates_to"]).toMatchObject({ event_id: ben.event_id });
    const { rows } = await import("pg").then(async ({ default: pg }) => {
      const postmaster = readFileSync(join(data, "cluster", "postmaster.pid"), "utf8").split("\n");
      const secret = readFileSync(join(data, "password"), "utf8");
      const client = new pg.Client(`postgres://guichet:${secret}@127.0.0.1:${postmaster[3]}/guichet`);
      await client.connect();
      const found = await client.query("select id from conversation where address = 'ben@example.org'");
      await client.end();
      return found;
    });
    expect(rows).toEqual([{ id: number }]);
    // Cleo's acknowledgement and the answer of that time; nothing a second time.
    expect(await becomesTrue(() => mailsTo("cleo@example.org").length === 1, 15_000)).toBe(true);
    expect(house.sink.mails.slice(sent)).toHaveLength(2);
    await rm(`${data}.lost`, { recursive: true });
  }, 240_000);
});
