import type { HeaderLines } from "../headers.ts";

/**
 * Strict reading of the tag lists of ARC-Seal and ARC-Message-Signature (RFC 8617, 4.1; RFC 6376, 3.2): names well
 * formed, none twice. The library reads them leniently.
 */
export const isSealSyntaxRight = (head: HeaderLines): boolean =>
  head.every(({ key, line }) =>
    key === "arc-seal" || key === "arc-message-signature" ? isTagList(line.slice(line.indexOf(":") + 1)) : true,
  );

function isTagList(text: string): boolean {
  const names = new Set<string>();
  const pairs = text.trim().replace(/;$/, "").split(";");
  return pairs.every((pair) => {
    const equals = pair.indexOf("=");
    const name = pair.slice(0, equals).trim();
    const isNew = !names.has(name);
    names.add(name);
    return equals > 0 && isNew && /^[a-z][a-z0-9_]*$/i.test(name);
  });
}
