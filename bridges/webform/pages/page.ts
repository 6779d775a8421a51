import { html, raw } from "hono/html";
import type { WaitPage } from "../../../src/adapter/index.ts";
import type { Texts } from "../texts.ts";
import { STYLE, STYLE_HASH } from "./style.ts";

export type Html = ReturnType<typeof html>;

/** What all pages of a form have in common. */
export interface Site {
  /** Path of the form on this host, without a slash at its end. */
  readonly path: string;
  readonly agency: string;
  readonly languages: readonly Texts[];
  /** Origins that may frame the form. */
  readonly embedIn: readonly string[];
}

export interface PageParts {
  readonly site: Site;
  readonly texts: Texts;
  readonly title: string;
  readonly content: Html;
  /** Path of this page, for the other languages; left out where there is nothing to choose. */
  readonly path?: string;
  /** Whether other sites may show it within theirs. */
  readonly isFramed?: boolean;
  /** Whether it has something for the script to do. */
  readonly hasForm?: boolean;
}

/** Path of the form itself. */
export const homeOf = ({ path }: Site) => (path === "" ? "/" : path);

/** Path of a page in a language that was chosen. */
export const inLanguage = (path: string, { language }: Texts) => `${path}?lang=${language}`;

export async function renderPage(
  parts: PageParts,
  {
    status = 200,
    headers = {},
  }: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Response> {
  const page = await writePage(parts);
  return new Response(page.body, { status, headers: { ...page.headers, ...headers } });
}

/** A page, and what is said of it beside its status. */
export async function writePage(parts: PageParts): Promise<WaitPage> {
  const { site, texts, title, content, hasForm } = parts;
  const body = await html`<!doctype html>
<html lang="${texts.language}" dir="${texts.direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title} – ${site.agency}</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<header class="bar"><div>
<p class="agency" dir="auto">${site.agency}</p>
${parts.path === undefined ? "" : renderLanguages(parts, parts.path)}
</div></header>
<main id="main">
${content}
</main>
${hasForm ? html`<script src="${site.path}/form.js" defer></script>` : ""}
</body>
</html>
`;
  return {
    body: String(body),
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-language": texts.language,
      "content-security-policy": policyOf(parts),
      // A form that is posted names its origin only under this policy (Fetch, section 3.2); other sites learn nothing.
      "referrer-policy": "same-origin",
      vary: "accept-language",
    },
  };
}

function policyOf({ site, isFramed = false }: PageParts): string {
  const frames = isFramed && site.embedIn.length > 0 ? site.embedIn.join(" ") : "'none'";
  return [
    "default-src 'none'",
    `style-src ${STYLE_HASH}`,
    // The mark of a fault is a drawing within the stylesheet.
    "img-src data:",
    "script-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    `frame-ancestors ${frames}`,
  ].join("; ");
}

const renderLanguages = ({ site, texts }: PageParts, path: string): Html =>
  site.languages.length < 2
    ? html``
    : html`<nav class="languages-nav" aria-label="${texts.say("form.languages")}"><details class="languages">
<summary>${texts.say("form.languages")}: ${texts.name}</summary>
<ul>${site.languages.map((each) =>
        each.language === texts.language
          ? html`<li><a href="${inLanguage(path, each)}" aria-current="true">${each.name}</a></li>`
          : html`<li><a href="${inLanguage(path, each)}" lang="${each.language}" hreflang="${each.language}" dir="${each.direction}">${each.name}</a></li>`,
      )}</ul></details></nav>`;
