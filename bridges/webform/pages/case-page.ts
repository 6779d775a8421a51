import { html, raw } from "hono/html";
import type { Spoken } from "../history.ts";
import type { Fault } from "../read-form.ts";
import type { FormSettings } from "../settings.ts";
import type { Texts } from "../texts.ts";
import { aroundInput, describedBy, idOf } from "./field-html.ts";
import { filesField, type KeptFile, type Notice, sayFault, summary } from "./form-page.ts";
import { type Html, inLanguage, type PageParts, type Site } from "./page.ts";
import { sayBytes, sayDate, sayTime, sayWish } from "./say.ts";

export interface CaseParts {
  readonly site: Site;
  readonly settings: FormSettings;
  readonly texts: Texts;
  readonly number: string;
  readonly until: Date;
  /** Path of the page. */
  readonly path: string;
  readonly history: readonly Spoken[];
  /** Left out when nothing can be written here. */
  readonly writing?: {
    readonly token: string;
    readonly challenge: string;
    readonly message: string;
    readonly kept: readonly KeptFile[];
  };
  readonly faults?: readonly Fault[];
  readonly notice?: Notice;
  /** Something was just sent. */
  readonly isSent?: boolean;
}

/** A citizen's own page: what was said, and where to say more. */
export function casePage(parts: CaseParts): PageParts {
  const { site, settings, texts, number, until, path, history, writing } = parts;
  const { say } = texts;
  const title = say("case.title", { number });
  const isAnswered = history.some(({ said }) => said.by === "agency" && !said.isAutomatic);
  const last = history.findLast(({ said }) => said.by === "citizen")?.said;
  const isClosed = last?.by === "citizen" && last.closes;
  const isWrong = (parts.faults ?? []).length > 0 || parts.notice !== undefined;
  const content = html`<h1>${title}</h1>
${parts.isSent ? html`<p class="note good" role="status">${say("case.sent")}</p>` : ""}
${isClosed ? html`<p class="note">${say("case.closed")}</p>` : isAnswered ? "" : waiting(parts)}
${summary(parts)}
<section aria-labelledby="talk"><h2 id="talk">${say("case.history")}</h2>
<ol class="talk">
${history.map((each) => renderSaid(parts, each))}
</ol></section>
${writing === undefined ? "" : writeForm(parts, writing, isClosed)}
<p class="privacy">${say("case.until", { date: sayDate(until, texts, settings.time_zone) })}</p>`;
  return {
    site,
    texts,
    title: isWrong ? say("error.prefix", { title }) : title,
    content,
    path,
    hasForm: writing !== undefined,
  };
}

/** Nothing is there yet: where the answer comes, and that nobody calls. */
function waiting({ texts, history }: CaseParts): Html {
  const first = history.find(({ said }) => said.by === "citizen")?.said;
  const more = sayWish(first?.by === "citizen" ? first : undefined, texts);
  return html`<p class="lead">${texts.say("case.waiting")} ${more}</p>`;
}

function renderSaid({ texts, settings, path }: CaseParts, { key, said, files }: Spoken): Html {
  const { say } = texts;
  const isOwn = said.by === "citizen";
  const who = said.by === "citizen" ? say("case.you") : said.name;
  const at = html`<time datetime="${said.at}">${sayTime(new Date(said.at), texts, settings.time_zone)}</time>`;
  const names = isOwn
    ? said.files.map(({ name, size }) => html`<li><bdi>${name}</bdi> (${sayBytes(size, texts)})</li>`)
    : files.map(
        ({ name, size }, place) =>
          html`<li><a href="${path}/file/${encodeURIComponent(key)}/${place}" download><bdi>${name}</bdi> (${sayBytes(size, texts)})</a></li>`,
      );
  // Safe by the contract (`OutboundMessage.html`).
  const text =
    said.by === "agency" && said.html !== undefined
      ? html`<div class="words rich" dir="auto">${raw(said.html)}</div>`
      : html`<div class="words" dir="auto">${said.by === "citizen" && said.closes ? say("case.closed") : said.text}</div>`;
  return html`<li id="m-${key}"${isOwn ? html` class="own"` : ""}><h3 dir="auto">${who}</h3>${at}
${said.by === "agency" && said.isAutomatic ? html`<p class="hint">${say("case.automatic")}</p>` : ""}${text}${names.length === 0 ? "" : html`<ul class="files">${names}</ul>`}</li>
`;
}

function writeForm(parts: CaseParts, writing: NonNullable<CaseParts["writing"]>, isClosed: boolean): Html {
  const { settings, texts, path, faults = [] } = parts;
  const { say } = texts;
  const fault = sayFault(
    faults.find(({ field }) => field === "message"),
    texts,
  );
  const fileFaults = faults.filter(({ field }) => field === "files").map((each) => sayFault(each, texts));
  const around = { name: "message", label: { text: say("field.message") }, fault, isOptional: false, texts };
  const hidden = html`<input type="hidden" name="token" value="${writing.token}">`;
  const action = inLanguage(path, texts);
  return html`<section class="card" aria-labelledby="write"><h2 id="write">${say("case.write")}</h2>
<form method="post" action="${action}" enctype="multipart/form-data" novalidate data-challenge="${writing.challenge}" data-sending="${say("form.sending")}" data-wait="${say("notice.flood")}">
${hidden}<input type="hidden" name="proof" value="">
${aroundInput(around, html`<textarea rows="6" dir="auto" id="${idOf("message")}" name="message" required${describedBy(around)}>${"\n"}${writing.message}</textarea>`)}
${filesField({ settings, texts, kept: writing.kept, fault: fileFaults.length === 0 ? undefined : fileFaults.join(" · ") })}
<button class="button" type="submit" name="act" value="write">${say("form.send")}</button>
<div class="status" role="status"></div>
</form></section>
${
  isClosed
    ? ""
    : html`<section class="card" aria-labelledby="close"><h2 id="close">${say("case.close-title")}</h2>
<p>${say("case.close-hint")}</p>
<form method="post" action="${action}">
${hidden}<button class="button quiet" type="submit" name="act" value="close">${say("case.close")}</button>
</form></section>`
}`;
}
