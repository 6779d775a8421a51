import type { Element } from "../html/parse-html.ts";
import { type Declarations, readLength } from "./css.ts";

/** What a letter would have loaded from elsewhere. */
export interface RemovedContent {
  /** Pictures meant to be seen. */
  readonly remoteImages: number;
  /** Pictures that nobody can see: they tell their owner that the letter was opened, when and where. */
  readonly trackers: number;
}

type Kind = "picture" | "tracker";

const LONGEST_NAME = 120;

const isRemote = (address: string | undefined) => /^\s*(?:https?:|\/\/)/i.test(address ?? "");

const isPicture = ({ tag, attributes }: Element) =>
  tag === "img" || (tag === "input" && attributes.type?.toLowerCase() === "image");

/** What an element would load; undefined when nothing. */
export function loadsRemote(element: Element, style: Declarations, isHidden: boolean): Kind | undefined {
  const { attributes } = element;
  if (isPicture(element)) {
    const source = [attributes.src, attributes.srcset, attributes["data-src"]].find(isRemote);
    if (source === undefined) return undefined;
    return isHidden || isSpeck(element, style) || isBeacon(source, attributes.alt) ? "tracker" : "picture";
  }
  const isGround = [attributes.background, attributes.poster].some(isRemote) || loadsGround(style);
  if (!isGround) return undefined;
  return isHidden ? "tracker" : "picture";
}

const loadsGround = (style: Declarations) =>
  /url\(\s*["']?\s*(?:https?:|\/\/)/.test(`${style.background ?? ""} ${style["background-image"] ?? ""}`);

/** In pixels. */
const SPECK = 3;

function isSpeck({ attributes }: Element, style: Declarations): boolean {
  const width = readLength(style.width ?? style["max-width"] ?? attributes.width, 16);
  const height = readLength(style.height ?? style["max-height"] ?? attributes.height, 16);
  return (width ?? SPECK + 1) <= SPECK || (height ?? SPECK + 1) <= SPECK;
}

/** Without a size or a name, only its address tells: these words are what the senders of newsletters use. */
const isBeacon = (source: string, alt: string | undefined) =>
  !alt &&
  /[/._-](?:open|opens|track|tracking|tracker|pixel|beacon|wf\/open|o\.gif|t\.gif)(?:[/.?_-]|$)/i.test(
    source.slice(0, 500),
  );

const EMOJI = /^(?:\p{RGI_Emoji}|\s){1,20}$/v;

/** The words that stand where a picture stood. The file of a picture that came along follows in the thread. */
export function wordsForPicture(element: Element, kind: Kind | undefined, inLink: boolean): string | undefined {
  if (!isPicture(element)) return undefined;
  if (kind === "tracker") return "";
  const alt = (element.attributes.alt ?? "").replace(/\s+/g, " ").trim().slice(0, LONGEST_NAME);
  if (EMOJI.test(alt)) return alt;
  const name = alt || nameOfPart(element.attributes.src);
  if (name !== undefined && name !== "") return `[${name}]`;
  // A link that is only a picture would be lost with it.
  return inLink || kind === undefined ? "[image]" : "";
}

/** Programs name the parts of a mail after their files, followed by something unique (RFC 2392). */
const nameOfPart = (source: string | undefined) =>
  /^\s*cid:([^@/\s]{1,100}\.(?:png|jpe?g|gif|webp|bmp|heic|svg|tiff?))(?:@|\s*$)/i.exec(source ?? "")?.[1];
