import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type EmbeddedPostgres, startEmbedded } from "../../src/store/embedded.ts";
import { disguise } from "../../src/store/embedded-user.ts";
import { type ChildOptions, type ChildScript, runScript } from "../support/child-script.ts";
import { missing } from "../support/needs.ts";
import { freePort } from "../support/ports.ts";
import { until } from "../support/until.ts";

const log = pino({ level: "silent" });
const SCRIPT = fileURLToPath(new URL("../support/processes/embedded-server.ts", import.meta.url));

/** Processes whose working folder is in `folder`: PostgreSQL's are, all of them. Linux only. */
function findServers(folder: string): number[] {
  return readdirSync("/proc").flatMap((name) => {
    try {
      return readlinkSync(`/proc/${Number(name)}/cwd`).startsWith(folder) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return (await client.query(text)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

describe("the embedded PostgreSQL", () => {
  let top: string;
  /** One cluster for most tests: to make one takes seconds. */
  let folder: string;
  const closing: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    top = await mkdtemp(join(tmpdir(), "guichet-embedded-"));
    folder = join(top, "data");
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    // Nothing outlives its guichet, however that ended.
    await until("no process is left", () => findServers(top).length === 0, 20_000);
  });
  afterAll(() => rm(top, { recursive: true, force: true }));

  async function start(options: { port?: number; folder?: string; log?: typeof log } = {}): Promise<EmbeddedPostgres> {
    const server = await startEmbedded({ folder, log, ...options });
    closing.push(() => server.stop());
    return server;
  }

  async function startProcess(
    options: ChildOptions & { folder?: string } = {},
  ): Promise<ChildScript & { url: string }> {
    const child = runScript("embedded-server.ts", [options.folder ?? folder], options);
    closing.push(() => child.end());
    const said = await child.line("", 60_000);
    if (!said.startsWith("up ")) throw new Error(said);
    return { ...child, url: said.slice("up ".length) };
  }

  const pidFile = () => join(folder, "cluster", "postmaster.pid");
  const serverPid = () => Number(readFileSync(pidFile(), "utf8").split("\n")[0]);

  /** Leaves the pid file of a server that is gone. */
  async function crashBoth(): Promise<void> {
    const child = await startProcess();
    const pid = serverPid();
    process.kill(child.pid, "SIGSTOP");
    process.kill(pid, "SIGKILL");
    await child.end("SIGKILL");
    await until("all are gone", () => findServers(folder).length === 0);
    expect(serverPid()).toBe(pid);
  }

  test("comes up, keeps its data over an orderly end, and leaves no process behind", async () => {
    const port = await freePort();
    const first = await start({ port });
    expect(new URL(first.url).port).toBe(String(port));
    await query(first.url, "create table kept (n int)");
    await query(first.url, "insert into kept values (1)");
    await Promise.all([first.stop(), first.stop()]);
    expect(findServers(top)).toEqual([]);
    expect([existsSync(pidFile()), existsSync(join(folder, "guichet.lock"))]).toEqual([false, false]);
    const second = await start();
    expect(await query(second.url, "select n from kept")).toEqual([{ n: 1 }]);
  });

  test("comes up after kill -9 of the process that started it", async () => {
    const child = await startProcess();
    await query(child.url, "insert into kept values (2)");
    await child.end("SIGKILL");
    const next = await start();
    expect(await query(next.url, "select n from kept order by n")).toEqual([{ n: 1 }, { n: 2 }]);
  });

  const needsSetpriv = disguise([SCRIPT, join(tmpdir(), "any")]).before.length > 0;
  test.skipIf(needsSetpriv)(
    `ends a server that outlived its guichet${needsSetpriv ? " (needs folders that every user may enter)" : ""}`,
    async () => {
      // Without setpriv nothing tells the server that its guichet was killed; nor is it needed in an open folder.
      chmodSync(top, 0o711);
      const bin = join(top, "bin");
      mkdirSync(bin, { recursive: true });
      if (!existsSync(join(bin, "id"))) symlinkSync("/usr/bin/id", join(bin, "id"));
      const child = await startProcess({ env: { PATH: bin } });
      const left = serverPid();
      await child.end("SIGKILL");
      await sleep(300);
      expect(findServers(folder)).toContain(left);
      // By another way to the same folder.
      const link = join(top, "link");
      symlinkSync(folder, link);
      const next = await start({ folder: link });
      expect(findServers(folder)).not.toContain(left);
      expect(await query(next.url, "select count(*)::int as n from kept")).toEqual([{ n: 2 }]);
    },
  );

  test("starts again by itself after kill -9 of the server", async () => {
    const faults: string[] = [];
    const server = await start({ log: pino({ level: "error" }, { write: (line: string) => void faults.push(line) }) });
    for (let crash = 1; crash <= 2; crash += 1) {
      const killed = serverPid();
      process.kill(killed, "SIGKILL");
      const isBack = () =>
        query(server.url, "select n from kept").then(
          () => serverPid() !== killed,
          () => false,
        );
      await until("it answers again", isBack, 20_000);
      expect(faults).toHaveLength(crash);
    }
    expect(await query(server.url, "select count(*)::int as n from kept")).toEqual([{ n: 2 }]);
  });

  test("ends for good when it is stopped just after a crash", async () => {
    const server = await start();
    process.kill(serverPid(), "SIGKILL");
    await sleep(Math.random() * 400);
    await server.stop();
    await sleep(600);
    expect(findServers(top)).toEqual([]);
    expect(existsSync(join(folder, "guichet.lock"))).toBe(false);
  });

  test("comes up with the pid file of a server that is gone", async () => {
    await crashBoth();
    const server = await start();
    expect(await query(server.url, "select count(*)::int as n from kept")).toEqual([{ n: 2 }]);
  });

  test("comes up with a pid file whose number another process has now", async () => {
    await crashBoth();
    const stale = readFileSync(pidFile(), "utf8");
    writeFileSync(pidFile(), stale.replace(/^\d+/, String(process.pid)));
    const server = await start();
    expect(await query(server.url, "select 1 as n")).toEqual([{ n: 1 }]);
  });

  test("takes another port when the wished one is taken, and says so", async () => {
    const port = await freePort();
    const other = createServer().listen(port, "127.0.0.1");
    closing.push(async () => void other.close());
    const warnings: string[] = [];
    const server = await start({
      port,
      log: pino({ level: "warn" }, { write: (line: string) => void warnings.push(line) }),
    });
    expect(new URL(server.url).port).not.toBe(String(port));
    expect(warnings.map((line) => JSON.parse(line).port)).toEqual([port]);
    expect(await query(server.url, "select 1 as n")).toEqual([{ n: 1 }]);
  });

  test("belongs to one guichet: a second one on its folder is told by whom it is used", async () => {
    const child = await startProcess();
    const named = { code: "EMBEDDED_FOLDER_IN_USE", message: expect.stringContaining(`process ${child.pid}`) };
    await expect(startEmbedded({ folder, log })).rejects.toMatchObject(named);
    expect(await query(child.url, "select 1 as n")).toEqual([{ n: 1 }]);
    child.signal("SIGTERM");
    await child.line("stopped");
    await start();
    await expect(startEmbedded({ folder, log })).rejects.toMatchObject({ code: "EMBEDDED_FOLDER_IN_USE" });
  });

  test("is taken over from a guichet that is gone, by one of those who try", async () => {
    const lock = join(folder, "guichet.lock");
    // Such a process there is, but it began at another time than the lock says.
    for (const stale of [`${2 ** 22 + 1} 1`, `${process.pid} 1`, "", "rubbish"]) {
      writeFileSync(lock, stale);
      await (await start()).stop();
    }
    writeFileSync(lock, `${process.pid} 1`);
    const tries = Array.from({ length: 3 }, () => runScript("embedded-server.ts", [folder]));
    closing.push(async () => {
      for (const child of tries) await child.end();
    });
    const said = await Promise.all(tries.map((child) => child.line("", 60_000)));
    expect(
      said
        .map((line) =>
          line
            .split(" ")
            .slice(0, 2)
            .join(" ")
            .replace(/^up .*/, "up"),
        )
        .sort(),
    ).toEqual(["fault EMBEDDED_FOLDER_IN_USE", "fault EMBEDDED_FOLDER_IN_USE", "up"]);
  });

  const lacking = missing("root");
  test.skipIf(lacking)(`comes up as an ordinary user ${lacking ?? ""}`, async () => {
    const own = join(top, "ordinary");
    // As a user who may not pass through our folders it keeps root's right to do so, and is no root for PostgreSQL.
    const { before, ids, adopt } = disguise([SCRIPT, process.execPath, own]);
    mkdirSync(own);
    adopt(own);
    const child = await startProcess({ folder: own, before, ids });
    expect(await query(child.url, "select 1 as n")).toEqual([{ n: 1 }]);
    const [server = 0] = findServers(own);
    expect(readFileSync(`/proc/${server}/status`, "utf8")).not.toMatch(/^Uid:\s+0\s/m);
    child.signal("SIGTERM");
    await child.line("stopped");
  });
});
