import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { findLeftBehind } from "../../demo/setup/left-behind.js";
import { findViolations, openBrowser, SCHEMES, WINDOWS } from "../support/browser.ts";
import { type ConfigFolder, folderWith } from "../support/config-folder.ts";
import { missing } from "../support/needs.ts";
import { type DemoAddresses, demoAddresses, type RunningDemo, runDemo } from "../support/run-demo.ts";

const lacking = missing("synapse", "chromium");
const LIMIT_MS = 60_000;
const SEEN = { timeout: 20_000 };
const LARGEST = 50_000;

const texts = z.object({ texts: z.array(z.looseObject({ text: z.string(), from: z.string(), state: z.string() })) });

describe.skipIf(lacking)(`the demo's page ${lacking ?? ""}`, () => {
  const closing = new AsyncDisposableStack();
  let files: ConfigFolder;
  let demo: RunningDemo;
  let told: DemoAddresses;
  let browser: Browser;
  let control: string;

  beforeAll(async () => {
    files = closing.use(folderWith({}));
    demo = runDemo(files.path("demo"), "--json");
    closing.defer(() => void demo.end("SIGTERM"));
    browser = closing.adopt(await openBrowser(), (each) => each.close());
    told = demoAddresses.parse(JSON.parse(await demo.line()));
    control = told.channels["town-sms"]?.smsc?.control ?? "";
  }, 120_000);
  afterAll(() => closing.disposeAsync());

  const openPage = async (options: BrowserContextOptions = {}): Promise<Page> => {
    const page = await (await browser.newContext(options)).newPage();
    page.setDefaultTimeout(SEEN.timeout);
    await page.goto(told.page);
    return page;
  };
  const order = (path: string, body: Record<string, string>) =>
    fetch(`${control}/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const writeText = (body: Record<string, string>) => order("texts", body);
  const readTexts = async (query: Record<string, string>) =>
    texts.parse(await (await fetch(`${control}/texts?${new URLSearchParams(query)}`)).json()).texts;
  const timeline = (page: Page, words: string) => page.locator("#timeline li", { hasText: words });

  test(
    "a text by the control, the agent's answer by the page, and its receipt on the phone",
    async () => {
      const page = await openPage();
      const from = "+33639985555";
      const question = "Où est la mairie ? 🏛 ".repeat(6).trim();
      expect(await (await writeText({ from, text: question })).json()).toMatchObject({ state: "taken", parts: 2 });
      await timeline(page, question).waitFor();
      await page.fill("#answer textarea", "Place du Marché. ".repeat(20).trim());
      await page.click("#answer button[value=reply]");
      await timeline(page, "Place du Marché.").locator(".reaction", { hasText: "✅" }).waitFor();
      await page.locator("#screen .other", { hasText: "delivered, receipt given · 3 SMS" }).waitFor();
      await page.locator(".way.out .steps", { hasText: /written.*held.*sent.*delivered/s }).waitFor();
      await page
        .locator(".way.in .steps", { hasText: /received.*stored.*in the room/s })
        .first()
        .waitFor();
      expect(await page.locator("#health .up").count()).toBe(3);
      expect(await readTexts({ phone: from, state: "delivered", wait_ms: "5000" })).toMatchObject([
        { from: told.channels["town-sms"]?.number, text: "Place du Marché. ".repeat(20).trim() },
      ]);

      await page.fill("#phone textarea", "Merci !");
      await page.click("#phone button");
      await timeline(page, "Merci !").waitFor();
      expect(await page.locator("#threads li").count()).toBe(1);
      await page.fill("#answer textarea", "He is polite.");
      await page.click("#answer button[value=note]");
      await timeline(page, "He is polite.").waitFor();
      await page.context().close();
    },
    LIMIT_MS,
  );

  test(
    "a text that never reaches its phone",
    async () => {
      const page = await openPage();
      const phone = "+33639982222";
      expect((await order("receipts", { phone, receipt: "EXPIRED" })).status).toBe(200);
      await writeText({ from: phone, text: "Hello from nowhere" });
      await timeline(page, "Hello from nowhere").waitFor();
      await page.fill("#answer textarea", "Are you there?");
      await page.click("#answer button[value=reply]");
      await page.locator("#screen .other", { hasText: "never reached the phone" }).waitFor();
      await timeline(page, "Are you there?").locator(".reaction", { hasText: "❌" }).waitFor();
      await page.context().close();
    },
    LIMIT_MS,
  );

  test(
    "a mail with a picture, its answer in the inbox, and the citizen's reply in the same conversation",
    async () => {
      const page = await openPage();
      await page.fill("[name=subject]", "A bench is broken");
      await page.fill("#mail-form textarea", "Here is a picture of the bench.");
      await page.setInputFiles("[name=files]", "demo/street-lamp.png");
      await page.click("#mail-form button");
      await timeline(page, "picture of the bench").waitFor();
      const picture = page.locator("#timeline img[alt='street-lamp.png']");
      await picture.waitFor();
      await picture.scrollIntoViewIfNeeded();
      const width = () => page.evaluate("document.querySelector('#timeline img').naturalWidth");
      await expect.poll(width, SEEN).toBeGreaterThan(0);
      await page.fill("#answer textarea", "We mend it on Friday.");
      await page.click("#answer button[value=reply]");
      await page.locator("#inbox a", { hasText: "Re: A bench is broken" }).click();
      await page.locator(".letter", { hasText: "We mend it on Friday." }).waitFor();
      await page.fill("#mail-form textarea", "Thank you for the bench.");
      await page.click("#mail-form button");
      await timeline(page, "Thank you for the bench.").waitFor();
      const own = page.locator("#timeline .words");
      expect(await own.filter({ hasText: "Here is a picture of the bench." }).count()).toBe(1);
      // What guichet folds away is the mail that the reply quotes.
      expect(await timeline(page, "Thank you for the bench.").textContent()).not.toContain("We mend it");
      await page.context().close();
    },
    LIMIT_MS,
  );

  test(
    "works without JavaScript",
    async () => {
      const page = await openPage({ javaScriptEnabled: false });
      await page.fill("#phone textarea", "Plain and simple");
      await page.click("#phone button");
      await page.waitForURL(/phone=/);
      for (let tries = 0; tries < 50 && !(await timeline(page, "Plain and simple").isVisible()); tries += 1)
        await page.click("#reload");
      await page.fill("#answer textarea", "So is the answer");
      await page.click("#answer button[value=reply]");
      expect(await timeline(page, "So is the answer").count()).toBe(1);
      const arrived = page.locator("#screen .other", { hasText: "So is the answer" });
      for (let tries = 0; tries < 200 && !(await arrived.isVisible()); tries += 1) await page.click("#reload");
      expect(await arrived.count()).toBe(1);

      await page.locator("#phone summary").click();
      await page.fill("#phone [name=from]", "nobody");
      await page.fill("#phone textarea", "kept words");
      await page.click("#phone button");
      expect(await page.locator("#text-alert").textContent()).toContain("begins with +");
      expect(await page.inputValue("#phone textarea")).toBe("kept words");
      await page.context().close();
    },
    LIMIT_MS,
  );

  test(
    "the keyboard alone is enough",
    async () => {
      const page = await openPage();
      const reach = async (what: string) => {
        for (let steps = 0; steps < 80; steps += 1) {
          if (await page.evaluate(`document.activeElement.matches(${JSON.stringify(what)})`)) return;
          await page.keyboard.press("Tab");
        }
        throw new Error(`the keyboard does not reach ${what}`);
      };
      await reach("#phone textarea");
      await page.keyboard.type("No mouse here");
      await reach("#phone button");
      await page.keyboard.press("Enter");
      await timeline(page, "No mouse here").waitFor();
      await reach("#threads li:nth-child(2) a");
      await page.keyboard.press("Enter");
      await timeline(page, "No mouse here").waitFor({ state: "detached" });
      expect(await page.evaluate("document.activeElement.closest('#threads') !== null")).toBe(true);
      await page.keyboard.press("Shift+Tab");
      await page.keyboard.press("Enter");
      await timeline(page, "No mouse here").waitFor();
      await reach("#answer textarea");
      await page.keyboard.type("Nor here");
      await reach("#answer button[value=reply]");
      await page.keyboard.press("Space");
      await timeline(page, "Nor here").waitFor();
      await page.context().close();
    },
    LIMIT_MS,
  );

  test(
    "the form within the page, answered on the citizen's own page",
    async () => {
      const page = await openPage();
      const form = page.frameLocator("iframe");
      await form.locator("[name=name]").fill("Jeanne Martin");
      await form.locator("[name=message]").fill("Le banc du parc est cassé.");
      await form.locator("[name=consent]").check();
      // A form that comes back at once counts as filled in by a machine.
      await page.waitForTimeout(3_000);
      await form.locator("button[type=submit]").last().click();
      const address = form.locator("a.address");
      const follow = await address.getAttribute("href");
      await timeline(page, "Le banc du parc est cassé.").waitFor();
      await page.fill("#answer textarea", "Réparé demain.");
      await page.click("#answer button[value=reply]");
      await timeline(page, "Réparé demain.").locator(".reaction", { hasText: "✅" }).waitFor();
      await page.goto(follow ?? "");
      await page.locator("main", { hasText: "Réparé demain." }).waitFor();
      await page.context().close();
    },
    LIMIT_MS,
  );

  test.each(WINDOWS)(
    "axe finds nothing at $name, light and dark; the page is small and asks nobody else",
    async ({ name: _, ...window }) => {
      for (const colorScheme of SCHEMES) {
        const context = await browser.newContext({ ...window, colorScheme });
        const page = await context.newPage();
        const faults: string[] = [];
        const sizes: Promise<number>[] = [];
        page.on("console", (message) => faults.push(message.text()));
        page.on("pageerror", (error) => faults.push(error.message));
        page.on("request", (request) => {
          const isOurs = [told.page, told.channels["town-form"]?.url ?? told.page].some((url) =>
            request.url().startsWith(url),
          );
          if (!isOurs) faults.push(request.url());
        });
        page.on("response", (response) => {
          if (/^\/(page\.\w+|icon\.svg)?$/.test(new URL(response.url()).pathname))
            sizes.push(response.body().then(({ length }) => length));
        });
        await page.goto(told.page);
        await page.locator("#live", { hasText: "Live" }).waitFor();
        await page.locator("#inbox a").first().click();
        await page.locator(".letter").waitFor();
        for (const details of await page.locator("summary").all()) await details.click();
        expect(await findViolations(page)).toEqual([]);
        expect((await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)).toBeLessThan(LARGEST);
        expect(faults).toEqual([]);
        await context.close();
      }
    },
    LIMIT_MS,
  );

  test(
    "what strangers write is shown as words",
    async () => {
      const page = await openPage();
      const faults: string[] = [];
      page.on("console", (message) => faults.push(message.text()));
      const evil = "<img src=x onerror=alert(1)></textarea><script>alert(2)</script>";
      await writeText({ from: "+33639981111", text: evil });
      await timeline(page, evil).waitFor();
      await page.fill("[name=subject]", `Subject ${evil}`);
      await page.fill("#mail-form textarea", evil);
      await page.click("#mail-form button");
      await timeline(page, `Subject ${evil}`).waitFor();
      expect(await page.locator("#screen .words", { hasText: evil }).count()).toBe(1);
      await page.fill("#answer textarea", evil);
      await page.click("#answer button[value=reply]");
      await page.locator("#inbox a", { hasText: evil }).click();
      await page.locator(".letter .words", { hasText: evil }).waitFor();
      expect(await page.locator("img[src=x], main script").count()).toBe(0);
      expect(faults).toEqual([]);
      const answer = await fetch(told.page);
      expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'; style-src 'self'");
      expect(await answer.text()).not.toContain("<img src=x");
      await page.context().close();
    },
    LIMIT_MS,
  );

  test("foreign pages can neither write nor read", async () => {
    const body = new URLSearchParams({ from: "+33639981111", to: "x", text: "forged" });
    const origin = "https://evil.example";
    expect((await fetch(`${told.page}texts`, { method: "POST", body, headers: { origin } })).status).toBe(403);
    expect((await fetch(`${control}/texts`, { method: "POST", body: '{"text":"forged"}' })).status).toBe(400);
    expect((await fetch(`${control}/texts`, { headers: { origin } })).headers.get("access-control-allow-origin")).toBe(
      null,
    );
    expect((await readTexts({})).filter(({ text }) => text === "forged")).toEqual([]);
    for (const address of [told.page, control]) expect(await statusUnder("evil.example", address)).toBe(421);
  });

  test("says what is wrong with an order to the phones", async () => {
    expect((await writeText({ text: "" })).status).toBe(400);
    expect((await writeText({ text: "a", form: "+33639981111" })).status).toBe(400);
    expect((await order("receipts", { phone: "+33639981111", receipt: "LOST" })).status).toBe(400);
    expect((await fetch(`${control}/texts?state=lost`)).status).toBe(400);
  });

  test(
    "Ctrl-C ends a demo whose page is watched",
    async () => {
      await openPage();
      await demo.end("SIGINT");
      expect(findLeftBehind(files.path("demo"))).toEqual([]);
    },
    LIMIT_MS,
  );
});

/** What a page of the web would get that made its own name point to this machine. */
async function statusUnder(host: string, address: string): Promise<number | undefined> {
  const asked = get(address, { headers: { host } });
  const [answer]: IncomingMessage[] = await once(asked, "response");
  answer?.resume();
  return answer?.statusCode;
}
