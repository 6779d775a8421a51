import { isBlank, type Line } from "./line.ts";
import { anyOf, phrases } from "./phrase-list.ts";

/** Words that close a letter, lower case; the name follows them. */
const CLOSINGS = phrases(`
  regards | best regards | kind regards | warm regards | best | best wishes | all the best | cheers | sincerely |
  yours sincerely | yours faithfully | yours truly | thanks | thank you | many thanks | thx | with best wishes |
  mit freundlichen grüßen | mit freundlichen grüssen | freundliche grüße | freundliche grüsse | viele grüße | mfg |
  beste grüße | beste grüsse | liebe grüße | gruß | gruss | hochachtungsvoll | cordialement | bien cordialement |
  bien à vous | salutations | merci | sincères salutations | saludos | un saludo | saludos cordiales | gracias |
  atentamente | atenciosamente | cumprimentos | com os melhores cumprimentos | obrigado | obrigada | saluti |
  cordiali saluti | distinti saluti | grazie | met vriendelijke groet | met vriendelijke groeten | groeten | mvg |
  med venlig hilsen | venlig hilsen | mvh | med vennlig hilsen | vennlig hilsen | med vänliga hälsningar |
  hälsningar |
  vänliga hälsningar | ystävällisin terveisin | terveisin | pozdrawiam | z poważaniem | s pozdravem | s pozdravom |
  üdvözlettel | tisztelettel | cu stimă | с уважением | з повагою | поздрави | με εκτίμηση | saygılarımla |
  lp | lijep pozdrav | s poštovanjem | lugupidamisega | ar cieņu | pagarbiai
`);
const CLOSING = new RegExp(`^(?:${anyOf(CLOSINGS)})[\\s,.!]*$`, "iu");
/** A line with a way to reach someone: an address, a page, a number. */
export const CONTACT =
  /@[\w-]+\.|^(?:https?:\/\/|www\.)\S+$|(?:\+|\(|\b00?)?\d[\d\s()./-]{6,}\d|^(?:via mobile|sent from)\b/i;
const MOST_LINES = 10;
const LONGEST_LINE = 60;

/**
 * Where a signature begins that nothing sets off: at the closing words or the sender's name, with only short lines below.
 * undefined when the letter ends in prose.
 * @param sender name or address of the sender; "" when it is not known.
 */
export function findContactBlock(lines: readonly Line[], sender: string): number | undefined {
  let found: number | undefined;
  for (let index = lines.length - 1, taken = 0; index > 0 && taken < MOST_LINES; index -= 1) {
    const words = lines[index]?.words ?? "";
    if (words === "" && found !== undefined) break;
    if (words === "") continue;
    taken += 1;
    // Closing words with nothing below them are the letter's own.
    if (CLOSING.test(words)) return taken > 1 ? index : undefined;
    if (words.length > LONGEST_LINE || isProse(words)) break;
    if (isNamed(words, sender)) found = index;
  }
  return found === undefined ? undefined : (closingAbove(lines, found) ?? found);
}

/** Closing words right above a name, or an empty line above it. */
function closingAbove(lines: readonly Line[], name: number): number | undefined {
  const above = lines.findLastIndex((line, index) => index < name && !isBlank(line));
  return above > 0 && name - above <= 2 && CLOSING.test(lines[above]?.words ?? "") ? above : undefined;
}

/** More than a few words that end as a sentence does. */
const isProse = (words: string) => /[.!?]$/.test(words) && words.split(" ").length > 4;

/**
 * Where the contact lines of such a signature begin, below the name: two or more of them, and no invitation to use them
 * right above ("Call me at:"). The name stays with the letter.
 */
export function findContacts(lines: readonly Line[], sender: string): number | undefined {
  const start = findContactBlock(lines, sender);
  if (start === undefined) return undefined;
  const above = lines.findLast((line, index) => index < start && !isBlank(line));
  const named = lines.findIndex((line, index) => index >= start && isNamed(line.words, sender));
  if (named === -1 || above === undefined || /[:,]$/.test(above.words)) return undefined;
  return lines.slice(named + 1).filter(({ words }) => CONTACT.test(words)).length >= 2 ? named + 1 : undefined;
}

/** Whether a line holds a name that the sender has, and little else. */
function isNamed(words: string, sender: string): boolean {
  const names = sender.toLowerCase().match(/\p{L}{2,}/gu) ?? [];
  const said = new Set(words.toLowerCase().match(/\p{L}{2,}/gu) ?? []);
  return said.size <= 5 && !CONTACT.test(words) && names.some((name) => said.has(name));
}
