import { findSections, type Section } from "./find-sections.ts";
import { findSignature } from "./find-signature.ts";
import { isBlank, type Line } from "./line.ts";

/** A run of lines and what became of it. Every line is in exactly one. */
export interface Part {
  /** `own` is shown; a `quote` that is answered point by point is `context`, and shown too. */
  readonly kind: "own" | "context" | "intro" | "quote" | "signature" | "forward";
  readonly start: number;
  readonly end: number;
  readonly section: Section;
  /** The sender's words right above end in a colon: "This is what I got:". It is there to be read. */
  readonly isPresented: boolean;
}

/** Words of so many lines below a quote, with others above it, answer the quote: it is shown with them. */
const LONG_ANSWER = 7;

/** What is the sender's own in a mail, and what it drags along. @param sender their name, as far as it is known. */
export function foldLines(lines: readonly Line[], sender = ""): Part[] {
  const sections = findSections(lines);
  const hidden = sections.map(({ kind, start, end }) =>
    kind === "own" ? findSignature(lines, start, end, sender) : [],
  );
  const ownLines = sections.map((section, index) => countOwn(lines, section, hidden[index] ?? []));
  const answered = sections.filter((section, index) => isQuote(section) && (ownLines[index + 1] ?? 0) > 0).length;
  let above = 0;
  let isPresented = false;
  return sections.flatMap((section, index) => {
    const before = above;
    above += ownLines[index] ?? 0;
    if (section.kind === "own") {
      const last = lines.slice(section.start, section.end).findLast((line) => !isBlank(line));
      isPresented = last?.words.endsWith(":") ?? isPresented;
      return splitOwn(section, hidden[index] ?? []);
    }
    const below = ownLines[index + 1] ?? 0;
    return [
      { kind: judge(section, before, below, answered), start: section.start, end: section.end, section, isPresented },
    ];
  });
}

const isQuote = ({ kind }: Section) => kind === "quote" || kind === "bareQuote";

function countOwn(lines: readonly Line[], { kind, start, end }: Section, hidden: readonly boolean[]): number {
  if (kind !== "own") return 0;
  let count = 0;
  for (let index = start; index < end; index += 1) if (!isBlank(lines[index]) && !hidden[index - start]) count += 1;
  return count;
}

/** @param answered how many quotes of the mail have the sender's words right below them. */
function judge(section: Section, above: number, below: number, answered: number): Part["kind"] {
  switch (section.kind) {
    case "quote":
      return below > 0 && (answered > 1 || (above > 0 && below >= LONG_ANSWER)) ? "context" : "quote";
    case "bareQuote":
      return below > 0 || above === 0 ? "context" : "quote";
    case "intro":
      return "intro";
    case "forward":
      return "forward";
    default:
      return "quote";
  }
}

function splitOwn(section: Section, hidden: readonly boolean[]): Part[] {
  const parts: Part[] = [];
  let from = section.start;
  for (let index = section.start; index < section.end; index += 1) {
    const isSigned = hidden[index - section.start] === true;
    if (index + 1 < section.end && (hidden[index + 1 - section.start] === true) === isSigned) continue;
    parts.push({ kind: isSigned ? "signature" : "own", start: from, end: index + 1, section, isPresented: false });
    from = index + 1;
  }
  return parts;
}
