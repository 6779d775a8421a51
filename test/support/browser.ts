import axe from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import { z } from "zod";
import { BROWSER } from "./needs.ts";

/** Debian's Chromium, without a window. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: BROWSER, args: ["--no-sandbox", "--disable-gpu"] });

/** Windows in which a page has to be usable (WCAG 2.2, 1.4.10): wide, narrow, and wide at 400 %. */
export const WINDOWS = [
  { name: "1280 px", viewport: { width: 1280, height: 900 }, deviceScaleFactor: 1 },
  { name: "320 px", viewport: { width: 320, height: 640 }, deviceScaleFactor: 1 },
  { name: "400 %", viewport: { width: 320, height: 256 }, deviceScaleFactor: 4 },
] as const;

const found = z.array(z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string() })) }));

/** What axe-core finds wrong with the page as it is, without the pages of others in it: a line each. */
export async function findViolations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const violations: unknown = await page.evaluate(
    "axe.run(document, { iframes: false }).then(({ violations }) => violations)",
  );
  return found.parse(violations).map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}
