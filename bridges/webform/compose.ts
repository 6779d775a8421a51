import { escapeHtml } from "../../src/adapter/index.ts";
import type { Field } from "./fields.ts";
import type { Answers } from "./read-form.ts";
import type { Texts } from "./texts.ts";

/** What agents get of a form. */
export interface Composed {
  readonly from: { readonly address: string; readonly name: string };
  readonly subject: string | undefined;
  readonly text: string;
  readonly html: string;
  readonly remarks: readonly string[];
  readonly answerVia: { readonly type: string; readonly address: string } | undefined;
}

export interface Composing {
  /** In the agency's language. */
  readonly fields: readonly Field[];
  readonly texts: Texts;
  /** Language of the page that the citizen saw. */
  readonly written: Texts;
  /** Names a citizen who gives no address, once. */
  readonly nonce: string;
}

/** The message first, below it what else was filled in. */
export function compose(answers: Answers, { fields, texts, written, nonce }: Composing): Composed {
  const { values, answerVia } = answers;
  const of = (kind: Field["kind"]) => {
    const name = fields.find((field) => field.kind === kind)?.name;
    return name === undefined ? undefined : values.get(name);
  };
  const [name, email, phone, subject, message = ""] = [
    of("name"),
    of("email"),
    of("phone"),
    of("subject"),
    of("message"),
  ];
  const rest = fields.flatMap((field) => {
    const value = values.get(field.name);
    if (value === undefined || ["name", "message", "subject"].includes(field.kind)) return [];
    return [
      {
        label: /[?؟!:]$/.test(field.label.text) ? field.label.text : `${field.label.text}:`,
        value: sayValue(field, value, texts),
      },
    ];
  });
  const address = email ?? phone ?? `form-${nonce.toLowerCase()}`;
  const wished = answerVia === "sms" ? phone : email;
  return {
    from: { address, name: name ?? email ?? phone ?? texts.say("agent.anonymous") },
    subject,
    text: [
      message,
      ...(rest.length === 0 ? [] : [rest.map(({ label, value }) => `${label} ${value}`).join("\n")]),
    ].join("\n\n"),
    html: [
      ...message.split(/\n{2,}/).map((paragraph) => `<p>${escapeHtml(paragraph).replaceAll("\n", "<br>")}</p>`),
      ...(rest.length === 0
        ? []
        : [
            `<ul>${rest.map(({ label, value }) => `<li><strong>${escapeHtml(label)}</strong> ${escapeHtml(value)}</li>`).join("")}</ul>`,
          ]),
    ].join("\n"),
    answerVia: answerVia === "page" || wished === undefined ? undefined : { type: answerVia, address: wished },
    remarks: [
      ...(written.language === texts.language ? [] : [texts.say("agent.language", { language: written.name })]),
    ],
  };
}

function sayValue({ kind, options }: Field, value: string, { say }: Texts): string {
  if (kind === "checkbox") return say("yes");
  return options.find((option) => option.value === value)?.label.text ?? value;
}
