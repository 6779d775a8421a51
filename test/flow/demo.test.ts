import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createTransport } from "nodemailer";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findLeftBehind } from "../../demo/setup/left-behind.js";
import { type ConfigFolder, folderWith } from "../support/config-folder.ts";
import { MatrixClient } from "../support/matrix-client.ts";
import { missing } from "../support/needs.ts";
import { freePort } from "../support/ports.ts";
import { type DemoAddresses, demoAddresses, type RunningDemo, runDemo } from "../support/run-demo.ts";

const lacking = missing("synapse");
const RUN_MS = 180_000;

const LIBRARY = `
agencies:
  library: { name: Library, room: "#library:agents.example", undo_seconds: 0 }
channels:
  library-mail: { use: email, agency: library, address: library@town.example, listen: { port: PORT } }
`;

describe.skipIf(lacking)(`npm run demo ${lacking ?? ""}`, () => {
  let files: ConfigFolder;
  let folder: string;
  const demos: RunningDemo[] = [];

  beforeEach(() => {
    files = folderWith({});
    folder = files.path("demo");
  });
  afterEach(async () => {
    for (const demo of demos.splice(0)) await demo.end("SIGTERM");
    files[Symbol.dispose]();
  });

  function run(...options: string[]): RunningDemo {
    const demo = runDemo(folder, ...options);
    demos.push(demo);
    return demo;
  }

  test(
    "--once shows the citizen's answer and leaves nothing running",
    async () => {
      const demo = run("--once");
      expect(await demo.end(), demo.output.stderr).toBe(0);
      expect(demo.output.stdout).toContain("The citizen received:");
      expect(demo.output.stdout).toContain("will be repaired on Thursday");
      expect(demo.output.stdout).toContain("Yes, on Saturday from 9 to 12.");
      expect(findLeftBehind(folder)).toEqual([]);
    },
    RUN_MS,
  );

  test(
    "--json tells a program how to drive it; Ctrl-C ends all of it",
    async () => {
      using fragments = folderWith({ "fragment.yaml": LIBRARY.replace("PORT", String(await freePort())) });
      const demo = run("--json", "--config", fragments.path("fragment.yaml"));
      const told = demoAddresses.parse(JSON.parse(await demo.line()));
      expect(Object.keys(told.agencies)).toEqual(["town-hall", "library"]);
      expect(Object.keys(told.channels)).toEqual(["town-mail", "town-sms", "town-form", "library-mail"]);

      const { agent, homeserver } = told;
      const client = new MatrixClient(homeserver, { userId: agent.user_id, accessToken: agent.access_token });
      await (await MatrixClient.login(homeserver, agent.user_id, agent.password)).close();
      const room = told.agencies["town-hall"]?.room_id ?? "";
      await writeTo(told.channels["town-mail"], "A question");
      await writeTo(told.channels["library-mail"], "A book");
      const question = await client.waitForEvent(room, ({ content }) => String(content.body).includes("A question"));
      await client.waitForEvent(told.agencies.library?.room_id ?? "", ({ content }) =>
        String(content.body).includes("A book"),
      );
      await client.reply(room, question.event_id, "An answer", question.event_id);
      const mail = await awaitMail(told.sent_mail);
      expect(mail).toMatch(/^X-Envelope-From: mairie[^@]*@town\.example\r\nX-Envelope-To: citizen@home\.example\r\n/);
      expect(mail).toContain("An answer");
      await client.close();

      await demo.end("SIGINT");
      expect(demo.output.stdout.trimEnd().split("\n")).toHaveLength(1);
      expect(findLeftBehind(folder)).toEqual([]);
    },
    RUN_MS,
  );

  test(
    "comes up again after it was killed",
    async () => {
      const killed = run("--json");
      await killed.line();
      for (const { pid, command } of findLeftBehind(folder))
        if (/demo\/(run|main)/.test(command)) process.kill(pid, "SIGKILL");
      await killed.end();
      const next = run("--once");
      expect(await next.end(), next.output.stderr).toBe(0);
      expect(findLeftBehind(folder)).toEqual([]);
    },
    RUN_MS,
  );

  test(
    "says what to do about a port that is taken, a folder in use, and a faulty fragment",
    async () => {
      const base = await freePort();
      await using taken = createServer().listen(base + 1, "127.0.0.1");
      await once(taken, "listening");
      const blocked = run("--json", "--port-base", String(base));
      expect(await blocked.end()).toBe(1);
      expect(blocked.output.stderr).toContain(`Port ${base + 1} is taken`);
      expect(blocked.output.stdout).toBe("");

      using fragments = folderWith({ "fragment.yaml": "agencies:\n  town-hall: { replys: all }\n" });
      const faulty = run("--json", "--config", fragments.path("fragment.yaml"));
      expect(await faulty.end()).toBe(1);
      expect(faulty.output.stderr).toContain("did you mean replies?");

      const first = run("--json");
      await first.line();
      const second = run("--json");
      expect(await second.end()).toBe(1);
      expect(second.output.stderr).toContain("already");
      expect(first.child.exitCode).toBeNull();
    },
    RUN_MS,
  );
});

async function writeTo(channel: DemoAddresses["channels"][string] | undefined, text: string): Promise<void> {
  const { smtp, address } = channel ?? {};
  if (smtp === undefined || address === undefined) throw new Error("no such channel");
  const transport = createTransport({ ...smtp, secure: false });
  await transport.sendMail({ from: "citizen@home.example", to: address, subject: "Hello", text });
  transport.close();
}

async function awaitMail(folder: string): Promise<string> {
  for (;;) {
    const [name] = readdirSync(folder).filter((each) => each.endsWith(".eml"));
    if (name) return readFileSync(join(folder, name), "utf8");
    await sleep(50);
  }
}
