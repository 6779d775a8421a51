import { html } from "hono/html";
import type { Field } from "../fields.ts";
import type { Fault } from "../read-form.ts";
import type { FormSettings } from "../settings.ts";
import { sayOwn, type Texts } from "../texts.ts";
import { acceptList } from "../upload/file-types.ts";
import { aroundChoices, aroundInput, describedBy, idOf, radios, renderField, words } from "./field-html.ts";
import { type Html, homeOf, inLanguage, type PageParts, type Site } from "./page.ts";
import { isolate, sayBytes, sayTypes } from "./say.ts";

/** Something that is to be said above a form that comes back. */
export interface Notice {
  readonly text: string;
}

export interface FormParts {
  readonly site: Site;
  readonly settings: FormSettings;
  /** Languages of the agency. */
  readonly agency: readonly string[];
  readonly texts: Texts;
  readonly fields: readonly Field[];
  readonly token: string;
  /** For the proof of work; undefined when it can't be had. */
  readonly challenge: string;
  /** What was filled in before. */
  readonly filled?: ReadonlyMap<string, readonly string[]>;
  readonly faults?: readonly Fault[];
  readonly notice?: Notice;
  readonly kept?: readonly KeptFile[];
}

export interface KeptFile {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
}

/** The form, as it is opened, or as it comes back with what is wrong with it. */
export function formPage(parts: FormParts): PageParts {
  const { site, settings, agency, texts, fields, faults = [], filled = new Map() } = parts;
  const { say } = texts;
  const languages = [texts.language, ...agency];
  const title =
    settings.title === undefined
      ? { text: say("form.title", { agency: site.agency }) }
      : sayOwn(settings.title, languages);
  const intro = settings.intro === undefined ? { text: say("form.intro") } : sayOwn(settings.intro, languages);
  const filledIn = (name: string): string => filled.get(name)?.[0] ?? "";
  const faultOf = (name: string) =>
    sayFault(
      faults.find(({ field }) => field === name),
      texts,
    );
  const content = html`<h1 dir="auto">${words(title)}</h1>
<p class="lead">${words(intro)}</p>
${summary(parts)}
<form class="card" method="post" action="${inLanguage(homeOf(site), texts)}" enctype="multipart/form-data" novalidate data-challenge="${parts.challenge}" data-sending="${say("form.sending")}" data-wait="${say("notice.flood")}">
<input type="hidden" name="token" value="${parts.token}"><input type="hidden" name="proof" value="">
${fields.map((field) => renderField(field, { value: filledIn(field.name), fault: faultOf(field.name), texts }))}
${answerChoice(parts, filledIn("answer"), faultOf("answer"))}
${filesField({ settings, texts, kept: parts.kept ?? [], fault: faultsOf(faults, "files", texts) })}
<div class="trap" aria-hidden="true"><label for="f-website">${say("form.trap")}</label><input id="f-website" name="website" type="text" tabindex="-1" autocomplete="off"></div>
${consent(parts, filledIn("consent"), faultOf("consent"))}
<button class="button" type="submit">${say("form.send")}</button>
<div class="status" role="status"></div>
</form>
${privacy(parts)}`;
  const isWrong = faults.length > 0 || parts.notice !== undefined;
  return {
    site,
    texts,
    title: isWrong ? say("error.prefix", { title: title.text }) : title.text,
    content,
    path: homeOf(site),
    isFramed: true,
    hasForm: true,
  };
}

export const sayFault = (fault: Fault | undefined, { say }: Texts) => fault && say(fault.key, fault.values);

const faultsOf = (faults: readonly Fault[], name: string, texts: Texts) => {
  const said = faults.filter(({ field }) => field === name).map((fault) => sayFault(fault, texts));
  return said.length === 0 ? undefined : said.join(" · ");
};

/** All that is wrong, each leading to its field; what is focused first, with and without a script. */
export function summary({ texts, faults = [], notice }: Pick<FormParts, "texts" | "faults" | "notice">): Html {
  if (faults.length === 0 && notice === undefined) return html``;
  const title = texts.say(faults.length === 0 ? "notice.title" : "error.title");
  return html`<div class="note bad" role="alert" tabindex="-1" autofocus aria-labelledby="wrong"><h2 id="wrong">${title}</h2>
${notice === undefined ? "" : html`<p>${notice.text}</p>`}
${faults.length === 0 ? "" : html`<ul>${faults.map((fault) => html`<li><a href="#${idOf(fault.field)}">${sayFault(fault, texts)}</a></li>`)}</ul>`}</div>`;
}

function answerChoice({ settings, texts }: FormParts, value: string, fault: string | undefined): Html {
  if (settings.answer_via.length === 0) return html``;
  const options = (["page", ...settings.answer_via] as const).map((way) => ({
    value: way,
    label: { text: texts.say(`answer.${way}`) },
  }));
  const around = { name: "answer", label: { text: texts.say("field.answer") }, fault, isOptional: false, texts };
  return aroundChoices(around, radios("answer", options, value === "" ? "page" : value, fault));
}

/** Files that may be added, and those that have come already. */
export function filesField({
  settings,
  texts,
  kept,
  fault,
}: {
  readonly settings: FormSettings;
  readonly texts: Texts;
  readonly kept: readonly KeptFile[];
  readonly fault: string | undefined;
}): Html {
  const { most, bytes_each, bytes_total, types } = settings.files;
  if (most === 0) return html``;
  const { say } = texts;
  const accept = acceptList(types);
  const hint = {
    text: say(types === "any" ? "hint.any-files" : "hint.files", {
      most,
      each: sayBytes(bytes_each, texts),
      total: sayBytes(bytes_total, texts),
      types: sayTypes(types),
    }),
  };
  const around = { name: "files", label: { text: say("field.files") }, hint, fault, isOptional: true, texts };
  const input = html`<input type="file" id="${idOf("files")}" name="files"${most > 1 ? html` multiple` : ""}${accept === undefined ? "" : html` accept="${accept}"`}${describedBy(around)}>`;
  if (kept.length === 0) return aroundInput(around, input);
  return html`<fieldset class="field"><legend>${say("kept.title")}</legend>${kept.map(
    ({ name, size }, place) =>
      html`<label class="choice"><input type="checkbox" name="kept" value="${place}" checked><span>${say("kept.keep", { file: isolate(name), size: sayBytes(size, texts) })}</span></label>
`,
  )}</fieldset>
${aroundInput(around, input)}`;
}

function consent({ settings, texts }: FormParts, value: string, fault: string | undefined): Html {
  if (!settings.privacy.consent) return html``;
  return html`<div class="field${fault ? " wrong" : ""}">${fault ? html`<p class="fault" id="e-consent">${fault}</p>` : ""}<label class="choice"><input type="checkbox" id="${idOf("consent")}" name="consent" value="1" required${value === "" ? "" : html` checked`}${describedBy({ name: "consent", fault })}><span>${texts.say("form.consent")}</span></label></div>
`;
}

function privacy({ settings, texts, site, agency }: FormParts): Html {
  const { text, url } = settings.privacy;
  const days = settings.follow_up_days;
  const said =
    text === undefined
      ? { text: texts.say("form.privacy", { agency: site.agency, days }) }
      : sayOwn(text, [texts.language, ...agency]);
  return html`<section class="privacy" aria-labelledby="privacy"><h2 id="privacy">${texts.say("form.privacy-title")}</h2>
<p>${words(said)}${url === undefined ? "" : html` <a href="${url}" target="_blank" rel="noreferrer">${texts.say("form.privacy-link")}</a>`}</p></section>`;
}
