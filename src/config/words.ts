import { isClosed, type Shape } from "./shape.ts";

export const SECRET_FORMS = "a text, { env: NAME } or { file: path }";

/** What an operator may write where this shape stands, in words: `a whole number from 1 to 65535`. */
export function sayAllowed(shapes: readonly Shape[]): string {
  const said = shapes.map(sayOne);
  return [...new Set(said)].join(", or ") || "nothing";
}

/** What was found, in words; a text is quoted, and a password inside an address is left out. */
export function sayFound(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") return Object.keys(value).length === 0 ? "an empty map" : "a map";
  if (value === "") return "an empty text";
  if (typeof value === "string") return JSON.stringify(shorten(value.replace(/:\/\/[^/\s@]*@/g, "://…@")));
  return String(value);
}

/** What was found where it must not be shown. */
export function sayKind(value: unknown): string {
  if (typeof value === "string") return value === "" ? sayFound(value) : "a text";
  if (typeof value === "number") return "a number";
  return typeof value === "boolean" ? "true or false" : sayFound(value);
}

function sayOne(shape: Shape): string {
  if (typeof shape.allowed === "string") return shape.allowed;
  if (shape.secret === true) return SECRET_FORMS;
  if (shape.const !== undefined) return String(shape.const);
  if (shape.enum !== undefined)
    return shape.enum.length === 1 ? String(shape.enum[0]) : `one of ${shape.enum.join(", ")}`;
  const branches = shape.anyOf ?? shape.oneOf;
  if (branches !== undefined) return sayAllowed(branches);
  const type = Array.isArray(shape.type) ? shape.type.filter((each) => each !== "null")[0] : shape.type;
  if (type === "integer") return `a whole number${sayRange(shape)}`;
  if (type === "number") return `a number${sayRange(shape)}`;
  if (type === "boolean") return "true or false";
  if (type === "array") return `a list${sayItems(shape)}`;
  if (type === "object")
    return isClosed(shape) ? `a map with the keys ${Object.keys(shape.properties ?? {}).join(", ")}` : "a map";
  if (type === "string") return sayText(shape);
  return "another value";
}

function sayText(shape: Shape): string {
  if (shape.format === "uri") return "a web address";
  if (shape.format === "email") return "an email address";
  const most = shape.maxLength === undefined ? "" : ` of at most ${shape.maxLength} characters`;
  if (shape.pattern !== undefined && shape.format === undefined) return `a text${most} that matches ${shape.pattern}`;
  if (shape.format !== undefined) return `a text (${shape.format})`;
  return most === "" && shape.minLength === 1 ? "a text that is not empty" : `a text${most}`;
}

function sayItems(shape: Shape): string {
  const item = Array.isArray(shape.items) ? shape.items[0] : shape.items;
  const least = (shape.minItems ?? 0) > 0 ? ` of at least ${shape.minItems}` : "";
  return typeof item === "object" ? `${least}, each ${sayOne(item)}` : least;
}

function sayRange(shape: Shape): string {
  const { minimum, maximum, exclusiveMinimum } = shape;
  const least = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? minimum : undefined;
  const most = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined;
  if (least !== undefined && most !== undefined) return ` from ${least} to ${most}`;
  if (least !== undefined) return ` of at least ${least}`;
  const above = typeof exclusiveMinimum === "number" ? ` above ${exclusiveMinimum}` : "";
  return most === undefined ? above : `${above} of at most ${most}`;
}

const LONGEST = 80;
const shorten = (text: string) => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`);
