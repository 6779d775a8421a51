import { html } from "hono/html";
import type { Field } from "../fields.ts";
import type { Said, Texts } from "../texts.ts";
import type { Html } from "./page.ts";

/** Words in another language than the page's say so. */
export const words = ({ text, language }: Said): Html =>
  language === undefined ? html`${text}` : html`<span lang="${language}" dir="auto">${text}</span>`;

export const idOf = (name: string) => `f-${name}`;

interface Around {
  readonly name: string;
  readonly label: Said;
  readonly hint?: Said | undefined;
  readonly fault: string | undefined;
  readonly isOptional: boolean;
  readonly texts: Texts;
}

const hintId = (name: string) => `h-${name}`;
const faultId = (name: string) => `e-${name}`;

/** What else is said of a field, for whoever does not see it. */
export function describedBy({ name, hint, fault }: Pick<Around, "name" | "hint" | "fault">): Html {
  const ids = [...(hint ? [hintId(name)] : []), ...(fault ? [faultId(name)] : [])];
  const isWrong = fault === undefined ? "" : html` aria-invalid="true"`;
  return html`${ids.length === 0 ? "" : html` aria-describedby="${ids.join(" ")}"`}${isWrong}`;
}

const below = ({ name, hint, fault }: Around): Html =>
  html`${hint ? html`<p class="hint" id="${hintId(name)}">${words(hint)}</p>` : ""}${fault ? html`<p class="fault" id="${faultId(name)}">${fault}</p>` : ""}`;

const heading = ({ label, isOptional, texts }: Around): Html =>
  html`${words(label)}${isOptional ? html` <span class="optional">${texts.say("form.optional")}</span>` : ""}`;

/** A field with its label, its help and what is wrong with it. */
export const aroundInput = (around: Around, input: Html): Html =>
  html`<div class="field${around.fault ? " wrong" : ""}"><label for="${idOf(around.name)}">${heading(around)}</label>
${below(around)}${input}</div>
`;

/** Several inputs that are one question. */
export const aroundChoices = (around: Around, choices: Html): Html =>
  html`<fieldset class="field${around.fault ? " wrong" : ""}"${describedBy({ ...around, fault: undefined })}><legend>${heading(around)}</legend>
${below(around)}${choices}</fieldset>
`;

/** Above so many choices a list that opens is easier than all of them at once. */
const MOST_RADIOS = 6;

const AUTOCOMPLETE: Readonly<Partial<Record<Field["kind"], string>>> = { name: "name", email: "email", phone: "tel" };
const TYPE: Readonly<Partial<Record<Field["kind"], string>>> = { email: "email", phone: "tel", date: "date" };

export function renderField(
  field: Field,
  { value, fault, texts }: { readonly value: string; readonly fault: string | undefined; readonly texts: Texts },
): Html {
  const { kind, name, label, hint, isRequired, options } = field;
  const around: Around = { name, label, hint, fault, isOptional: !isRequired && kind !== "checkbox", texts };
  const common = html` id="${idOf(name)}" name="${name}"${isRequired ? html` required` : ""}${describedBy(around)}`;
  if (kind === "message")
    return aroundInput(around, html`<textarea rows="8" dir="auto"${common}>${"\n"}${value}</textarea>`);
  if (kind === "checkbox")
    return html`<div class="field${fault ? " wrong" : ""}">${below(around)}<label class="choice"><input type="checkbox" value="1"${value === "" ? "" : html` checked`}${common}><span>${heading(around)}</span></label></div>
`;
  if (kind === "choice" && options.length > MOST_RADIOS)
    return aroundInput(
      around,
      html`<select${common}><option value="">${texts.say("form.choose")}</option>${options.map(
        (option) =>
          html`<option value="${option.value}"${option.value === value ? html` selected` : ""}>${option.label.text}</option>`,
      )}</select>`,
    );
  if (kind === "choice") return aroundChoices(around, radios(name, options, value, fault));
  const direction = kind === "email" || kind === "phone" || kind === "date" ? "ltr" : "auto";
  const complete = AUTOCOMPLETE[kind];
  return aroundInput(
    around,
    html`<input type="${TYPE[kind] ?? "text"}" dir="${direction}"${complete === undefined ? "" : html` autocomplete="${complete}"`} value="${value}"${common}>`,
  );
}

/** The first has the id that leads to the question. */
export const radios = (name: string, options: Field["options"], value: string, fault: string | undefined): Html =>
  html`${options.map(
    (option, place) =>
      html`<label class="choice"><input type="radio" name="${name}" value="${option.value}"${place === 0 ? html` id="${idOf(name)}"` : ""}${option.value === value ? html` checked` : ""}${fault === undefined ? "" : html` aria-describedby="${faultId(name)}"`}><span>${words(option.label)}</span></label>
`,
  )}`;
