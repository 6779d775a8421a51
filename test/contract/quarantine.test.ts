import { execFile } from "node:child_process";
import { createSecretKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { InboxId } from "../../src/domain/ids.ts";
import { channelId, inboxLane } from "../../src/domain/ids.ts";
import { openInbox } from "../../src/inbox/accept.ts";
import { quarantine, readWaiting } from "../../src/store/inbox.ts";
import { acquireLane } from "../../src/store/lane.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import { type ConfigFolder, folderWith } from "../support/config-folder.ts";

const run = promisify(execFile);
const BIN = new URL("../../src/bin.js", import.meta.url).pathname;
const CONFIG = `homeserver: { url: http://127.0.0.1:1, domain: agents.test }
agencies: { hall: { name: Hall, room: "#hall:agents.test" } }
`;

describe("guichet quarantine", () => {
  let folder: ConfigFolder;
  let store: Store | undefined;
  const log = pino({ level: "silent" });
  const guichet = async (...words: string[]) =>
    (await run(process.execPath, [BIN, "quarantine", ...words, "--config", folder.path("guichet.yaml")])).stdout;

  beforeAll(() => {
    folder = folderWith({ "guichet.yaml": CONFIG });
  });
  afterAll(async () => {
    await store?.close();
    folder[Symbol.dispose]();
  });

  /** An arrival with one file, set aside as a lane's worker does it. */
  async function setAside(opened: Store, key: string): Promise<InboxId> {
    const { database } = opened;
    const woken: string[] = [];
    const inbox = openInbox({
      database,
      channel: channelId("mail"),
      laneKey: createSecretKey(Buffer.alloc(32)),
      replyKey: createSecretKey(Buffer.alloc(32)),
      isOwn: () => false,
      wake: (lane) => woken.push(lane),
    });
    await inbox.accept({
      dedupeKey: key,
      from: { address: "anna@example.org", name: "Anna" },
      to: "hall@town.example",
      receivedAt: new Date(),
      subject: "Subject",
      text: "Words with \u001b[31m colour",
      thread: { references: [] },
      automatic: false,
      attachments: [{ name: "../plan.txt", type: "text/plain", inline: false, content: Readable.from(["bytes"]) }],
    });
    const lane = inboxLane(woken[0]?.slice("in/".length) ?? "");
    const token = (await acquireLane(database.relaxed, lane, crypto.randomUUID(), 1_000)) ?? "";
    const arrival = (await readWaiting(database.relaxed, lane, 1))[0];
    if (!arrival) throw new Error("nothing waits");
    await quarantine(
      database.durable,
      { lane, token, signal: new AbortController().signal },
      arrival.id,
      "M_TOO_LARGE",
    );
    return arrival.id;
  }

  test("beside a running guichet: list, show, save, release, drop", async () => {
    store = await openStore({ dataFolder: folder.path("data") }, log);
    expect(await guichet("list")).toBe("Nothing is set aside.\n");
    const id = await setAside(store, "one");
    expect(await guichet("list")).toMatch(new RegExp(`^${id}\t\\S+\tmail\tM_TOO_LARGE\t1 files\n$`));

    const shown = await guichet("show", id, "--save", folder.path("saved"));
    expect(shown).toContain("From:    Anna <anna@example.org>");
    expect(shown).toContain("\u{FFFD}[31m colour");
    expect(shown).not.toContain("\u001b");
    const saved = join(folder.path("saved"), `${id}-1-.._plan.txt`);
    expect(readFileSync(saved, "utf8")).toBe("bytes");
    // It never writes over what is there.
    await expect(guichet("show", id, "--save", folder.path("saved"))).rejects.toThrow(/EEXIST/);

    expect(await guichet("release", id)).toContain("is released");
    await expect(guichet("release", id)).rejects.toMatchObject({
      stderr: expect.stringContaining("QUARANTINE_NUMBER"),
    });
    const other = await setAside(store, "two");
    expect(await guichet("drop", other)).toContain("is dropped");
    expect(await guichet("list")).toBe("Nothing is set aside.\n");
    const left = await store.database.relaxed.selectFrom("blob_chunk").select("seq").execute();
    expect(left).toHaveLength(1);
    await store.close();
    store = undefined;
  });

  test("without a running guichet it starts the database itself, and ends it", async () => {
    expect(await guichet("list")).toBe("Nothing is set aside.\n");
    await expect(guichet("show", "12")).rejects.toMatchObject({
      stderr: expect.stringContaining("Nothing is set aside"),
    });
    await expect(guichet("drop", "x")).rejects.toMatchObject({ code: 1 });
  });
});
