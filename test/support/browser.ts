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
export const SCHEMES = ["light", "dark"] as const;

const found = z.object({
  violations: z.array(z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string() })) })),
  tooWide: z.number(),
});

// What WCAG 2.2 adds is off unless it is asked for.
const RUN_AXE = `axe.run(document, {
  iframes: false,
  resultTypes: ["violations"],
  rules: { "target-size": { enabled: true } },
}).then(({ violations }) => {
  const { scrollWidth, clientWidth } = document.documentElement;
  return { violations, tooWide: scrollWidth - clientWidth };
})`;

/**
 * What axe-core finds wrong with the page as it is, without the pages of others in it, and how far it runs out of its
 * window: a line each.
 */
export async function findViolations(page: Page): Promise<string[]> {
  if (await page.evaluate("globalThis.axe === undefined")) await page.evaluate(axe.source);
  const { violations, tooWide } = found.parse(await page.evaluate(RUN_AXE));
  return [
    ...violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`),
    ...(tooWide > 0 ? [`${tooWide} pixels too wide`] : []),
  ];
}

/** One browser's windows, through which pages are looked at in all sizes, light and dark. */
export interface Looks {
  /** @returns what is wrong, a line each, and where it was seen. */
  see(address: string): Promise<string[]>;
  close(): Promise<void>;
}

/** @param watch is told of each window before anything is shown in it. */
export async function openLooks(browser: Browser, watch: (page: Page) => Promise<void>): Promise<Looks> {
  const pages = new Map<number, Page>();
  for (const { deviceScaleFactor } of WINDOWS)
    if (!pages.has(deviceScaleFactor)) {
      const page = await (await browser.newContext({ deviceScaleFactor })).newPage();
      await watch(page);
      pages.set(deviceScaleFactor, page);
    }
  return {
    async see(address) {
      const wrong: string[] = [];
      for (const [dots, page] of pages) {
        await page.goto(address);
        for (const { name, viewport } of WINDOWS.filter(({ deviceScaleFactor }) => deviceScaleFactor === dots)) {
          await page.setViewportSize(viewport);
          for (const colorScheme of SCHEMES) {
            // No colour on its way to another one.
            await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
            wrong.push(...(await findViolations(page)).map((line) => `${name}, ${colorScheme}: ${line}`));
          }
        }
      }
      return wrong;
    },
    async close() {
      for (const page of pages.values()) await page.context().close();
    },
  };
}
