// `npm run pictures`: plays scenes in the demo and photographs what an agent sees in a real Matrix web client.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { chromium, type Page } from "playwright-core";
import { projectFolder } from "../setup/paths.js";
import { SetUpError, say, sayFault } from "../setup/say.js";
import { addresses, type Demo } from "./demo.ts";
import { photographForm } from "./form-scene.ts";
import { playOnPage } from "./page-scene.ts";
import { playScenes } from "./scenes.ts";
import { serveClient } from "./serve-client.ts";

const CLIENT = process.env.GUICHET_CLIENT ?? join(projectFolder, "..", "shared", "clients", "cinny");
const BROWSER = process.env.GUICHET_CHROMIUM ?? "/usr/bin/chromium";
const PICTURES = join(projectFolder, "docs", "pictures");
/** The client draws its timeline bit by bit, and says nowhere that it is done. */
const SETTLE_MS = 3_000;

async function photograph(): Promise<void> {
  if (!existsSync(join(CLIENT, "index.html")))
    throw new SetUpError(`There is no built Matrix web client in ${CLIENT}: set GUICHET_CLIENT to the folder of one.`);
  if (!existsSync(BROWSER)) throw new SetUpError(`There is no ${BROWSER}: install chromium or set GUICHET_CHROMIUM.`);
  await using running = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "guichet-pictures-"));
  running.defer(() => rmSync(folder, { recursive: true, force: true }));
  const demo = await startDemo(join(folder, "demo"), running);
  const client = await serveClient(CLIENT, demo.homeserver);
  running.defer(() => client.stop());
  const browser = await chromium.launch({
    executablePath: BROWSER,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  });
  running.defer(() => browser.close());
  const take = async (from: Page, name: string, fullPage = false) => {
    await from.screenshot({ path: join(PICTURES, `${name}.png`), fullPage });
    say(`Wrote docs/pictures/${name}.png`);
  };
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await logIn(page, client.url, demo, (name) => take(page, name));
  await playScenes(demo, async (name, ...seen) => {
    await sleep(SETTLE_MS);
    await scrollToEnd(page);
    for (const words of seen) await expectInWindow(page, words);
    await take(page, name);
  });
  const window = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await playOnPage(window, demo.page);
  await take(window, "demo-page", true);
  const form = demo.channels["town-form"]?.url;
  if (form === undefined) throw new SetUpError("The demo has no channel town-form.");
  await photographForm(browser, form, (from, name) => take(from, name, true));
}

/** What comes later moves the end away again, and the mouse must not lie on a message, which then shows its buttons. */
async function scrollToEnd(page: Page): Promise<void> {
  const latest = page.getByText("Jump to Latest");
  for (let turns = 0; turns < 10; turns += 1) {
    await page.mouse.move(650, 450);
    await page.mouse.wheel(0, 10_000);
    await page.mouse.move(1, 899);
    await sleep(1_000);
    if (!(await latest.isVisible())) return;
  }
}

/** A picture without what it is to show is a failure, not a picture. */
async function expectInWindow(page: Page, words: string): Promise<void> {
  const found = page.getByText(words).last();
  await found.waitFor({ timeout: 20_000 });
  const box = await found.boundingBox();
  const height = page.viewportSize()?.height ?? 0;
  if (!box || box.y < 0 || box.y + box.height > height) throw new SetUpError(`"${words}" is not in the window.`);
}

async function startDemo(folder: string, running: AsyncDisposableStack): Promise<Demo> {
  const child = spawn("npm", ["run", "--silent", "demo", "--", "--json", `--folder=${folder}`], {
    cwd: projectFolder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  running.defer(async () => {
    const ended = once(child, "exit");
    child.kill("SIGINT");
    await ended;
  });
  for await (const line of createInterface({ input: child.stdout })) return addresses.parse(JSON.parse(line));
  throw new SetUpError("The demo did not come up.");
}

async function logIn(page: Page, url: string, { agent }: Demo, take: (name: string) => Promise<void>): Promise<void> {
  await page.goto(url);
  await page.locator("input[name=passwordInput]").waitFor({ timeout: 60_000 });
  // A whole user id would make the client look for its server in DNS.
  await page.fill("input[name=usernameInput]", agent.user_id.slice(1).split(":")[0] ?? "");
  await page.fill("input[name=passwordInput]", agent.password);
  await take("0-login");
  await page.click("button[type=submit]");
  const room = page.getByText("Town Hall", { exact: true }).first();
  await room.waitFor({ timeout: 60_000 });
  await sleep(SETTLE_MS);
  await page.getByText("Connecting").waitFor({ state: "hidden", timeout: 60_000 });
  await expectInWindow(page, "Town Hall");
  await take("0-rooms");
  await room.click();
}

try {
  await photograph();
} catch (error) {
  sayFault(error);
  process.exitCode = 1;
}
