import type { Element } from "domhandler";
import type { Mark } from "./line.ts";

/** What an element of a mail's HTML says about the words in it. */
export interface Container {
  /** Quote levels that it adds. */
  readonly depth: number;
  readonly perhapsQuoted: boolean;
  readonly mark?: Mark;
}

/** Classes and ids that mail programs give; Outlook puts "x_" before those of a mail that it answers. */
const MARKS: ReadonlyMap<string, Mark> = new Map(
  Object.entries<Mark>({
    // Gmail, Thunderbird, Proton, Apple: the line above the quote.
    gmail_attr: "intro",
    "moz-cite-prefix": "intro",
    "reply-intro": "intro",
    // Outlook in its many forms, Hotmail, Zimbra, AOL: what follows is the mail that is answered.
    divrplyfwdmsg: "cut",
    appendonsend: "cut",
    outlookmessageheader: "cut",
    olk_src_body_section: "cut",
    "mail-editor-reference-message-container": "cut",
    "ms-outlook-mobile-reference-message": "cut",
    stopspelling: "cut",
    zwchr: "cut",
    replysplit: "cut",
    // Signatures that the program knows to be such.
    gmail_signature: "signature",
    "moz-signature": "signature",
    "ms-outlook-mobile-signature": "signature",
    protonmail_signature_block: "signature",
    "yahoo-signature": "signature",
    tutanota_signature: "signature",
    messagesignaturesection: "signature",
    "k9mail-signature": "signature",
    "mailspring-signature": "signature",
    // Outlook on the web.
    signature: "signature",
  }),
);

/** Containers that hold the answered mail and nothing else. */
const WHOLE_QUOTES = new Set([
  ...["yahoo_quoted", "zmail_extra", "tutanota_quote", "front-blockquote", "ntes_not_fresh_quote", "netease_quote"],
  ...["mailru-blockquote", "spark_quote", "replyblock", "wl_replyto", "messagereplysection"],
]);

const NOTHING: Container = { depth: 0, perhapsQuoted: false };

/** Reads an element's name, class, id and style. */
export function readContainer({ name, attribs }: Element): Container {
  const names = `${attribs.class ?? ""} ${attribs.id ?? ""} ${attribs.name ?? ""}`.slice(0, 500).toLowerCase();
  if (name === "blockquote") return readBlockquote(attribs, names);
  if (names.trim() === "")
    return attribs["data-signatureblock"] === "true" ? { ...NOTHING, mark: "signature" } : NOTHING;
  for (const each of names.split(/\s+/)) {
    const mark = MARKS.get(each) ?? MARKS.get(each.replace(/^x_/, ""));
    if (mark !== undefined) return { ...NOTHING, mark };
    if (WHOLE_QUOTES.has(each.replace(/^x_/, "")) || /^ydp\w+yahoo_quoted$/.test(each))
      // Announced by what it is: its first line needs no words that say so.
      return { ...NOTHING, depth: 1, mark: "intro" };
  }
  return NOTHING;
}

/** A block quote with a sign of a mail program is one; without, it may as well be an indent that the writer chose. */
function readBlockquote(attribs: Element["attribs"], names: string): Container {
  const isQuote =
    attribs.type?.toLowerCase() === "cite" ||
    attribs.cite !== undefined ||
    /gmail_quote|protonmail_quote|moz-cite|yahoo_quoted|tutanota_quote|zmail_extra|iosymail/.test(names) ||
    /border-left\s*:(?!\s*(?:none|0(?![.\d])))/i.test((attribs.style ?? "").slice(0, 1_000));
  return isQuote ? { depth: 1, perhapsQuoted: true } : { depth: 0, perhapsQuoted: true };
}
