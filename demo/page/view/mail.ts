import { html } from "hono/html";
import type { Scene } from "../scene.ts";
import { addressOf } from "../selection.ts";
import type { ReceivedMail } from "../sources/read-mails.ts";
import { bytes, elementId, type Markup, shorten, time } from "./words.ts";

const LONGEST = 2_500;

/** The citizen's inbox, with the mail that is open. */
export function viewInbox({ open, mails, mail }: Scene): Markup {
  const list =
    mails.length === 0
      ? html`<p class="quiet">No mail has come yet.</p>`
      : html`<ol class="inbox">${mails.map((each) => row(each, open, each.name === mail?.name))}</ol>`;
  return html`${list}${mail === undefined ? "" : viewMail(mail)}`;
}

function row({ name, from, to, subject, at }: ReceivedMail, open: Scene["open"], isOpen: boolean): Markup {
  return html`<li><a class="row" id="${elementId("mail", name)}" href="${addressOf(open, { mail: name })}#inbox" aria-current="${isOpen ? "true" : "false"}">
<span class="who">${from}</span> ${time(at)}
<span class="what">${subject}</span> <span class="quiet small">to ${to.address}</span></a></li>`;
}

function viewMail(mail: ReceivedMail): Markup {
  const files = mail.files.map(
    ({ name, size }, place) =>
      html`<li><a id="${elementId("file", `${mail.name}/${place}`)}" href="/mails/${mail.name}/${String(place)}" download>${name}</a> <span class="quiet small">${bytes(size)}</span></li>`,
  );
  return html`<article class="letter" aria-labelledby="letter-title">
<h4 id="letter-title">${mail.subject}</h4>
<p class="quiet small">From ${mail.from} &lt;${mail.fromAddress}&gt; to ${partyOf(mail.to)}, ${time(mail.at)}</p>
<p class="words">${shorten(mail.text, LONGEST)}</p>
${files.length === 0 ? "" : html`<ul class="files" aria-label="Attachments">${files}</ul>`}
</article>`;
}

const partyOf = ({ name, address }: ReceivedMail["to"]) => (name === "" ? address : `${name} <${address}>`);

/** What a new mail begins with; an answer keeps its mail in mind. */
export function viewMailHead({ open, mail, mailChannels }: Scene, citizen: { name: string; address: string }): Markup {
  if (mail !== undefined)
    return html`<h4 id="mail-form-title">Reply to ${mail.from}</h4>
<input type="hidden" name="answers" value="${mail.name}">
<p class="quiet small">As ${partyOf(mail.to)}, to ${mail.answerTo}. <a id="new-mail" href="${addressOf(open, { mail: undefined })}#inbox">Write a new mail instead</a></p>`;
  return html`<h4 id="mail-form-title">Write to the agency</h4>
<details><summary>From ${citizen.name}, to ${mailChannels[0]?.address ?? "nobody"}</summary>
<div class="pair"><label>Your name <input name="name" autocomplete="off" value="${citizen.name}"></label>
<label>Your address <input name="from" type="email" required autocomplete="off" value="${citizen.address}"></label></div>
<label>To <select name="channel">${mailChannels.map(({ channel, address }) => html`<option value="${channel}">${address}</option>`)}</select></label></details>
<label>Subject <input name="subject" autocomplete="off" required></label>`;
}
