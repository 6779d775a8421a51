import { isBlank } from "../html/characters.ts";
import type { Element } from "../html/parse-html.ts";
import { readDocument } from "../html/read-document.ts";
import { isData } from "../html/table.ts";
import type { Reading } from "../html/walk.ts";
import { writeHtml } from "../html/write-html.ts";
import { writeText } from "../html/write-text.ts";
import type { Declarations } from "./css.ts";
import { markLink } from "./link-target.ts";
import { FIRST_LOOK, isSeen, type Look, lookInside, styleOf } from "./look.ts";
import { loadsRemote, type RemovedContent, wordsForPicture } from "./picture.ts";
import { readStylesheet } from "./stylesheet.ts";

/** A stranger's HTML, made safe. */
export interface SafeLetter {
  /** What Matrix clients may be given: nothing that runs, loads, hides, or leads elsewhere than it says. */
  readonly html: string;
  /** The same words in plain text. */
  readonly text: string;
  readonly removed: RemovedContent;
}

/**
 * Makes a stranger's HTML safe to show in a Matrix client. Doing it twice changes nothing more.
 * @returns undefined when it is larger or deeper than letters are; empty texts when nothing of it is seen.
 */
export function sanitiseHtml(html: string): SafeLetter | undefined {
  const removed = { remoteImages: 0, trackers: 0 };
  const blocks = readDocument(html, (root) => readAsStranger(root, removed));
  if (blocks === undefined) return undefined;
  if (blocks.every((block) => block.is === "rule")) return { html: "", text: "", removed };
  return { html: writeHtml(blocks), text: writeText(blocks), removed };
}

/** No letter has more; what follows keeps its words. */
const MOST_LINKS = 3_000;

function readAsStranger(root: Element, removed: { remoteImages: number; trackers: number }): Reading<Look> {
  const sheet = readStylesheet(root);
  let links = 0;
  const count = (element: Element, style: Declarations, isHidden: boolean) => {
    const kind = loadsRemote(element, style, isHidden);
    if (kind === "picture") removed.remoteImages += 1;
    if (kind === "tracker") removed.trackers += 1;
    return kind;
  };
  const countInside = (element: Element): void => {
    for (const child of element.children) {
      if (typeof child === "string") continue;
      count(child, styleOf(child, sheet), true);
      countInside(child);
    }
  };
  return {
    look: FIRST_LOOK,
    enter(element, outside, inLink) {
      const style = styleOf(element, sheet);
      const look = lookInside(element, style, outside, sheet.isSure);
      const kind = count(element, style, look?.isVisible !== true);
      if (look === undefined) return void countInside(element);
      return { look, words: wordsForPicture(element, kind, inLink) ?? wordsForSign(element, style) };
    },
    shows: isSeen,
    link: ({ attributes }) => (links++ < MOST_LINKS ? markLink(attributes.href ?? "") : undefined),
    keeps: isData,
  };
}

const WINGDINGS: Readonly<Record<string, string>> = { J: "🙂", K: "😐", L: "🙁", à: "→", ß: "←", ü: "✓", "§": "•" };

/** Word writes bullets and faces as letters of fonts that hold no letters. */
function wordsForSign(element: Element, style: Declarations): string | undefined {
  if (style["mso-list"] === "ignore") {
    const sign = textIn(element)
      .replace(/\u00A0/g, " ")
      .trim();
    return /^[\p{L}\p{N}]{1,6}[.)]$|^\([\p{L}\p{N}]{1,6}\)$/u.test(sign) ? `${sign} ` : isBlank(sign) ? "" : "• ";
  }
  if (!/^["']?wingdings/.test(style["font-family"] ?? "")) return undefined;
  const sign = textIn(element).trim();
  return Object.hasOwn(WINGDINGS, sign) ? WINGDINGS[sign] : undefined;
}

/** Longer than any sign. */
const SIGN = 40;

function textIn(element: Element): string {
  let text = "";
  for (const child of element.children) {
    if (text.length > SIGN) return text;
    text += typeof child === "string" ? child : textIn(child);
  }
  return text;
}
