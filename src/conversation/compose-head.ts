import type { Way } from "../domain/conversation.ts";
import { cleanCharacters } from "../html/characters.ts";
import { escapeHtml } from "../html/write-html.ts";
import type { StoredMessage, StoredParty } from "../store/schema.ts";

/** Sentences of the head, in the agents' language. */
export interface HeadTexts {
  /** Names the others whom the sender addressed; `more` of them are not in `list`. */
  readonly addressed: (list: string, more: number) => string;
  /** Says where the sender wishes answers to go. */
  readonly answersTo: (party: string) => string;
  /** Names the channel that a message came by, in a conversation over several. */
  readonly cameBy: (channel: string) => string;
  /** Says by which channel, and to which address on it, answers leave. */
  readonly answersBy: (channel: string, address: string) => string;
  /** Says by which kind of channel the sender wants answers, which the agency does not have. */
  readonly answersWished: (type: string, address: string) => string;
}

/** A line of a head that leads to another place. */
export interface HeadLink {
  readonly words: string;
  readonly href: string;
}

/** What an event says beside the words; but for the ways, the first of a conversation only. */
export interface HeadNotes {
  /** The channel that it came by, when the conversation goes over several. */
  readonly cameBy?: string | undefined;
  /** Where answers leave, when that is elsewhere. */
  readonly answersBy?: Way | undefined;
  /** Where the sender wants them, and they cannot leave. */
  readonly wished?: { readonly type: string; readonly address: string } | undefined;
  /** A word about the sender. */
  readonly sender?: string | undefined;
  readonly link?: HeadLink | undefined;
}

/** What stands above, or below, a citizen's words. */
export interface Margin {
  readonly text: string;
  readonly html: string;
}

/** In characters. */
const SUBJECT_LIMIT = 500;
const PARTY_LIMIT = 120;
const MOST_NAMED = 10;
/** In characters: a remark is a sentence. */
const REMARK_LIMIT = 240;
const MOST_REMARKS = 4;

/**
 * What agents should know of a message beside its words. Subject and sender stand in the first of a conversation only.
 */
export function composeHead(
  message: StoredMessage,
  texts: HeadTexts,
  { isFirst, notes }: { isFirst: boolean; notes: HeadNotes },
): Margin | undefined {
  const parts = [
    warn(message),
    isFirst ? introduce(message, notes) : undefined,
    address(message, texts),
    route(texts, notes),
  ];
  const there = parts.filter((part) => part !== undefined);
  if (there.length === 0) return undefined;
  return { text: there.map(({ text }) => text).join("\n\n"), html: there.map(({ html }) => html).join("") };
}

/** One line each, in the order of their weight. */
function warn({ trust, remarks = [] }: StoredMessage): Margin | undefined {
  const lines = [...(trust?.remark === undefined ? [] : [trust.remark]), ...remarks]
    .slice(0, MOST_REMARKS)
    .map((line) => `⚠️ ${cleanCharacters(line.replace(/\s+/g, " ").slice(0, REMARK_LIMIT))}`);
  if (lines.length === 0) return undefined;
  return { text: lines.join("\n"), html: `<p><em>${lines.map(escapeHtml).join("<br>")}</em></p>` };
}

function introduce({ subject: whole, from }: StoredMessage, { sender: note, link }: HeadNotes): Margin {
  const subject = whole && cleanCharacters(whole.slice(0, SUBJECT_LIMIT));
  const name = from.name && cleanCharacters(from.name);
  const named = name && name !== from.address ? `${name} <${from.address}>` : from.address;
  const sender = note === undefined ? named : `${named} · ${note}`;
  const lines = [
    ...(subject ? [{ text: subject, html: `<strong>${escapeHtml(subject)}</strong>` }] : []),
    { text: sender, html: escapeHtml(sender) },
    ...(link ? [composeLink(link)] : []),
  ];
  return {
    text: lines.map(({ text }) => text).join("\n"),
    html: `<p>${lines.map(({ html }) => html).join("<br>")}</p>`,
  };
}

const composeLink = ({ words, href }: HeadLink): Margin => ({
  text: `${words}: ${href}`,
  html: `<a href="${escapeHtml(href)}">${escapeHtml(words)}</a>`,
});

function address({ cc = [], replyTo }: StoredMessage, { addressed, answersTo }: HeadTexts): Margin | undefined {
  const named = cc.slice(0, MOST_NAMED).map(nameParty).join(", ");
  const lines = [
    ...(named === "" ? [] : [addressed(named, Math.max(0, cc.length - MOST_NAMED))]),
    ...(replyTo === undefined ? [] : [answersTo(nameParty(replyTo))]),
  ];
  return lines.length === 0 ? undefined : paragraph(lines);
}

function route(texts: HeadTexts, { cameBy, answersBy, wished }: HeadNotes): Margin | undefined {
  const lines = [
    ...(cameBy === undefined ? [] : [texts.cameBy(cameBy)]),
    ...(answersBy === undefined ? [] : [texts.answersBy(answersBy.channel, cleanCharacters(answersBy.address))]),
    ...(wished === undefined
      ? []
      : [texts.answersWished(cleanCharacters(wished.type), cleanCharacters(wished.address.slice(0, PARTY_LIMIT)))]),
  ];
  return lines.length === 0 ? undefined : paragraph(lines);
}

const paragraph = (lines: readonly string[]): Margin => ({
  text: lines.join("\n"),
  html: `<p>${lines.map(escapeHtml).join("<br>")}</p>`,
});

function nameParty({ address, name }: StoredParty): string {
  const whole = name && name !== address ? `${name} <${address}>` : address;
  // A long name must not hide the address.
  const shown = whole.length > PARTY_LIMIT ? address.slice(0, PARTY_LIMIT) : whole;
  return cleanCharacters(shown.replace(/\s+/g, " "));
}
