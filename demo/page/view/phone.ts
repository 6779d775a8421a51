import { html } from "hono/html";
import type { PhoneText } from "../../sms/phone-text.ts";
import type { Scene } from "../scene.ts";
import { addressOf } from "../selection.ts";
import { elementId, type Markup, shorten, time } from "./words.ts";

const LONGEST = 400;

/** The phone's screen: texts both ways, each with what is known of it. */
export function viewPhone({ open, phone, phones, texts }: Scene): Markup {
  const others = phones.filter((each) => each !== phone);
  return html`<div><p class="owner">${phone}</p>
${others.length === 0 ? "" : html`<p class="quiet small">Other phones: ${others.map((each) => html`<a id="${elementId("phone", each)}" href="${addressOf(open, { phone: each })}#phone">${each}</a> `)}</p>`}
${texts.length === 0 ? html`<p class="quiet">No text yet.</p>` : html`<ol class="texts">${texts.map(viewText)}</ol>`}</div>`;
}

const STATES: Readonly<Record<PhoneText["state"], string>> = {
  waiting: "… waiting for guichet",
  taken: "✓ guichet has it",
  refused: "✕ guichet refused it",
  sent: "on its way to the phone",
  delivered: "✓ delivered, receipt given",
  failed: "✕ never reached the phone",
};

function viewText({ direction, from, text, at, state, parts }: PhoneText): Markup {
  const isOwn = direction === "to_agency";
  return html`<li class="${isOwn ? "own" : "other"}"><p class="words"><span class="hidden">${isOwn ? "You: " : `${from}: `}</span>${shorten(text, LONGEST)}</p>
<p class="quiet small">${time(new Date(at))} · ${STATES[state]}${parts > 1 ? ` · ${parts} SMS` : ""}</p></li>`;
}

/** Whose phone writes, and to whom. */
export function viewPhoneHead({ phone, numbers }: Scene): Markup {
  return html`<details><summary>From ${phone}, to ${numbers[0]?.address ?? "nobody"}</summary>
<div class="pair"><label>From this phone <input name="from" type="tel" required autocomplete="off" value="${phone}"></label>
<label>To <select name="to">${numbers.map(({ address }) => html`<option>${address}</option>`)}</select></label></div></details>`;
}
