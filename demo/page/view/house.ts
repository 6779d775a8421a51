import { html } from "hono/html";
import type { Scene } from "../scene.ts";
import type { ChannelHealth, Step, Way } from "../sources/watch-house.ts";
import { clock, duration, type Markup, time } from "./words.ts";

/** How the channels are, as `guichet bridges list` says it. */
export function viewHealth({ house }: Scene): Markup {
  return html`<ul class="channels">${house.channels.map(viewChannel)}</ul>`;
}

function viewChannel({ name, use, agency, isOn, state, reason, since }: ChannelHealth): Markup {
  const word = isOn ? state : "off";
  return html`<li class="${["up", "degraded", "down"].includes(word) ? word : "unknown"}"><span class="who">${name}</span> <span class="tag">${word}</span>
<span class="quiet small">${use}, for ${agency}${reason === undefined ? "" : `, ${reason}`}${since === undefined ? "" : html`, since ${time(since)}`}</span></li>`;
}

/** Each message's way, the latest first. */
export function viewWays({ house }: Scene): Markup {
  if (house.ways.length === 0) return html`<p class="quiet">No message has come yet.</p>`;
  return html`<ol class="ways">${house.ways.map(viewWay)}</ol>`;
}

function viewWay({ direction, channel, state, code, steps }: Way): Markup {
  const words = direction === "in" ? "From citizen" : "To citizen";
  const bad = BAD.has(state) ? `${state}${code === undefined ? "" : ` (${code})`}` : undefined;
  // Where a step has the same name, that step is the bad one.
  const isStep = bad !== undefined && steps.at(-1)?.place === state;
  return html`<li class="way ${direction}"><p><span class="who">${words}</span> <span class="quiet small">${channel}</span></p>
<ol class="steps">${steps.map((step, place) => viewStep(step, steps[place - 1], isStep && place === steps.length - 1 ? bad : undefined))}${wait(state)}${bad !== undefined && !isStep ? html`<li class="bad">${bad}</li>` : ""}</ol></li>`;
}

const BAD: ReadonlySet<string> = new Set(["quarantined", "failed", "unknown", "dropped"]);

function viewStep({ place, at }: Step, before: Step | undefined, bad: string | undefined): Markup {
  const took = before === undefined ? clock(at) : duration(at.getTime() - before.at.getTime());
  const sign = before === undefined || place === "held" ? "" : "+ ";
  return html`<li${bad === undefined ? "" : html` class="bad"`}>${bad ?? place} <span class="quiet small">${sign}${took}</span></li>`;
}

const WAITS: Readonly<Record<string, string>> = {
  waiting: "on its way into the room",
  held: "held: the agent may still take it back",
  queued: "waits to be sent",
  attempting: "is being sent",
};

const wait = (state: string): Markup | "" => (state in WAITS ? html`<li class="waits">${WAITS[state]}</li>` : "");
