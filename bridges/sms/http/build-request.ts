import { createHash } from "node:crypto";
import type { OutgoingText } from "../gateway.ts";
import type { Parameters, SendTemplate } from "./profile.ts";
import { fill, type Values } from "./template.ts";

export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What an operator adds to a profile's parameters; null takes one away. */
export type ExtraParameters = Readonly<Record<string, string | number | boolean | null>>;

export const valuesOf = (text: OutgoingText, template: SendTemplate): Values => ({
  to: text.to,
  to_digits: text.to.replace(/^\+/, ""),
  from: text.from,
  from_digits: text.from.replace(/^\+/, ""),
  text: text.text,
  delivery_id: text.deliveryId,
  tag: createHash("sha256").update(text.deliveryId).digest("hex").slice(0, TAG_LENGTH),
  ...(template.encoding === undefined ? {} : { encoding: template.encoding[text.encoding] }),
});

/** OVHcloud's `tag` has 20 characters at most, which a delivery id may exceed. */
const TAG_LENGTH = 20;

/** Fills a profile's request in, but for signatures over the whole of it. */
export function buildRequest(
  template: SendTemplate,
  base: string,
  values: Values,
  extra: ExtraParameters = {},
): HttpRequest {
  const url = resolveUrl(base, template.path, values);
  const body = template.json ?? template.form;
  const query = body === undefined ? { ...template.query, ...extra } : template.query;
  for (const [name, value] of pairs(fillAll(query, values))) url.searchParams.append(name, value);
  const headers: Record<string, string> = { accept: "application/json, */*;q=0.5", "user-agent": "guichet" };
  for (const [name, each] of Object.entries(template.headers)) {
    const value = fill(each, values);
    if (value !== undefined) headers[name.toLowerCase()] = value;
  }
  if (template.auth?.scheme === "basic") {
    const [user = "", password = ""] = [fill(template.auth.user, values), fill(template.auth.password, values)];
    headers.authorization = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  }
  const filled = fillAll({ ...body, ...extra }, values);
  if (template.json !== undefined) {
    headers["content-type"] = "application/json; charset=utf-8";
    return { method: template.method, url, headers, body: JSON.stringify(Object.fromEntries(filled)) };
  }
  if (template.form === undefined) return { method: template.method, url, headers, body: "" };
  headers["content-type"] = "application/x-www-form-urlencoded";
  return { method: template.method, url, headers, body: new URLSearchParams(pairs(filled)).toString() };
}

/** A path of the gateway, below whatever path the base has. */
export function resolveUrl(base: string, path: string, values: Values): URL {
  const filled = fill(path, values, encodeURIComponent) ?? "";
  return new URL(base.replace(/\/+$/, "") + filled);
}

type Filled = string | number | boolean | string[];

type Unfilled = Readonly<Record<string, Parameters[string] | null>>;

function fillAll(parameters: Unfilled | undefined, values: Values): Map<string, Filled> {
  const filled = new Map<string, Filled>();
  for (const [name, each] of Object.entries(parameters ?? {})) {
    if (each === null) continue;
    if (Array.isArray(each))
      filled.set(
        name,
        each.flatMap((one) => fill(one, values) ?? []),
      );
    else if (typeof each !== "string") filled.set(name, each);
    else {
      const value = fill(each, values);
      if (value !== undefined) filled.set(name, value);
    }
  }
  return filled;
}

const pairs = (filled: ReadonlyMap<string, Filled>): [string, string][] =>
  [...filled].flatMap(([name, value]) => [value].flat().map((each): [string, string] => [name, String(each)]));
