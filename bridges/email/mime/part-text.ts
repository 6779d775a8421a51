import { decodeText } from "./charset.ts";
import { decodeBytes } from "./transfer.ts";
import type { Part } from "./walk.ts";

/** How much text may still be read of one mail, in bytes as they stand in it. */
export interface TextBudget {
  left: number;
  isCut: boolean;
  /** Charset that is likely where a part names none. */
  readonly hint?: string | undefined;
}

/** The words of a part, decoded; within the budget, which it uses up. */
export function partText(part: Part, budget: TextBudget): string {
  const size = Math.min(part.end - part.start, budget.left);
  if (size < part.end - part.start) budget.isCut = true;
  budget.left -= size;
  const raw = part.source.slice(part.start, part.start + size);
  const isReallyCoded = part.encoding !== "base64" || looksLikeBase64(raw);
  const bytes = isReallyCoded ? decodeBytes(raw, part.encoding) : raw;
  const ownHint = part.type === "text/html" ? declaredInHtml(bytes) : undefined;
  return decodeText(bytes, part.parameters.get("charset"), ownHint ?? budget.hint)
    .replace(/\r\n?/g, "\n")
    .replaceAll("\u0000", "");
}

/** Some programs call plain words base64: blanks inside lines tell. */
function looksLikeBase64(bytes: Buffer): boolean {
  const sample = bytes.toString("latin1", 0, 2000);
  return (sample.match(/\S [^\s=]/g) ?? []).length * 20 <= sample.length;
}

/** A page that names its own charset (HTML, 4.2.5.4: within its first 1024 bytes; programs write it later). */
const declaredInHtml = (bytes: Buffer) =>
  /<meta\b[^>]{0,200}?charset\s*=\s*["']?([\w.:-]{2,40})/i.exec(bytes.toString("latin1", 0, 8192))?.[1];
