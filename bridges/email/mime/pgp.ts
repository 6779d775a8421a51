export type PgpKind = "signed" | "encrypted";

/**
 * Words of an OpenPGP clear-signed text (RFC 9580, 7) without what signs them; encrypted blocks stay as they are.
 * Only a line that begins with the mark counts: a quoted one is somebody else's.
 */
export function readInlinePgp(text: string): { text: string; kind: PgpKind | undefined } {
  if (/^-----BEGIN PGP MESSAGE-----\s*$/m.test(text)) return { text, kind: "encrypted" };
  const begin = /^-----BEGIN PGP SIGNED MESSAGE-----[ \t]*\n/m.exec(text);
  if (begin === null) return { text, kind: undefined };
  const from = endOfArmourHeaders(text, begin.index + begin[0].length);
  const signature = text.indexOf("\n-----BEGIN PGP SIGNATURE-----", from - 1);
  if (signature === -1) return { text, kind: undefined };
  const mark = "\n-----END PGP SIGNATURE-----";
  const end = text.indexOf(mark, signature);
  // Lines that begin with a dash were escaped (7.1).
  const words = text.slice(from, Math.max(from, signature)).replace(/^- /gm, "");
  const after = end === -1 ? "" : text.slice(end + mark.length);
  return {
    text: [text.slice(0, begin.index), words, after]
      .map((each) => each.trim())
      .filter(Boolean)
      .join("\n\n"),
    kind: "signed",
  };
}

/** Where the words begin: behind lines such as `Hash: SHA256` and the empty one (RFC 9580, 7). */
function endOfArmourHeaders(text: string, from: number): number {
  let at = from;
  for (let lines = 0; lines < MOST_ARMOUR_HEADERS; lines += 1) {
    const end = text.indexOf("\n", at);
    const line = text.slice(at, end === -1 ? text.length : end).slice(0, 200);
    if (end === -1 || !/^(?:[A-Za-z-]+:|\s*$)/.test(line)) return at;
    at = end + 1;
    if (line.trim() === "") return at;
  }
  return at;
}

const MOST_ARMOUR_HEADERS = 20;
