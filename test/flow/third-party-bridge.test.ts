import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectFolder } from "../../demo/setup/paths.js";
import { joinAs, type Ngircd, startNgircd } from "../../examples/guichet-bridge-irc/ngircd.ts";
import { type House, openHouse } from "../support/house.ts";
import type { MatrixEvent } from "../support/matrix-client.ts";
import { missing } from "../support/needs.ts";
import { until } from "../support/until.ts";
import { notice, outcome, relationOf } from "./desk/room.ts";

const lacking = missing("synapse", "ngircd");
const PACKAGE = join(projectFolder, "examples", "guichet-bridge-irc");

/** As `npm install` would: JavaScript in the package's dist, and beside it a zod that is not guichet's. */
async function install(folder: string): Promise<void> {
  const modules = join(folder, "node_modules");
  const dist = join(modules, "guichet-bridge-irc", "dist");
  await mkdir(dist, { recursive: true });
  await cp(join(PACKAGE, "package.json"), join(modules, "guichet-bridge-irc", "package.json"));
  const source = await readFile(join(PACKAGE, "index.ts"), "utf8");
  await writeFile(join(dist, "index.js"), stripTypeScriptTypes(source));
  await cp(join(projectFolder, "node_modules", "zod"), join(modules, "zod"), { recursive: true });
}

describe.skipIf(lacking)(`a bridge from a package outside the core ${lacking ?? ""}`, { timeout: 90_000 }, () => {
  let server: Ngircd | undefined;
  let opened: House | undefined;
  const house = () => {
    if (!opened) throw new Error("the house is not open");
    return opened;
  };
  const port = () => server?.port ?? 0;
  const arrives = (text: string): Promise<MatrixEvent> =>
    house().agent.waitForEvent(
      house().room,
      ({ sender, content }) => sender.startsWith("@_guichet_irc_") && String(content.body).includes(text),
      30_000,
    );

  beforeAll(async () => {
    server = await startNgircd({ password: "hush" });
    opened = await openHouse({
      prepare: async (folder) => {
        await install(folder);
        await writeFile(join(folder, "password"), "hush\n");
      },
      channels: {
        "town-irc": {
          use: "guichet-bridge-irc",
          agency: "town-hall",
          host: "127.0.0.1",
          port: server.port,
          tls: false,
          nick: "TownHall",
          // Known to be a secret by what the package's own zod says of it.
          password: { file: "password" },
        },
      },
    });
  });
  afterAll(async () => {
    await opened?.close();
    await server?.remove();
  });

  test("a citizen's private message stands in the room, and the agent's answer reaches the citizen", async () => {
    const { agent, room } = house();
    const anna = await joinAs("Anna", port(), "hush");
    anna.say("TownHall", "Is the counter open today?");
    const root = await arrives("Is the counter open today?");
    anna.say("TownHall", "And tomorrow?");
    expect(relationOf(await arrives("And tomorrow?"))).toMatchObject({ rel_type: "m.thread", event_id: root.event_id });

    const answer = await agent.reply(room, root.event_id, "Until noon.\nBring your papers.", root.event_id);
    await until("both lines are heard", () => anna.heard.length === 2, 20_000);
    expect(anna.heard).toEqual(["TownHall> Until noon.", "TownHall> Bring your papers."]);
    await outcome(house(), answer, "✅");
    await anna.quit();

    const late = await agent.reply(room, root.event_id, "One more thing.", root.event_id);
    await outcome(house(), late, "❌");
    expect((await notice(house(), late)).content.body).toContain("IRC_401");
  });

  test("an agent writes first with the package's own command", async () => {
    const { agent, room } = house();
    const bob = await joinAs("bob", port(), "hush");
    const command = await agent.sendText(room, "!irc bob Permit\nYour permit is ready.");
    await until("the line is heard", () => bob.heard.length === 1, 20_000);
    expect(bob.heard).toEqual(["TownHall> Your permit is ready."]);
    await outcome(house(), command, "✅");
    bob.say("TownHall", "Thank you.");
    expect(relationOf(await arrives("Thank you."))).toMatchObject({ rel_type: "m.thread", event_id: command });
    await bob.quit();
  });

  test("mail goes on beside it, and an IRC server that went away is found again", async () => {
    const { mail, arrival } = house();
    await server?.stop("SIGKILL");
    await mail({ from: "carl@example.org", text: "A tree fell." });
    await arrival("A tree fell.");
    await server?.start();
    const dora = await joinAs("dora", port(), "hush");
    // Until the channel is back, the server says that there is no such nickname.
    const asking = setInterval(() => dora.say("TownHall", "Are you there?"), 250);
    await arrives("Are you there?").finally(() => clearInterval(asking));
    await dora.quit();
    expect(house().guichet.log()).not.toMatch(/hush|dora|counter/);
  });
});
