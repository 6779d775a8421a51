import { type HeaderLines, headerValues } from "../headers.ts";
import type { DmarcPolicy } from "./check-dmarc.ts";

/** One result of an Authentication-Results field: `dmarc=fail header.from=town.example`. */
export interface MethodResult {
  readonly method: string;
  readonly result: string;
  /** Properties by `ptype.name`, lower case. */
  readonly properties: ReadonlyMap<string, string>;
  readonly comment: string;
}

export interface ResultsField {
  readonly authservId: string;
  readonly results: readonly MethodResult[];
}

const LONGEST_FIELD = 20_000;

/** Reads the value of an Authentication-Results field (RFC 8601, 2.2). */
export function parseResults(value: string): ResultsField {
  const [first = [], ...others] = splitAt(tokenise(value.slice(0, LONGEST_FIELD)), ";");
  const authservId = first.find(({ kind }) => kind === "word")?.text ?? "";
  return { authservId: authservId.toLowerCase(), results: others.flatMap(readResult) };
}

interface Token {
  readonly kind: "word" | "comment" | "=" | ";";
  readonly text: string;
}

function tokenise(value: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < value.length) {
    const sign = value.charAt(at);
    if (/\s/.test(sign)) at += 1;
    else if (sign === "=" || sign === ";") {
      tokens.push({ kind: sign, text: sign });
      at += 1;
    } else if (sign === "(" || sign === '"') {
      const [text, end] = sign === "(" ? readComment(value, at) : readQuoted(value, at);
      tokens.push({ kind: sign === "(" ? "comment" : "word", text });
      at = end;
    } else {
      const start = at;
      while (at < value.length && !/[\s=;("]/.test(value.charAt(at))) at += 1;
      tokens.push({ kind: "word", text: value.slice(start, at) });
    }
  }
  return tokens;
}

/** @returns the text between the quotes, and where it ends. */
function readQuoted(value: string, start: number): [string, number] {
  let text = "";
  let at = start + 1;
  for (; at < value.length && value.charAt(at) !== '"'; at += 1) {
    if (value.charAt(at) === "\\") at += 1;
    text += value.charAt(at);
  }
  return [text, at + 1];
}

/** Comments hold comments (RFC 5322, 3.2.2). */
function readComment(value: string, start: number): [string, number] {
  let depth = 0;
  let at = start;
  for (; at < value.length; at += 1) {
    const sign = value.charAt(at);
    if (sign === "\\") at += 1;
    else if (sign === "(") depth += 1;
    else if (sign === ")" && --depth === 0) break;
  }
  return [value.slice(start + 1, at), at + 1];
}

function splitAt(tokens: readonly Token[], kind: Token["kind"]): Token[][] {
  const parts: Token[][] = [[]];
  for (const token of tokens) {
    if (token.kind === kind) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

function readResult(tokens: readonly Token[]): MethodResult[] {
  const words = tokens.filter(({ kind }) => kind !== "comment");
  const pairs: [string, string][] = [];
  for (const [index, token] of words.entries()) {
    const [name, value] = [words[index - 1], words[index + 1]];
    if (token.kind === "=" && name?.kind === "word" && value?.kind === "word")
      pairs.push([name.text.toLowerCase(), value.text]);
  }
  const [head, ...properties] = pairs;
  if (head === undefined) return [];
  const comment = tokens.flatMap(({ kind, text }) => (kind === "comment" ? [text] : [])).join(" ");
  const method = head[0].split("/")[0] ?? "";
  return [{ method, result: head[1].toLowerCase(), properties: new Map(properties), comment }];
}

/**
 * Results that the operator's own server wrote. A sender can write such fields too: what counts stands above the first
 * Received of another hop, and of each method the topmost field wins. The server takes foreign fields with its own
 * name out (RFC 8601, 5).
 * @param head as the mail's bytes have it, the newest on top.
 */
export function trustedResults(head: HeaderLines, authservId: string): MethodResult[] {
  const id = authservId.toLowerCase();
  const taken: MethodResult[] = [];
  const closed = new Set<string>();
  for (const field of aboveForeignHops(head, id)) {
    const found = parseResults(headerValues([field], "authentication-results")[0] ?? "");
    if (found.authservId !== id) continue;
    taken.push(...found.results.filter(({ method }) => !closed.has(method)));
    for (const { method } of found.results) closed.add(method);
  }
  return taken;
}

/**
 * Fields above the first Received that our server did not write: servers behind it may have added theirs on top, so the
 * first one that names it ends the trusted hops. A server that hides its name has written the topmost.
 */
function aboveForeignHops(head: HeaderLines, id: string): HeaderLines {
  const received = head.flatMap(({ key, line }, index) => (key === "received" ? [{ index, line }] : []));
  const own = received.findIndex(({ line }) => receivedBy(line) === id);
  const foreign = received[own < 0 ? 1 : own + 1];
  return head.slice(0, foreign?.index).filter(({ key }) => key === "authentication-results");
}

const receivedBy = (line: string) => /\sby\s+([^\s;()]+)/i.exec(line.slice(0, 2_000))?.[1]?.toLowerCase();

const POLICIES: readonly DmarcPolicy[] = ["none", "quarantine", "reject"];

/** The policy of a DMARC result: RFC 8601 has a property for it, the servers in use a comment (`p=reject`) or a name of their own. */
export function policyIn({ properties, comment }: MethodResult): DmarcPolicy | undefined {
  const named = [
    properties.get("policy.published-domain-policy"),
    properties.get("policy.dmarc"),
    properties.get("policy.p"),
    properties.get("policy"),
    /\b(?:p|policy)=([a-z]+)/i.exec(comment)?.[1],
  ];
  const found = named.find((each) => each !== undefined)?.toLowerCase();
  return POLICIES.find((policy) => policy === found);
}
