import type { RoutePace, WaitPage } from "../../src/adapter/index.ts";
import { askedIn, type Form, readLanguage } from "./form-context.ts";
import { noticePage } from "./pages/notice-page.ts";
import { writePage } from "./pages/page.ts";

/** What whoever is turned away unread has to wait, in seconds. */
const WAIT_SECONDS = 60;

/**
 * How many posts a form reads in a second, for all routes that take some: one costs what the other does. The pages for the
 * others are made before they are needed, a language each.
 */
export function paceOf(form: Form): RoutePace {
  const pages = new Map<string, WaitPage>();
  for (const language of form.settings.languages) {
    const parts = noticePage(askedIn(form, language), "flood", { seconds: WAIT_SECONDS });
    // Until it is there, guichet's own is shown.
    writePage(parts).then(
      (page) => pages.set(language, page),
      (error: unknown) => form.host.log.error({ err: error }, "the page of a flood could not be made"),
    );
  }
  return {
    perSecond: form.settings.limits.per_second,
    waitSeconds: WAIT_SECONDS,
    page: ({ search, acceptLanguage }) =>
      pages.get(readLanguage(form, new URLSearchParams(search), acceptLanguage ?? null)),
  };
}
