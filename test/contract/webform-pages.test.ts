import { createServer } from "node:http";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findViolations, openBrowser } from "../support/browser.ts";
import { type FormSite, openFormSite } from "../support/form-site.ts";
import { ALL_FIELDS, answerTo, PNG, TOWN } from "../support/form-states.ts";
import { ask } from "../support/form-visitor.ts";
import { missing } from "../support/needs.ts";

const PAGE_BYTES = 50_000;
/** Each opens some ten pages, on machines that have other things to do. */
const PATIENCE_MS = 150_000;

/** How the pages work; what they look like is in webform-looks.test.ts. */
const LOOKS = [
  { name: "1280 px, light", lang: "en", viewport: { width: 1280, height: 900 }, scheme: "light", js: true },
  {
    name: "320 px, dark, right to left, without JavaScript",
    lang: "ar",
    viewport: { width: 320, height: 640 },
    scheme: "dark",
    js: false,
  },
] as const;

const absent = missing("chromium");
describe.skipIf(absent)(
  `the form's pages in Chromium${absent === undefined ? "" : ` (${absent})`}`,
  { timeout: PATIENCE_MS },
  () => {
    let site: FormSite;
    let browser: Browser;
    beforeAll(async () => {
      site = await openFormSite(ALL_FIELDS, TOWN);
      browser = await openBrowser();
    });
    afterAll(async () => {
      await browser?.close();
      await site?.close();
    });

    async function open(
      look: (typeof LOOKS)[number],
    ): Promise<{ context: BrowserContext; page: Page; foreign: string[] }> {
      const context = await browser.newContext({
        viewport: look.viewport,
        colorScheme: look.scheme,
        javaScriptEnabled: look.js,
      });
      const page = await context.newPage();
      const foreign: string[] = [];
      page.on("request", (request) => {
        if (!request.url().startsWith(new URL(site.url).origin)) foreign.push(request.url());
      });
      page.on("response", async (response) => {
        const size = (await response.body().catch(() => Buffer.alloc(0))).length;
        if (size > PAGE_BYTES) foreign.push(`${response.url()} has ${size} bytes`);
      });
      page.on("pageerror", (error) => foreign.push(String(error)));
      page.on("console", (message) => {
        if (/Content Security Policy|Refused to/.test(message.text())) foreign.push(message.text());
      });
      return { context, page, foreign };
    }

    test.each(LOOKS)("$name: from the empty form to the closed case", async (how) => {
      const { context, page, foreign } = await open(how);
      const found: string[] = [];
      // axe is a script, too. What scripts put into a page is seen here alone.
      const see = async (what: string) => {
        if (how.js) found.push(...(await findViolations(page)).map((line) => `${what}: ${line}`));
      };
      const send = () => page.locator("form button").first().click();
      const settled = () => page.waitForLoadState("load");
      try {
        await page.goto(`${site.url}?lang=${how.lang}`);
        await see("form");
        await send();
        await page.locator("[role=alert]").waitFor();
        expect(await page.locator("[role=alert] a").count()).toBe(5);
        await see("errors");
        await page.fill("[name=name]", "Anna Martin");
        await page.fill("[name=email]", "not an address");
        await page.fill("[name=phone]", "06 12 34 56 78");
        await page.locator("[name=topic]").first().check();
        await page.selectOption("[name=district]", "d3");
        await page.locator("[name=urgent]").check();
        await page.locator("[name=consent]").check();
        await page.locator("[name=answer][value=email]").check();
        await page.fill("[name=message]", 'Bonjour,\n\n  <b>lampe</b> & "rue"');
        await page.setInputFiles("[name=files]", [
          { name: "lamp.png", mimeType: "image/png", buffer: PNG },
          { name: "trick.pdf", mimeType: "application/pdf", buffer: Buffer.from("MZ\0 nothing of the kind") },
        ]);
        await send();
        await page.locator("[name=kept]").waitFor();
        expect(await page.locator("[role=alert] a").count()).toBe(2);
        expect(await page.inputValue("[name=message]")).toBe('Bonjour,\n\n  <b>lampe</b> & "rue"');
        expect(await page.inputValue("[name=district]")).toBe("d3");
        expect(await page.locator("[name=topic]").first().isChecked()).toBe(true);
        expect(await page.locator("[name=consent]").isChecked()).toBe(true);
        await see("errors with a file");
        await page.fill("[name=email]", "anna@example.org");
        const before = site.host.taken.length;
        await send();
        await page.waitForURL(/\/receipt/);
        await settled();
        await see("receipt");
        const message = site.host.taken.at(-1);
        expect(site.host.taken.length).toBe(before + 1);
        expect(message?.from).toEqual({ address: "anna@example.org", name: "Anna Martin" });
        expect(message?.files.map(({ name, type, content }) => [name, type, content.equals(PNG)])).toEqual([
          ["lamp.png", "image/png", true],
        ]);
        const address = (await page.locator("a.address").getAttribute("href")) ?? "";
        const number = (await page.locator(".number").textContent()) ?? "";
        const token = (await site.host.inbox.numberOf(message?.dedupeKey ?? ""))?.token ?? "";
        expect(token.startsWith(`${number}-`)).toBe(true);
        await page.goto(address);
        await see("case without an answer");
        await answerTo(site, token);
        await page.reload();
        await see("case with an answer");
        expect(await page.locator(".talk strong").textContent()).toBe("this week");
        await send();
        await page.locator("[role=alert]").waitFor();
        await see("case with an error");
        await page.fill("[name=message]", "Merci !");
        await send();
        await page.waitForURL(/sent/);
        await settled();
        expect(site.host.taken.at(-1)).toMatchObject({ text: "Merci !", thread: { token }, from: message?.from });
        await page.locator("button[value=close]").click();
        await page.waitForURL((url) => !url.search.includes("sent"));
        await settled();
        await see("closed case");
        await page.goto(`${site.url}/case/${token}.1.zzz.AAAA?lang=${how.lang}`);
        await see("no such case");
      } finally {
        await context.close();
      }
      expect(found).toEqual([]);
      expect(foreign).toEqual([]);
    });

    test("flood, expired, spent and other notices are pages, too", async () => {
      let shift = 0;
      const small = await openFormSite(
        { least_seconds: 0, follow_up_days: 1, limits: { per_address: 6, per_address_unproven: 3 } },
        { ...TOWN, now: () => new Date(Date.now() + shift) },
      );
      // Whoever has no JavaScript brings no proof of work.
      const context = await browser.newContext({ javaScriptEnabled: false });
      const page = await context.newPage();
      const worker = await browser.newContext();
      const fill = async (message: string, into = page) => {
        await into.fill("[name=name]", "Anna");
        await into.fill("[name=message]", message);
        await into.locator("[name=consent]").check();
      };
      const submit = (from = page) => from.locator("form button").click();
      try {
        await page.goto(small.url);
        await fill("One");
        await submit();
        await page.waitForURL(/receipt/);
        const address = (await page.locator("a.address").getAttribute("href")) ?? "";
        await page.goBack();
        await fill("One, changed");
        await submit();
        await page.locator("[role=alert]").waitFor();
        expect(await page.inputValue("[name=message]")).toBe("One, changed");
        await page.fill("[name=message]", "Two");
        await submit();
        await page.waitForURL(/receipt/);
        await page.goto(small.url);
        await fill("Three");
        await submit();
        await page.locator("[role=alert]").waitFor();
        expect(await page.inputValue("[name=message]")).toBe("Three");
        // With a proof of work there is room.
        const proven = await worker.newPage();
        await proven.goto(small.url);
        await fill("Three", proven);
        await submit(proven);
        await proven.waitForURL(/receipt/);
        await page.goto(small.url);
        await submit();
        await page.locator("[role=alert]").waitFor();
        await page.goto(small.url);
        await submit();
        await page.locator("h1", { hasText: "Too many messages at the moment" }).waitFor();
        shift = 2 * 24 * 60 * 60_000;
        await page.goto(address);
        expect(await page.locator("h1").textContent()).toBe("This link is no longer valid");
        expect(small.host.taken.map(({ text }) => text)).toEqual(["One", "Two", "Three"]);
      } finally {
        await context.close();
        await worker.close();
        await small.close();
      }
    });

    test("whoever is told to wait keeps what was typed, with JavaScript and without, and sends it again", async () => {
      const slow = await openFormSite({ least_seconds: 0, limits: { per_second: 1 } }, TOWN);
      const flood = () => Promise.all([...Array(6)].map(() => ask(slow.url, { method: "POST" })));
      try {
        for (const javaScriptEnabled of [true, false]) {
          const context = await browser.newContext({ javaScriptEnabled });
          const page = await context.newPage();
          await page.goto(slow.url);
          await page.fill("[name=name]", "Anna");
          await page.fill("[name=message]", `Typed, ${javaScriptEnabled}`);
          // Whoever goes back in a browser has to choose files anew.
          if (javaScriptEnabled)
            await page.setInputFiles("[name=files]", { name: "lamp.png", mimeType: "image/png", buffer: PNG });
          await page.locator("[name=consent]").check();
          await flood();
          await page.locator("form button").click();
          if (javaScriptEnabled) {
            await page.locator(".status [role=alert]", { hasText: "wait 60 seconds" }).waitFor();
            expect(await findViolations(page)).toEqual([]);
          } else {
            await page.locator("h1", { hasText: "Too many messages at the moment" }).waitFor();
            await page.goBack();
          }
          expect(await page.inputValue("[name=message]")).toBe(`Typed, ${javaScriptEnabled}`);
          await page.waitForTimeout(3_000);
          await page.locator("form button").click();
          await page.waitForURL(/receipt/);
          await context.close();
        }
        expect(slow.host.taken.map(({ text, files }) => [text, files.length])).toEqual([
          ["Typed, true", 1],
          ["Typed, false", 0],
        ]);
      } finally {
        await slow.close();
      }
    });

    test("the keyboard alone does everything", async () => {
      const context = await browser.newContext({ javaScriptEnabled: false });
      const page = await context.newPage();
      const focused = () => page.locator(":focus");
      const press = async (key: string, times = 1) => {
        for (let left = times; left > 0; left -= 1) await page.keyboard.press(key);
      };
      /** Goes on by Tab until a thing of this name has the focus. */
      const tabTo = async (selector: string) => {
        for (let steps = 0; steps < 60; steps += 1) {
          if (await focused().evaluateAll((all, wanted) => all.some((each) => each.matches(wanted)), selector)) return;
          await press("Tab");
        }
        throw new Error(`Tab does not come to ${selector}`);
      };
      try {
        await page.goto(`${site.url}?lang=en`);
        await tabTo("summary");
        await press("Enter");
        await tabTo("a[hreflang=fr]");
        await press("Enter");
        await page.waitForURL(/lang=fr/);
        await tabTo("[name=name]");
        await page.keyboard.type("Anna");
        await tabTo("button[type=submit]");
        await press("Enter");
        await page.locator("[role=alert]").waitFor();
        // The summary has the focus, and its links lead to the fields.
        expect(await focused().getAttribute("role")).toBe("alert");
        await press("Tab");
        await press("Enter");
        expect(await focused().getAttribute("name")).toBe("topic");
        await press("Space");
        await tabTo("[name=urgent]");
        await press("Space");
        await tabTo("[name=message]");
        await page.keyboard.type("Tout au clavier");
        await tabTo("[name=consent]");
        await press("Space");
        await tabTo("button[type=submit]");
        await press("Enter");
        await page.waitForURL(/receipt/);
        await tabTo("a.button");
        await press("Enter");
        await page.waitForURL(/case\/[^/]+$/);
        await tabTo("[name=message]");
        await page.keyboard.type("Encore");
        await tabTo("button[value=write]");
        await press("Enter");
        await page.waitForURL(/sent/);
        await tabTo("button[value=close]");
        await press("Enter");
        await page.waitForURL((url) => !url.search.includes("sent"));
        expect(site.host.taken.slice(-3).map(({ text }) => text.split("\n")[0])).toEqual([
          "Tout au clavier",
          "Encore",
          "The citizen has closed the case on their page.",
        ]);
      } finally {
        await context.close();
      }
    });

    test("another site shows the form by a script tag, and only one that may", async () => {
      let script = "";
      const other = createServer((_, answer) => {
        answer.setHeader("content-type", "text/html");
        answer.end(`<!doctype html><title>Town</title><main>${script}</main>`);
      });
      await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
      const address = other.address();
      const origin = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
      const framed = await openFormSite({ least_seconds: 0, embed_in: [origin] }, TOWN);
      const context = await browser.newContext();
      const page = await context.newPage();
      try {
        script = `<script src="${framed.url}/embed.js" data-title="Write to us" async></script>`;
        await page.goto(origin);
        const frame = page.frameLocator("iframe");
        await frame.locator("[name=name]").fill("Anna");
        await frame.locator("[name=message]").fill("From another site");
        await frame.locator("[name=consent]").check();
        expect(await page.locator("iframe").evaluate((each) => each.offsetHeight)).toBeGreaterThan(700);
        await frame.locator("button").click();
        await frame.locator("a.button").click();
        await page.waitForURL(/\/case\//);
        expect(framed.host.taken.map(({ text }) => text)).toEqual(["From another site"]);
        script = `<script src="${site.url}/embed.js" data-title="Write to us" async></script>`;
        await page.goto(origin);
        await page.locator("iframe").waitFor();
        await page.waitForTimeout(500);
        expect(await page.frameLocator("iframe").locator("[name=name]").count()).toBe(0);
      } finally {
        await context.close();
        await framed.close();
        other.close();
      }
    });
  },
);
