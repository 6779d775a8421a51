import type { FieldSettings } from "./field-settings.ts";
import { isSingle, nameOf } from "./field-settings.ts";
import { type OwnWords, type Said, sayOwn, type Texts } from "./texts.ts";

/** A field of the form, in the language of a page. */
export interface Field {
  readonly kind: FieldSettings["kind"];
  readonly name: string;
  readonly label: Said;
  readonly hint: Said | undefined;
  readonly isRequired: boolean;
  /** In characters. */
  readonly most: number;
  readonly options: readonly { readonly value: string; readonly label: Said }[];
}

const MOST: Readonly<Partial<Record<FieldSettings["kind"], number>>> = {
  message: 20_000,
  text: 500,
  email: 254,
  phone: 40,
};
const OTHER_MOST = 200;

/** @param agency its languages: what the page's language lacks is said in the first of them. */
export function fieldsIn(settings: readonly FieldSettings[], texts: Texts, agency: readonly string[]): Field[] {
  const own = (words: OwnWords) => sayOwn(words, [texts.language, ...agency]);
  return settings.map((field) => ({
    kind: field.kind,
    name: nameOf(field),
    label: field.label === undefined ? standardLabel(field, texts) : own(field.label),
    hint: field.hint === undefined ? standardHint(field, texts) : own(field.hint),
    isRequired: field.required,
    most: field.most ?? MOST[field.kind] ?? OTHER_MOST,
    options: (field.options ?? []).map(({ value, label }) => ({ value, label: own(label) })),
  }));
}

const standardLabel = ({ kind, name }: FieldSettings, { say }: Texts): Said =>
  isSingle(kind) ? { text: say(`field.${kind}`) } : { text: name ?? kind };

function standardHint({ kind }: FieldSettings, { say }: Texts): Said | undefined {
  return kind === "email" || kind === "phone" || kind === "date" ? { text: say(`hint.${kind}`) } : undefined;
}
