import { html } from "hono/html";
import type { Scene } from "../scene.ts";
import { addressOf } from "../selection.ts";
import { viewHealth, viewWays } from "./house.ts";
import { viewInbox, viewMailHead } from "./mail.ts";
import { viewPhone, viewPhoneHead } from "./phone.ts";
import { viewAnswerHead, viewThreads, viewTimeline } from "./room.ts";
import type { Markup } from "./words.ts";

/** What a form could not do, with what was typed. */
export interface Problem {
  readonly form: "mail" | "text" | "answer";
  readonly words: string;
  readonly typed: string;
}

export interface Citizen {
  readonly name: string;
  readonly address: string;
}

/** Parts of the page that are drawn anew when what they show has changed: element id to content. */
export const viewRegions = (scene: Scene, citizen: Citizen): Readonly<Record<string, Markup>> => ({
  inbox: viewInbox(scene),
  "mail-head": viewMailHead(scene, citizen),
  screen: viewPhone(scene),
  "phone-head": viewPhoneHead(scene),
  threads: viewThreads(scene),
  timeline: viewTimeline(scene),
  "answer-head": viewAnswerHead(scene),
  health: viewHealth(scene),
  ways: viewWays(scene),
});

export function viewDocument(scene: Scene, citizen: Citizen, problem?: Problem): Markup {
  const regions = viewRegions(scene, citizen);
  const region = (id: string, news = "") =>
    html`<div id="${id}"${news === "" ? "" : html` data-news="${news}"`}>${regions[id] ?? ""}</div>`;
  // Scrolled by itself where there is room for it, and so to be reached by the keyboard.
  const scroll = (id: string, label: string, news: string) =>
    html`<div id="${id}" class="scroll" data-news="${news}" tabindex="0" role="region" aria-label="${label}">${regions[id] ?? ""}</div>`;
  const here = addressOf(scene.open);
  const alert = (form: Problem["form"]) =>
    html`<p class="alert" role="alert" id="${form}-alert">${problem?.form === form ? problem.words : ""}</p>`;
  const typed = (form: Problem["form"]) => (problem?.form === form ? problem.typed : "");
  const target = (path: string) => `${path}${here.slice(1)}`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>guichet: both sides of the counter</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/page.css">
<script src="/page.js" defer></script>
</head>
<body>
<header>
<h1>guichet <span>both sides of the counter</span></h1>
<p>A citizen writes on one side, an agent answers on the other, and below you see each message on its way. This is a demo: nobody real is written to.</p>
<p class="controls"><a href="${here}" id="reload">Reload</a><noscript> to see what has happened since</noscript><span id="live" role="status"></span></p>
</header>
<main>
<section class="side citizen" aria-labelledby="citizen-title">
<h2 id="citizen-title">The citizen</h2>
<section class="card" aria-labelledby="mail-title">
<h3 id="mail-title">Email</h3>
${region("inbox", "The inbox")}
<form id="mail-form" method="post" action="${target("/mails")}" enctype="multipart/form-data" aria-labelledby="mail-form-title">
${region("mail-head")}
<label>Message <textarea name="text" rows="3" required>${typed("mail")}</textarea></label>
${alert("mail")}
<p class="buttons"><button>Send email</button> <label class="inline">with files <input type="file" name="files" multiple></label></p>
</form>
</section>
<section class="card phone" id="phone" aria-labelledby="phone-title">
<h3 id="phone-title">Phone</h3>
${scroll("screen", "Texts on the phone", "The phone")}
<form method="post" action="${target("/texts")}" aria-labelledby="phone-title">
${region("phone-head")}
<label>Text message <textarea name="text" rows="2" required>${typed("text")}</textarea></label>
${alert("text")}
<button>Send text</button>
</form>
</section>
${viewForm(scene)}
</section>
<section class="side agency" aria-labelledby="agency-title">
<h2 id="agency-title">The agency</h2>
<section class="card" id="room" aria-labelledby="room-title">
<h3 id="room-title">The agents’ room, as a Matrix client shows it</h3>
<div class="panes">
<nav aria-label="Conversations">${region("threads")}</nav>
<div class="conversation">
${scroll("timeline", "Messages of the conversation", "The room")}
<form id="answer" method="post" action="${target("/answers")}" aria-label="Write as the agent">
${region("answer-head")}
<label>Write as the agent <textarea name="text" rows="3" required>${typed("answer")}</textarea></label>
${alert("answer")}
<p class="buttons"><button name="kind" value="reply">Reply to the citizen</button> <button class="second" name="kind" value="note">Note among agents</button></p>
</form>
</div>
</div>
</section>
</section>
<section class="inside" aria-labelledby="inside-title">
<h2 id="inside-title">Inside guichet</h2>
<section class="card" aria-labelledby="health-title">
<h3 id="health-title">Channels</h3>
${region("health")}
</section>
<section class="card" aria-labelledby="ways-title">
<h3 id="ways-title">Each message’s way through the house</h3>
${region("ways")}
</section>
</section>
</main>
</body>
</html>`;
}

function viewForm({ form }: Scene): Markup | "" {
  if (form === undefined) return "";
  return html`<section class="card" aria-labelledby="form-title">
<h3 id="form-title">Web form</h3>
<iframe src="${form}" title="The agency’s web form" sandbox="allow-forms allow-scripts allow-same-origin"></iframe>
</section>`;
}
