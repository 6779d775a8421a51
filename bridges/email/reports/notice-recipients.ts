import { type FoundAddress, findAddresses, sameAddress } from "./address.ts";
import { MOST_NOTICE_LINES, MOST_RECIPIENTS } from "./readable-mail.ts";

export interface NamedRecipient {
  readonly address: string;
  /** The lines that are about it. */
  readonly told: string;
  /** The server's answer among them. */
  readonly answer: string | undefined;
}

/** How sure a place in a notice is to name a failed recipient. */
type Rank = 1 | 2 | 3;

/** What introduces a recipient, right before the address. */
const INTRODUCED =
  /(?:recipients?|recipient address|failed address|original address|address|addressed to,?|to which your message was addressed,|mailbox|error-for|(?:un)?known user|user unknown|user|userid|undeliverable to|undelivered to|\d attempts|rcpt to|rcpt|expanded from|(?:deliver(?:ed|y|ing)?|message|mail|sent|send|e-?mail|delivr[ée]e? [aà]|an|à)(?: \w+){0,4} to|(?:deliver(?:y|ed)?) failed|is full|allowed size|smtp|target mail address|email address|gateway for|^[45]\d\d (?:[245]\.\d\.\d{1,3} )?|ad(?:d)?resse|destinataire|empf(?:ä|ae)nger)\s{0,4}[:=]{0,2}\s{0,4}(?:\(\s?)?[<"'[(]{0,2}$/i;
/** What introduces somebody else: the writer, the sender, who can help. */
const SOMEBODY_ELSE =
  /(?:(?<!expanded |generated )from|contact|reply[- ]?to|sender|mailto|send mail to|write to|e-?mail us at|help|support|administrator|\bby|\bvia|\bcc|message-id|on behalf of|for help|hello|dear|hi|\bif|e\.g\.,?(?: if)?|\btry|such as|inquir\w+ to|questions? to|report to|forward(?: \w+){0,4} to|assistance,? (?:\w+ ){0,4}(?:to|contact))\s{0,4}[:=]?\s{0,4}[<"'[(]{0,2}$/i;
/** After an address at the start of a line: that it is a heading. */
const HEADING_END =
  /^[>"'\])]{0,3}(?:\s{0,40}$|[:;]|,?\s{0,4}[([{<]|\.{3}|,\s{0,4}$|\s{1,40}(?:-|=|\.{3}|on |is |was |has |said|invalid|unknown|user|mailbox|no |not |fail|could|can|does|account|address|error|reject|refused|\d{3}\b|smtp|<|host|;))/i;
const HEADING_START = /^[\s>*•·\-–|#+.]{0,60}[<"'([]{0,3}$/;
/** A sentence that says what became of an address. */
const SENTENCE =
  /unknown|unavailable|not found|reject|refus|full|quota|fail|undeliver|could not|couldn't|cannot|can't|unable|does not|doesn't|invalid|disabled|match|\b5\d\d\b|\b4[25]\d\b|malformed|duplicated|generated (?:by|from)|nicht|pas pu|не /i;
/** `Anna Example <anna@example.org>` on a line of its own. */
const NAMED_LINE = /^[\s*>•-]{0,20}["']?[\p{L}][\p{L}\p{N} .,'’-]{0,60}["']?\s{0,4}[<(]$/u;
const TO_LINE = /^[\s>]{0,20}(?:to|an|à|para|destinataire|destinatario|宛先)\s{0,4}:\s{0,4}[^@]{0,80}$/i;
const OFFICES = /^(?:postmaster|abuse|helpdesk|support|mailer-daemon|webmaster|info|noc|security)@/i;

/**
 * The recipients that a notice in free text is about.
 * @param hints `listed`: addresses that a header names, which then are all; `notMeant`: the report's own writer and
 * reader, believed only when no one else is named; `from`: the writer.
 */
export function nameRecipients(
  text: string,
  hints: { listed: readonly string[]; notMeant: readonly string[]; from: string | undefined },
): NamedRecipient[] {
  const lines = text.split("\n", MOST_NOTICE_LINES);
  const addresses =
    hints.listed.length > 0
      ? unique(hints.listed)
      : chooseBest(rankAll(lines, hints.from?.split("@")[1]), hints.notMeant);
  const chosen = addresses.slice(0, MOST_RECIPIENTS);
  const told = shareLines(lines, chosen);
  return chosen.map((address, index) => {
    const own = told[index] ?? [];
    const all = chosen.length === 1 ? lines : own;
    return { address, told: all.join("\n"), answer: answerIn(own) ?? answerIn(all) };
  });
}

interface Ranked {
  readonly address: string;
  readonly rank: Rank;
}

function rankAll(lines: readonly string[], domain: string | undefined): Ranked[] {
  const ranked: Ranked[] = [];
  let before = "";
  for (const line of lines) {
    for (const found of findAddresses(line)) {
      const rank = rankOf(line, found, before);
      if (rank !== undefined) ranked.push({ address: found.address, rank });
    }
    const name = domain !== undefined && LIST_OPENS.test(before) ? BARE_NAME.exec(line.slice(0, 200))?.[1] : undefined;
    if (name !== undefined) ranked.push({ address: `${name}@${domain}`, rank: 2 });
    else if (line.trim() !== "") before = `${before} ${line.trim()}`.slice(-200);
  }
  return ranked;
}

/** A name without a domain in a list of recipients: local to the server that writes (RFC 5321, 2.3.11). */
const BARE_NAME = /^[ \t]{1,20}([A-Za-z0-9][\w.+-]{0,63})(?:[ \t]{2,}.*)?$/;
const LIST_OPENS = /following(?: (?:recipient|address|user)(?:e?s)?(?:\(e?s\))?)?[^:]{0,150}:$/i;

function rankOf(line: string, { start, end }: FoundAddress, lineBefore: string): Rank | undefined {
  const lead = line.slice(Math.max(0, start - 200), start);
  const startsLine = HEADING_START.test(lead);
  const context = startsLine ? `${lineBefore} ${lead.trimStart()}` : lead;
  if (SOMEBODY_ELSE.test(context) && !/rcpt|recipient/i.test(lead.slice(-20))) return undefined;
  if (startsLine && HEADING_END.test(line.slice(end, end + 60))) return 3;
  if (TO_LINE.test(lead)) return 1;
  if (INTRODUCED.test(lead)) return 3;
  if (NAMED_LINE.test(lead) && /^[>)]{1,2}\s{0,10}$/.test(line.slice(end, end + 12))) return 2;
  if (SENTENCE.test(line.slice(0, 1_000)) || (startsLine && SENTENCE.test(lineBefore))) return 2;
  return undefined;
}

function chooseBest(ranked: readonly Ranked[], notMeant: readonly string[]): string[] {
  const isMeant = ({ address }: Ranked) => !notMeant.some((each) => sameAddress(each, address));
  const meant = ranked.filter(isMeant);
  const pool = meant.length > 0 ? meant : ranked;
  const best = Math.max(0, ...pool.map(({ rank }) => rank));
  const chosen = unique(pool.filter(({ rank }) => rank === best).map(({ address }) => address));
  const people = chosen.filter((address) => !OFFICES.test(address));
  return people.length > 0 ? people : chosen;
}

const unique = (addresses: readonly string[]): string[] => [
  ...new Map(addresses.map((address) => [address.toLowerCase(), address])).values(),
];

/** Each line goes to the recipient that was named last. */
function shareLines(lines: readonly string[], addresses: readonly string[]): string[][] {
  const shares: string[][] = addresses.map(() => []);
  const wanted = new Map(addresses.map((address, index) => [address.toLowerCase(), index]));
  let current: number | undefined;
  for (const line of lines) {
    for (const { address } of findAddresses(line)) current = wanted.get(address.toLowerCase()) ?? current;
    if (current !== undefined) shares[current]?.push(line);
  }
  return shares;
}

const ANSWER =
  /(?:^|[\s:("'<])[245]\d\d[ -]|\b[245]\.\d\.\d{1,3}\b|said|diagnostic|reason|error|<<<|reject|fail|unknown|full|quota|invalid/i;

/** The line that gives the cause, with what goes on below it. */
function answerIn(lines: readonly string[]): string | undefined {
  const coded = lines.findIndex((line) =>
    /(?:^|[\s:("'<=])[45]\d\d[ -]|\b[45]\.\d\.\d{1,3}\b/.test(line.slice(0, 1_000)),
  );
  const at =
    coded >= 0 ? coded : lines.findIndex((line) => ANSWER.test(line.slice(0, 1_000)) && !/the following/i.test(line));
  if (at < 0) return undefined;
  const rest = lines.slice(at, at + 6);
  const end = rest.findIndex((line) => line.trim() === "");
  return (
    rest
      .slice(0, end < 0 ? rest.length : end)
      .join(" ")
      .slice(0, 1_000) || undefined
  );
}
