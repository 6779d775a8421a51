import { html, raw } from "hono/html";
import type { SaidByCitizen } from "../history.ts";
import type { Texts } from "../texts.ts";
import { homeOf, inLanguage, type PageParts, type Site } from "./page.ts";
import { sayDate, sayTime, sayWish } from "./say.ts";

export interface ReceiptParts {
  readonly site: Site;
  readonly texts: Texts;
  readonly timeZone: string | undefined;
  readonly at: Date;
  /** Left out when the message is known only to have arrived. */
  readonly found?: {
    readonly number: string;
    /** Whole address of the citizen's page. */
    readonly address: string;
    readonly until: Date;
    readonly said: SaidByCitizen | undefined;
  };
}

const MARK = raw(
  '<span class="mark" aria-hidden="true"><svg viewBox="0 0 24 24"><path d="m5 13 5 5 9-11"/></svg></span>',
);

/** Says that the message is in good hands, and under which number. */
export function receiptPage({ site, texts, timeZone, at, found }: ReceiptParts): PageParts {
  const { say } = texts;
  const { agency } = site;
  const said = found?.said;
  const isAlone = said === undefined || said.answerVia === "page";
  const form = inLanguage(homeOf(site), texts);
  const content = html`${MARK}<h1>${say("receipt.title")}</h1>
<p class="lead">${say("receipt.time", { agency, time: sayTime(at, texts, timeZone) })}</p>
${
  found === undefined
    ? ""
    : html`<section class="card" aria-labelledby="number"><h2 id="number">${say("receipt.number")}</h2>
<p class="number">${found.number}</p>
${isAlone ? "" : html`<p>${sayWish(said, texts)}</p>`}</section>
<section class="card" aria-labelledby="next"><h2 id="next">${say("receipt.next-title")}</h2>
<p>${say("receipt.next")}</p>
${isAlone ? html`<p><strong>${sayWish(said, texts)}</strong></p>` : ""}
<p><a class="button" href="${found.address}" target="_top">${say("receipt.open")}</a></p>
<p>${say("receipt.keep", { date: sayDate(found.until, texts, timeZone) })}</p>
<p><a class="address" href="${found.address}" target="_top">${found.address}</a></p></section>`
}
<p><a href="${form}">${say("receipt.another")}</a></p>`;
  return { site, texts, title: say("receipt.title"), content, isFramed: true };
}
