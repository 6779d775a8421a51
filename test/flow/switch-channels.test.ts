import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { createTransport } from "nodemailer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { type House, openHouse } from "../support/house.ts";
import { isReaction } from "../support/is-reaction.ts";
import { missing } from "../support/needs.ts";
import { becomesTrue } from "../support/patience.ts";
import { freePort } from "../support/ports.ts";

const run = promisify(execFile);
const BIN = new URL("../../src/bin.js", import.meta.url).pathname;
const lacks = missing("synapse");

describe.skipIf(lacks)(`channels on and off while guichet runs ${lacks ?? ""}`, { timeout: 60_000 }, () => {
  let house: House;
  beforeAll(async () => {
    house = await openHouse();
  }, 60_000);
  afterAll(() => house?.close());

  const config = () => join(house.folder, "guichet.yaml");
  const bridges = async (...words: string[]) =>
    (await run(process.execPath, [BIN, "bridges", ...words, "--config", config()])).stdout;
  const listens = (port: number) =>
    new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
      socket.on("close", () => socket.destroy());
      setTimeout(() => socket.destroy(), 200);
    });

  test("a channel that is off takes nothing, its answers wait, and all goes on when it is on again", async () => {
    await house.mail({ from: "anna@example.org", subject: "Permit", text: "First words." });
    const { event_id: root } = await house.arrival("First words.");
    const isUp = async () => /^town-mail\temail\ttown-hall\ton\tup since /.test(await bridges("list"));
    expect(await becomesTrue(isUp, 10_000)).toBe(true);
    expect(await bridges("disable", "town-mail")).toContain("is disabled");
    expect(await becomesTrue(async () => !(await listens(house.smtpPort)), 10_000)).toBe(true);
    expect(await becomesTrue(async () => /\toff\tstopped \(SWITCHED_OFF\)/.test(await bridges("list")), 10_000)).toBe(
      true,
    );
    const answer = await house.agent.reply(house.room, root, "Waiting words.", root);
    await house.agent.waitForEvent(house.room, (event) => isReaction(event, answer, "⏳"));
    expect(house.sink.mails).toHaveLength(0);
    await bridges("enable", "town-mail");
    await house.sent(1, 20_000);
    await house.agent.waitForEvent(house.room, (event) => isReaction(event, answer, "✅"));
    await house.mail({ from: "anna@example.org", subject: "More", text: "Second words." });
    await house.arrival("Second words.");
    await expect(bridges("enable", "no-mail")).rejects.toMatchObject({
      stderr: expect.stringContaining("CHANNEL_NAME"),
    });
  });

  test("a file that is read again brings a channel, and one with faults changes nothing", async () => {
    const port = await freePort();
    const text = await readFile(config(), "utf8");
    const file = parse(text);
    file.channels.second = { ...file.channels["town-mail"], address: "second@town.example", listen: { port } };
    await writeFile(config(), stringify(file));
    process.kill(house.guichet.pid, "SIGHUP");
    expect(await becomesTrue(() => listens(port), 10_000)).toBe(true);
    const client = createTransport({ host: "127.0.0.1", port, ignoreTLS: true });
    await client.sendMail({
      from: "ben@example.org",
      to: "second@town.example",
      subject: "Hello",
      text: "By the second.",
    });
    client.close();
    await house.arrival("By the second.");

    await writeFile(config(), "channels: 7\n");
    process.kill(house.guichet.pid, "SIGHUP");
    expect(await becomesTrue(() => house.guichet.log().includes("the file was not taken over"), 10_000)).toBe(true);
    await house.mail({ from: "anna@example.org", subject: "Still", text: "Third words." });
    await house.arrival("Third words.");
    await writeFile(config(), text);
    process.kill(house.guichet.pid, "SIGHUP");
    expect(await becomesTrue(async () => !(await listens(port)), 10_000)).toBe(true);
  });
});
