import { readFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type House, openHouse } from "../support/house.ts";
import { missing } from "../support/needs.ts";

const lacks = missing("synapse");

describe.skipIf(lacks)(`what agents see of a sender${lacks ? ` (${lacks})` : ""}`, () => {
  let house: House;
  beforeAll(async () => {
    house = await openHouse({ channel: { trust: { results_of: "mx.town.example", on_forged: "hold" } } });
  });
  afterAll(() => house?.close());

  const results = (text: string) => ({ "Authentication-Results": `mx.town.example; ${text}` });

  test("first contact is said once", async () => {
    await house.mail({ from: "Anna <anna@example.org>", subject: "One", text: "the first of all" });
    expect((await house.arrival("the first of all")).content.body).toBe(
      "One\nAnna <anna@example.org> · first contact\n\nthe first of all",
    );
    await house.mail({ from: "Anna <anna@example.org>", subject: "Two", text: "another matter" });
    const later = String((await house.arrival("another matter")).content.body);
    expect(later).toMatch(/^Two\nAnna <anna@example\.org>\n/);
    expect(later).not.toContain("first contact");
  });

  test("what is odd stands on top", async () => {
    await house.mail({ from: '"paul@bank.example" <m@else.example>', subject: "Odd", text: "send money" });
    const { content } = await house.arrival("send money");
    expect(content.body).toMatch(/^⚠️ The sender's name shows the address paul@bank\.example.*\n\nOdd\n/);
    expect(content.formatted_body).toMatch(/^<p><em>⚠️ /);
  });

  test("a forged mail is set aside, and the room told; mail behind it goes on", async () => {
    const headers = results("dmarc=fail (p=reject) header.from=bank.example");
    await house.mail({ from: "info@bank.example", subject: "Forged", text: "your account", headers });
    const notice = await house.agent.waitForEvent(
      house.room,
      ({ content }) => content.msgtype === "m.notice" && String(content.body).includes("SENDER_FORGED"),
    );
    expect(notice.content.body).toMatch(/set aside \(SENDER_FORGED\)\. .*bank\.example.* number \d+\.$/);
    const proven = results("dmarc=pass header.from=bank.example");
    await house.mail({ from: "info@bank.example", subject: "True", text: "your real account", headers: proven });
    const { content } = await house.arrival("your real account");
    expect(content.body).toMatch(/^True\n/);
    await expect(house.arrival("your account\n", 500)).rejects.toThrow();

    // What an operator's release does.
    const id = /number (\d+)\.$/.exec(String(notice.content.body))?.[1];
    await inDatabase("update inbox set state = 'waiting', due_at = now() where id = $1 and state = 'quarantined'", id);
    const released = await house.arrival("\nyour account", 20_000);
    expect(released.content.body).toMatch(/^⚠️ The sender may be forged.*\n\nForged\ninfo@bank\.example\n/);
  });

  async function inDatabase(statement: string, value: unknown): Promise<void> {
    const folder = join(house.folder, "data", "postgres");
    const password = await readFile(join(folder, "password"), "utf8");
    const port = Number((await readFile(join(folder, "cluster", "postmaster.pid"), "utf8")).split("\n")[3]);
    const client = new pg.Client({ host: "127.0.0.1", port, user: "guichet", password, database: "guichet" });
    await client.connect();
    await client.query(statement, [value]);
    await client.end();
  }
});
