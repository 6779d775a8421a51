import { keepParts, readHtml } from "./fold-html.ts";
import type { Part } from "./fold-lines.ts";
import { joinParts, readText } from "./fold-text.ts";
import { isBlank, type Line } from "./line.ts";
import { FORWARD_PREFIXES } from "./separator-phrases.ts";

/** A mail's words, as its parts give them. */
export interface MailWords {
  readonly text: string;
  readonly html?: string | undefined;
  /** Tells a mail that Outlook passes on from one that it answers: below the words both look alike. */
  readonly subject?: string | undefined;
  /** Whether it cites an earlier mail. One that does not answers none: what looks like an answered mail was put there to be read. */
  readonly isAnswer: boolean;
  /** Name of the sender, as the mail gives it. */
  readonly sender?: string | undefined;
}

/**
 * What of a mail is shown: the sender's own words, and what they passed on. undefined when that is all of it, and when
 * nothing would be left.
 */
export function foldMail({
  text,
  html,
  subject,
  isAnswer,
  sender,
}: MailWords): { text: string; html?: string } | undefined {
  const passesOn = !isAnswer || isForward(subject ?? "");
  const isShown = ({ kind, section, isPresented }: Part) =>
    ["own", "context", "forward"].includes(kind) ||
    (kind !== "signature" && isPresented) ||
    (passesOn && section.kind === "answered");
  const plain = readText(text, sender);
  const rich = html === undefined ? undefined : readHtml(html, sender);
  const foldsPlain = plain !== undefined && hides(plain, isShown);
  const foldsRich =
    rich !== undefined && hides({ lines: rich.lines.map(({ line }) => line), parts: rich.parts }, isShown);
  if (!foldsPlain && !foldsRich) return undefined;
  const shownPlain = plain === undefined ? text : joinParts(plain, isShown);
  const shownRich = rich && foldsRich ? keepParts(rich, isShown) : undefined;
  if (shownPlain === "" || shownRich?.text === "") return undefined;
  return {
    text: foldsPlain || shownRich === undefined ? shownPlain : shownRich.text,
    // HTML that holds no quote for us to find is shown whole: it may say more than the plain text does.
    ...(html === undefined ? {} : { html: shownRich?.visible ?? html }),
  };
}

function hides(
  { lines, parts }: { lines: readonly Line[]; parts: readonly Part[] },
  isShown: (part: Part) => boolean,
): boolean {
  return parts.some((part) => !isShown(part) && lines.slice(part.start, part.end).some((line) => !isBlank(line)));
}

const LONGEST_PREFIX = 12;

/** "Fwd: Your notice", in any language; "Re: Fwd: …" is an answer. */
function isForward(subject: string): boolean {
  const colon = /[:：]/.exec(subject.trimStart().slice(0, LONGEST_PREFIX))?.index;
  return colon !== undefined && FORWARD_PREFIXES.includes(subject.trimStart().slice(0, colon).trim().toLowerCase());
}
