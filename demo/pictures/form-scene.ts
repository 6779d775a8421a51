import type { Browser, Page } from "playwright-core";
import { findViolations } from "../../test/support/browser.ts";
import { SetUpError } from "../setup/say.js";

const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 };
const DESK = { viewport: { width: 1280, height: 900 }, deviceScaleFactor: 1 };

/** Photographs the form as citizens meet it: on a phone and at a desk, light and dark, left to right and right to left. */
export async function photographForm(
  browser: Browser,
  url: string,
  take: (page: Page, name: string) => Promise<void>,
): Promise<void> {
  const look = async (
    name: string,
    language: string,
    window: typeof PHONE,
    colorScheme: "light" | "dark",
    act?: (page: Page) => Promise<void>,
  ) => {
    const context = await browser.newContext({ ...window, colorScheme, reducedMotion: "reduce" });
    const page = await context.newPage();
    try {
      await page.goto(`${url}?lang=${language}`);
      await page.locator("[name=message]").waitFor();
      await act?.(page);
      const wrong = await findViolations(page);
      if (wrong.length > 0) throw new SetUpError(`${name}.png shows what it must not: ${wrong.join("; ")}`);
      await take(page, name);
    } finally {
      await context.close();
    }
  };
  await look("form-phone", "en", PHONE, "light");
  await look("form-desk-dark", "fr", DESK, "dark", async (page) => {
    await page.fill("[name=name]", "Camille Martin");
    await page.fill("[name=email]", "camille@citizen");
    await page.locator("form button").click();
    await page.locator("[role=alert]").waitFor();
  });
  await look("form-arabic", "ar", PHONE, "light");
  await look("form-receipt", "en", PHONE, "light", async (page) => {
    await page.fill("[name=name]", "Camille Martin");
    await page.fill("[name=message]", "When is the library open?");
    await page.locator("[name=consent]").check();
    // Whoever is quicker than a person is asked to send again.
    await page.waitForTimeout(4_000);
    await page.locator("form button").click();
    await page.waitForURL(/receipt/);
  });
}
