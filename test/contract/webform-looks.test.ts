import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Looks, openBrowser, openLooks } from "../support/browser.ts";
import { type FormState, meetAll, sizesOf } from "../support/form-states.ts";
import { missing } from "../support/needs.ts";

/** Some twenty pages, each in six looks, on machines that have other things to do. */
const PATIENCE_MS = 180_000;
const MOST_BYTES = { plain: 50_000, packed: 15_000 };
const SITE = "http://form.test";

const absent = missing("chromium");
describe.skipIf(absent)(
  `each page of the form in Chromium, in windows of all sizes, light and dark${absent === undefined ? "" : ` (${absent})`}`,
  { timeout: PATIENCE_MS },
  () => {
    let browser: Browser;
    let looks: Looks;
    let shown: FormState | undefined;
    /** What a page asks for beside itself, and what it may not do. */
    const asked: string[] = [];
    beforeAll(async () => {
      browser = await openBrowser();
      looks = await openLooks(browser, async (page) => {
        page.on("console", (message) => asked.push(message.text()));
        page.on("pageerror", (error) => asked.push(error.message));
        await page.route("**/*", (route) => {
          const { pathname, origin } = new URL(route.request().url());
          if (origin === SITE && pathname === "/") {
            const policy = String(shown?.page.headers["content-security-policy"]);
            return route.fulfill({
              body: shown?.page.body ?? "",
              headers: { "content-type": "text/html; charset=utf-8", "content-security-policy": policy },
            });
          }
          if (origin !== SITE || !pathname.endsWith("/form.js")) asked.push(route.request().url());
          return route.fulfill({ body: "", contentType: "text/javascript" });
        });
      });
    });
    afterAll(async () => {
      await looks?.close();
      await browser?.close();
    });

    test.each(["en", "ar"])("in %s", async (language) => {
      const states = await meetAll(language);
      expect(states.map(({ name, page }) => [name, page.status])).toEqual(
        states.map(({ name, status }) => [name, status]),
      );
      const wrong: unknown[] = [];
      for (const state of states) {
        shown = state;
        const found = await looks.see(`${SITE}/`);
        if (found.length > 0) wrong.push([state.name, found]);
        const { plain, packed } = sizesOf(state.page);
        if (plain > MOST_BYTES.plain || packed > MOST_BYTES.packed) wrong.push([state.name, plain, packed]);
        // guichet's own pages speak fewer languages.
        const isOwn = !state.page.text.includes("<main id=");
        const html = `<html lang="${language}" dir="${language === "ar" ? "rtl" : "ltr"}">`;
        if (!isOwn && !state.page.text.includes(html)) wrong.push([state.name, "is in another language"]);
      }
      expect(wrong).toEqual([]);
      expect(asked).toEqual([]);
    });
  },
);
