import { html } from "hono/html";
import type { TextKey } from "../text-keys.ts";
import type { Texts } from "../texts.ts";
import { homeOf, inLanguage, type PageParts, type Site } from "./page.ts";

type NoticeName = Extract<TextKey, `page.${string}.title`> extends `page.${infer Name}.title` ? Name : never;

/** A page that says why something was not done, and what to do. */
export function noticePage(
  { site, texts }: { readonly site: Site; readonly texts: Texts },
  name: NoticeName,
  values: Readonly<Record<string, string | number>> = {},
): PageParts {
  const { say } = texts;
  const title = say(`page.${name}.title`);
  const content = html`<h1>${title}</h1>
<p class="lead">${say(`page.${name}.text`, { agency: site.agency, ...values })}</p>
<p><a class="button quiet" href="${inLanguage(homeOf(site), texts)}">${say("page.to-form")}</a></p>`;
  return { site, texts, title, content, isFramed: true };
}
