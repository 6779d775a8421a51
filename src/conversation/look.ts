import type { Element } from "../html/parse-html.ts";
import {
  BLACK,
  type Colour,
  type Declarations,
  looksEqual,
  NO_STYLE,
  overlay,
  readColour,
  readDeclarations,
  readLength,
  settle,
  WHITE,
} from "./css.ts";
import type { Stylesheet } from "./stylesheet.ts";

/** How text looks where it stands, as far as that decides whether it is seen. */
export interface Look {
  /** In pixels. */
  readonly fontSize: number;
  /** Undefined when it cannot be known. */
  readonly colour: Colour | undefined;
  readonly ground: Colour | undefined;
  readonly isVisible: boolean;
}

export const FIRST_LOOK: Look = { fontSize: 16, colour: BLACK, ground: WHITE, isVisible: true };

/** In pixels: smaller letters are not for reading. */
const LEGIBLE = 2;

export const isSeen = ({ fontSize, colour, ground, isVisible }: Look): boolean =>
  isVisible &&
  fontSize >= LEGIBLE &&
  colour?.alpha !== 0 &&
  !(colour !== undefined && ground !== undefined && looksEqual(colour, ground));

/** What an element says of its look: the sheet's rules, then its own. */
export function styleOf(element: Element, sheet: Stylesheet): Declarations {
  const rules = sheet.declarationsFor(element);
  const { style } = element.attributes;
  if (style === undefined) return rules === NO_STYLE ? NO_STYLE : settle(rules);
  return settle(overlay(rules, readDeclarations(style)));
}

/** @returns undefined when the element and all that is in it are hidden, whatever is said inside. */
export function lookInside(element: Element, style: Declarations, outside: Look, isSure: boolean): Look | undefined {
  const { attributes, tag } = element;
  if (style === NO_STYLE && tag !== "dialog" && Object.keys(attributes).length === 0) return outside;
  if (attributes.hidden !== undefined || (tag === "dialog" && attributes.open === undefined)) return undefined;
  const fontSize = fontSizeOf(style, outside.fontSize);
  if (isHidden(tag, style, fontSize)) return undefined;
  const { visibility } = style;
  const isVisible = visibility === undefined || visibility === "inherit" ? outside.isVisible : visibility === "visible";
  return {
    fontSize,
    colour: colourOf(element, style, outside),
    ground: isSure ? groundOf(element, style, outside) : undefined,
    isVisible,
  };
}

function fontSizeOf(style: Declarations, outside: number): number {
  // A figure without a unit is a weight, unless it is 0.
  const short = style.font?.split(/[\s/]+/).find((part) => /^\d/.test(part) && (part === "0" || /[a-z%]$/.test(part)));
  const size = readLength(style["font-size"] ?? short, outside);
  return size === undefined || size < 0 ? outside : size;
}

function colourOf({ tag, attributes }: Element, { color }: Declarations, outside: Look): Colour | undefined {
  if (color === "inherit" || color === "currentcolor") return outside.colour;
  if (color !== undefined) return readColour(color);
  if (tag === "font" && attributes.color !== undefined) return readColour(attributes.color);
  if (tag === "body" && attributes.text !== undefined) return readColour(attributes.text);
  // Browsers give links a colour of their own.
  return tag === "a" && attributes.href !== undefined ? readColour("blue") : outside.colour;
}

function groundOf({ attributes }: Element, style: Declarations, outside: Look): Colour | undefined {
  // What is taken out of its place stands on something else.
  if (style.position === "absolute" || style.position === "fixed") return undefined;
  const image = style["background-image"];
  if (attributes.background || (image !== undefined && image !== "none" && image !== "initial")) return undefined;
  const said = style["background-color"] ?? style.background ?? attributes.bgcolor;
  if (said === undefined || /^(?:none|transparent|inherit|initial|unset|)$/.test(said)) return outside.ground;
  if (/url\(|gradient\(|image/.test(said)) return undefined;
  const colour =
    readColour(said) ??
    said
      .split(/\s+(?![^(]*\))/)
      .flatMap((part) => readColour(part) ?? [])
      .at(0);
  if (colour?.alpha === 0) return outside.ground;
  return colour?.alpha === 1 ? colour : undefined;
}

/** In pixels beyond the edge of any page. */
const OUTSIDE = -300;

function isHidden(tag: string, style: Declarations, fontSize: number): boolean {
  const length = (name: string) => readLength(style[name], fontSize);
  const atMost = (limit: number, names: readonly string[]) =>
    names.some((name) => (length(name) ?? limit + 1) <= limit);
  if (style.display === "none" || style["content-visibility"] === "hidden") return true;
  // Buttons are hidden from Word alone: it gets them drawn another way.
  if (style["mso-hide"] === "all" && tag !== "a") return true;
  if (style.opacity !== undefined && (readLength(style.opacity, 1) ?? 1) <= 0.05) return true;
  const isCut = [style.overflow, style["overflow-x"], style["overflow-y"]].some((value) =>
    /hidden|clip/.test(value ?? ""),
  );
  if (isCut && atMost(1, ["height", "max-height", "width", "max-width"])) return true;
  if (style.position === "absolute" || style.position === "fixed") {
    if (atMost(OUTSIDE, ["left", "top", "right", "bottom"])) return true;
    if (/^rect\(\s*[01](?:px)?[\s,]+[01](?:px)?[\s,]/.test(style.clip ?? "")) return true;
  }
  if (atMost(OUTSIDE, ["text-indent", "margin-left", "margin-top"])) return true;
  if (/^(?:inset\(\s*(?:50|100)%|circle\(\s*0)/.test(style["clip-path"] ?? "")) return true;
  return /scale(?:x|y|3d)?\(\s*0?(?:\.0*)?\s*[,)]|translate(?:x|y|3d)?\(\s*-\d{4}/.test(style.transform ?? "");
}
