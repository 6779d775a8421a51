import type { Bridge, Capabilities, Draft } from "../adapter/index.ts";
import type { DeskTexts, PreviewFacts } from "../desk/texts.ts";
import type { Answer } from "../store/outbox.ts";
import { carry } from "./carry.ts";
import type { Links } from "./links.ts";

export interface Previewing {
  readonly bridge: Bridge;
  readonly links: Links | undefined;
  readonly texts: DeskTexts;
}

/** Formatting that plain text has no signs for: lists and quotes have theirs. */
const LOST_FORMATTING = /<(?:strong|em|b|i|u|s|del|code|pre|h[1-6]|table|sub|sup)[\s>]/;

/** What an agent should know of an answer before it leaves; undefined when it leaves as it was written, at no cost. */
export function previewAnswer(answer: Answer, { bridge, links, texts }: Previewing): string | undefined {
  const { capabilities } = bridge;
  const carried = carry(answer.content, capabilities, links && (() => links.linkTo(answer)));
  const preview = bridge.preview?.(draftOf(answer, carried));
  const facts: PreviewFacts = {
    parts: preview?.parts ?? 1,
    cost: preview?.cost,
    remarks: preview?.remarks ?? [],
    linkDays: carried.link === undefined ? undefined : links?.days,
    ...lossesOf(answer, capabilities),
  };
  const isSilent =
    facts.parts === 1 &&
    facts.cost === undefined &&
    facts.remarks.length === 0 &&
    facts.linkDays === undefined &&
    !facts.losesFormatting &&
    !facts.losesSubject;
  return isSilent ? undefined : texts.previewed(facts);
}

function draftOf({ address, conversation }: Answer, { text, html, file }: ReturnType<typeof carry>): Draft {
  const { subject } = conversation;
  return {
    to: { address },
    ...(subject === undefined ? {} : { subject }),
    text,
    ...(html === undefined ? {} : { html }),
    attachments: file
      ? [{ name: file.name, type: file.type, ...(file.size === undefined ? {} : { size: file.size }) }]
      : [],
  };
}

function lossesOf({ content, conversation, isOpening }: Answer, { html, subject }: Capabilities) {
  return {
    losesFormatting: !html && content.html !== undefined && LOST_FORMATTING.test(content.html),
    // Only who has just written a subject expects that it leaves.
    losesSubject: !subject && isOpening && conversation.subject !== undefined,
  };
}
