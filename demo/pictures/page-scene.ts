import type { Page } from "playwright-core";

/** Plays both sides on the demo's own page, after the mails of the other scenes: a text, its answer, a mail that is read. */
export async function playOnPage(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await page.fill("#phone textarea", "Is the town hall open on Saturday?");
  await page.click("#phone button");
  await page.locator("#timeline .words", { hasText: "open on Saturday" }).waitFor();
  await page.fill("#answer textarea", "Yes, from 9 to 12.");
  await page.click("#answer button[value=reply]");
  await page.locator("#screen .other", { hasText: "delivered" }).waitFor();
  await page.locator("#timeline .reaction", { hasText: "✅" }).waitFor();
  await page.locator("#inbox a").first().click();
  await page.locator(".letter").waitFor();
  await page.locator("#threads a", { hasText: "Street lamp" }).click();
  const picture = page.locator("#timeline img");
  await picture.scrollIntoViewIfNeeded();
  await picture.evaluate("document.querySelector('#timeline img').decode()");
  // The form is fetched and drawn only when it is in view: the window becomes as high as the page.
  const height = Number(await page.evaluate("document.documentElement.scrollHeight"));
  await page.setViewportSize({ width: 1280, height });
  await page.locator("iframe").scrollIntoViewIfNeeded();
  await page.frameLocator("iframe").locator("[name=message]").waitFor();
  await page.evaluate("scrollTo(0, 0)");
}
