import type { RoutePace, WaitPage } from "../../src/adapter/index.ts";
import { askedIn, type Form, readLanguage } from "./form-context.ts";
import { noticePage } from "./pages/notice-page.ts";
import { writePage } from "./pages/page.ts";

/** What whoever is turned away unread has to wait, in seconds. */
const WAIT_SECONDS = 60;

export interface FloodGate {
  /** For all routes that take posts: one costs what the other does. */
  readonly pace: RoutePace;
  /** Makes the pages before they are needed. */
  makePages(): Promise<void>;
}

/** Posts beyond what a form takes in a second are turned away before they are read, in the citizen's language. */
export function openFloodGate(form: Form): FloodGate {
  const pages = new Map<string, WaitPage>();
  return {
    pace: {
      perSecond: form.settings.limits.per_second,
      waitSeconds: WAIT_SECONDS,
      page: ({ search, acceptLanguage }) =>
        pages.get(readLanguage(form, new URLSearchParams(search), acceptLanguage ?? null)),
    },
    async makePages() {
      for (const language of form.settings.languages) {
        const page = noticePage(askedIn(form, language), "flood", { seconds: WAIT_SECONDS });
        pages.set(language, await writePage(page));
      }
    },
  };
}
