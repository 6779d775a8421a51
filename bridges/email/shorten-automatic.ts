/** In lines and in characters: what a machine says it says at its beginning. */
const MOST_LINES = 12;
const MOST_CHARACTERS = 800;

/** The beginning of an automatic mail's words; undefined when they are short enough to stand in the room whole. */
export function shortenAutomatic(text: string): string | undefined {
  const whole = text.trim();
  const lines = whole.slice(0, MOST_CHARACTERS).split("\n");
  const isLong = whole.length > MOST_CHARACTERS || lines.length > MOST_LINES;
  if (!isLong) return undefined;
  const kept = lines.slice(0, MOST_LINES).join("\n");
  // A word that was cut through says nothing.
  return `${lines.length > MOST_LINES ? kept : kept.replace(/\S{1,40}$/, "").trimEnd() || kept} […]`;
}
