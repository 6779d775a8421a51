import { html } from "hono/html";
import type { RoomFile, RoomMessage, RoomThread } from "../arrange-room.ts";
import type { Scene } from "../scene.ts";
import { addressOf } from "../selection.ts";
import { elementId, excerpt, firstLine, type Markup, shorten, time } from "./words.ts";

const LONGEST = 700;
const MOST = 10;

const CHANNEL_WORDS: Readonly<Record<string, string>> = { email: "Email", sms: "Text", webform: "Form" };

/** The room's conversations, the latest first. */
export function viewThreads({ open, threads, thread, agencies, agency }: Scene): Markup {
  const places =
    agencies.length < 2
      ? ""
      : html`<ul class="places">${agencies.map(
          ({ id, name }) =>
            html`<li><a id="${elementId("agency", id)}" href="${addressOf(open, { agency: id, thread: undefined, reply: undefined })}#room" aria-current="${id === agency ? "true" : "false"}">${name}</a></li>`,
        )}</ul>`;
  if (threads.length === 0)
    return html`${places}<p class="quiet">Nobody has written yet. Write an email or a text as the citizen.</p>`;
  return html`${places}<ol class="threads">${threads.map((each) => row(each, open, each.root === thread?.root))}</ol>`;
}

function row({ root, messages, channelType }: RoomThread, open: Scene["open"], isOpen: boolean): Markup {
  const [first] = messages;
  const latest = messages.at(-1);
  if (first === undefined || latest === undefined) return html``;
  const title = firstLine(subjectOf(first.head) ?? (first.words || "A file"), 44);
  return html`<li><a class="row" id="${elementId("thread", root)}" href="${addressOf(open, { thread: root, reply: undefined })}#room" aria-current="${isOpen ? "true" : "false"}">
<span class="what who">${title}</span>
<span class="what">${channelType === undefined ? "" : html`<span class="tag">${CHANNEL_WORDS[channelType] ?? channelType}</span> `}${first.name}</span>
<span class="quiet small">${time(latest.at)} · ${messages.length === 1 ? "1 message" : `${messages.length} messages`}</span></a></li>`;
}

/** The conversation that is open. */
export function viewTimeline(scene: Scene): Markup {
  const { thread } = scene;
  if (thread === undefined) return html`<p class="quiet">The agency's room is empty.</p>`;
  const answered = answeredIn(scene);
  const shown = thread.messages.slice(-MOST);
  const left = thread.messages.length - shown.length;
  return html`<div>${left === 0 ? "" : html`<p class="quiet small">${left} earlier messages are not shown here.</p>`}<ol class="timeline">${shown.map((message) => viewMessage(message, scene, message.id === answered?.id))}</ol></div>`;
}

/** The citizen's message that an answer goes to: the one that was picked, or the latest. */
function answeredIn({ open, thread }: Scene): RoomMessage | undefined {
  const citizens = thread?.messages.filter(({ author, file }) => author === "citizen" && file === undefined);
  return citizens?.find(({ id }) => id === open.reply) ?? citizens?.at(-1);
}

function viewMessage(message: RoomMessage, { open, thread }: Scene, isAnswered: boolean): Markup {
  const { id, author, name, at, head, words, file, reactions, answers, isEdited } = message;
  const answered = answers === undefined ? undefined : thread?.messages.find((each) => each.id === answers);
  const canAnswer = author === "citizen" && file === undefined && !isAnswered;
  return html`<li class="${author}"><p class="by"><span class="who">${name}</span> ${time(at)}${isEdited ? html` <span class="quiet small">edited</span>` : ""}</p>
${answered === undefined ? "" : html`<p class="answered quiet small">↩ ${answered.name}: ${excerpt(answered.words, 60)}</p>`}
${head === "" ? "" : viewHead(head)}
${words === "" ? "" : html`<p class="words">${shorten(words, LONGEST)}</p>`}
${file === undefined ? "" : viewFile(file)}
${reactions.length === 0 ? "" : html`<p class="reactions">${reactions.map((key) => html`<span class="reaction" title="${MEANINGS[key] ?? "reaction"}">${key}<span class="hidden"> ${MEANINGS[key] ?? ""}</span></span>`)}</p>`}
${canAnswer ? html`<p class="small"><a id="${elementId("reply", id)}" href="${addressOf(open, { thread: thread?.root, reply: id })}#answer">Reply to this message</a></p>` : ""}</li>`;
}

function viewHead(head: string): Markup {
  const subject = subjectOf(head);
  const rest = subject === undefined ? head : head.slice(subject.length).trim();
  return html`${subject === undefined ? "" : html`<p class="subject">${shorten(subject, LONGEST)}</p>`}<p class="head small">${shorten(rest, LONGEST)}</p>`;
}

/** A subject stands above the line with the address; texts have none. */
const subjectOf = (head: string) => (head.includes("\n") ? firstLine(head, LONGEST) : undefined);

const MEANINGS: Readonly<Record<string, string>> = {
  "⏳": "waits",
  "✅": "has left",
  "❌": "has failed",
  "👁": "was read",
};

const PICTURES = /^image\/(png|jpeg|gif|webp)$/;

function viewFile({ name, type, mxc }: RoomFile): Markup {
  const address = `/media/${mxc.replace("mxc://", "")}`;
  if (PICTURES.test(type)) return html`<p><img src="${address}" alt="${name}" loading="lazy"></p>`;
  return html`<p><a id="${elementId("media", mxc)}" href="${address}" download="${name}">${name}</a></p>`;
}

/** Whom the answer goes to. */
export function viewAnswerHead(scene: Scene): Markup {
  const { thread, agency } = scene;
  const answered = answeredIn(scene);
  const hidden = html`<input type="hidden" name="agency" value="${agency}"><input type="hidden" name="thread" value="${thread?.root ?? ""}"><input type="hidden" name="reply" value="${answered?.id ?? ""}">`;
  if (answered === undefined)
    return html`${hidden}<p class="quiet small">There is no citizen's message to answer here.</p>`;
  return html`${hidden}<p class="answered small">↩ ${answered.name}: ${excerpt(answered.words, 60)}</p>`;
}
