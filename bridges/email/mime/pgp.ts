export type PgpKind = "signed" | "encrypted";

/**
 * Words of an OpenPGP clear-signed text (RFC 9580, 7) without what signs them; encrypted blocks stay as they are.
 * Only a line that begins with the mark counts: a quoted one is somebody else's.
 */
export function readInlinePgp(text: string): { text: string; kind: PgpKind | undefined } {
  if (/^-----BEGIN PGP MESSAGE-----\s*$/m.test(text)) return { text, kind: "encrypted" };
  const begin = /^-----BEGIN PGP SIGNED MESSAGE-----[ \t]*\n(?:[A-Za-z-]{1,40}: ?[^\n]{0,200}\n)*\s*?\n/m.exec(text);
  if (begin === null) return { text, kind: undefined };
  const from = begin.index + begin[0].length;
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
