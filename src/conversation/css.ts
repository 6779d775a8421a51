/** Properties that can hide words, by name; values in lower case. */
export type Declarations = Readonly<Record<string, string>>;

const KNOWN = new Set(
  "background background-color background-image bottom clip clip-path color content-visibility display font font-size height left margin margin-left margin-top max-height max-width mso-hide mso-list font-family opacity overflow overflow-x overflow-y position right text-indent top transform visibility width".split(
    " ",
  ),
);

/** Whatever is longer is not read as a style: it is an attack, or data. */
const LONGEST = 4_000;

const IMPORTANT = "!";

/** Reads `name: value; …`. What is marked as important keeps a mark, for `cascade`. */
export function readDeclarations(css: string): Declarations {
  const found: Record<string, string> = {};
  if (css.length > LONGEST) return found;
  for (const declaration of plain(css).split(";")) {
    const colon = declaration.indexOf(":");
    const name = declaration.slice(0, colon).trim();
    if (colon < 0 || !KNOWN.has(name)) continue;
    const value = declaration.slice(colon + 1);
    const [bare = "", important] = value.split("!");
    const isImportant = important?.trim() === "important";
    if (!isImportant && found[name]?.endsWith(IMPORTANT)) continue;
    found[name] = bare.trim() + (isImportant ? IMPORTANT : "");
  }
  return found;
}

/** Style without comments and escapes (CSS Syntax 3, 4.3.7), in lower case. */
export const plain = (css: string): string =>
  css
    .replace(/\/\*[\s\S]*?(?:\*\/|$)/g, "")
    .replace(/\\([0-9a-f]{1,6})\s?/gi, (_all, hex: string) => toCharacter(Number.parseInt(hex, 16)))
    .toLowerCase();

const toCharacter = (code: number) => (code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "");

/** Nothing said. */
export const NO_STYLE: Declarations = {};

/** Declarations of two sources, the stronger behind. What is important outweighs its place, and keeps its mark. */
export function overlay(weaker: Declarations, stronger: Declarations): Declarations {
  const values: Record<string, string> = { ...weaker };
  for (const [name, value] of Object.entries(stronger))
    if (value.endsWith(IMPORTANT) || !values[name]?.endsWith(IMPORTANT)) values[name] = value;
  return values;
}

/** Declarations without marks, as they count. */
export function settle(declarations: Declarations): Declarations {
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(declarations))
    values[name] = value.endsWith(IMPORTANT) ? value.slice(0, -1).trim() : value;
  return values;
}

/** A length in pixels; em and % are of `relative`. @returns undefined for words and what is not understood. */
export function readLength(value: string | undefined, relative: number): number | undefined {
  if (value === undefined) return undefined;
  const [, figure, unit] = /^(-?\d{0,6}(?:\.\d{0,6})?)(px|pt|em|rem|ex|%|in|cm|mm|vw|vh)?$/.exec(value.trim()) ?? [];
  if (figure === undefined || !/\d/.test(figure)) return undefined;
  if (unit === "em" || unit === "ex" || unit === "%") return Number(figure) * relative * (RELATIVE[unit] ?? 1);
  return Number(figure) * (ABSOLUTE[unit ?? "px"] ?? 1);
}

const RELATIVE: Readonly<Record<string, number>> = { em: 1, ex: 0.5, "%": 0.01 };
const ABSOLUTE: Readonly<Record<string, number>> = {
  px: 1,
  pt: 4 / 3,
  rem: 16,
  in: 96,
  cm: 38,
  mm: 3.8,
  vw: 10,
  vh: 8,
};

export interface Colour {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
  /** 0 is clear. */
  readonly alpha: number;
}

export const WHITE: Colour = { red: 255, green: 255, blue: 255, alpha: 1 };
export const BLACK: Colour = { red: 0, green: 0, blue: 0, alpha: 1 };

const NAMED: Readonly<Record<string, string>> = {
  ...{ white: "ffffff", black: "000000", silver: "c0c0c0", gray: "808080", grey: "808080", red: "ff0000" },
  ...{ maroon: "800000", yellow: "ffff00", olive: "808000", lime: "00ff00", green: "008000", aqua: "00ffff" },
  ...{ cyan: "00ffff", teal: "008080", blue: "0000ff", navy: "000080", fuchsia: "ff00ff", magenta: "ff00ff" },
  ...{
    purple: "800080",
    orange: "ffa500",
    snow: "fffafa",
    ivory: "fffff0",
    whitesmoke: "f5f5f5",
    ghostwhite: "f8f8ff",
  },
  ...{ floralwhite: "fffaf0", mintcream: "f5fffa", azure: "f0ffff", aliceblue: "f0f8ff", window: "ffffff" },
  ...{ windowtext: "000000", lightgray: "d3d3d3", lightgrey: "d3d3d3", transparent: "00000000" },
};

/** CSS Color 4, as far as mail has it; HTML's old attributes write the figures without #. */
export function readColour(value: string | undefined): Colour | undefined {
  const text = value?.trim().toLowerCase() ?? "";
  const hex = (Object.hasOwn(NAMED, text) ? NAMED[text] : undefined) ?? /^#?([0-9a-f]{3,8})$/.exec(text)?.[1];
  if (hex !== undefined) return readHex(hex);
  const parts =
    /^rgba?\(([^()]{1,60})\)$/
      .exec(text)?.[1]
      ?.split(/[\s,/]+/)
      .filter((part) => part !== "") ?? [];
  const [red, green, blue, alpha = 1] = parts.map((part, index) => readPart(part, index < 3 ? 255 : 1));
  if (red === undefined || green === undefined || blue === undefined) return undefined;
  return { red, green, blue, alpha };
}

const readPart = (part: string, whole: number) =>
  part.endsWith("%") ? (Number.parseFloat(part) * whole) / 100 : Number.parseFloat(part);

function readHex(hex: string): Colour | undefined {
  const wide = hex.length < 6 ? [...hex].map((digit) => digit + digit).join("") : hex;
  if (wide.length !== 6 && wide.length !== 8) return undefined;
  const [red = 0, green = 0, blue = 0, alpha = 255] = wide.match(/../g)?.map((pair) => Number.parseInt(pair, 16)) ?? [];
  return { red, green, blue, alpha: alpha / 255 };
}

/** So near that nobody tells words of one from a ground of the other. */
const NEAR = 12;

export const looksEqual = (one: Colour, other: Colour): boolean =>
  Math.abs(one.red - other.red) <= NEAR &&
  Math.abs(one.green - other.green) <= NEAR &&
  Math.abs(one.blue - other.blue) <= NEAR;
