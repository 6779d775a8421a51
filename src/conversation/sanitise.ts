import sanitizeHtml from "sanitize-html";

/**
 * What Matrix clients are asked to render (Client-Server API, m.room.message msgtypes), less what a stranger's mail has
 * no use for: `img` could only point at the outside world, and colours can hide text.
 */
const ALLOWED_TAGS = [
  ...["del", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "p", "a", "ul", "ol", "sup", "sub", "li", "b", "i", "u"],
  ...["strong", "em", "s", "code", "hr", "br", "div", "table", "thead", "tbody", "tr", "th", "td", "caption", "pre"],
];

const OPTIONS: sanitizeHtml.IOptions = {
  allowedTags: ALLOWED_TAGS,
  allowedAttributes: { a: ["href"], ol: ["start"] },
  allowedSchemes: ["https", "http", "mailto", "tel"],
  allowProtocolRelative: false,
  nonTextTags: ["style", "script", "textarea", "option", "noscript", "title", "head", "template"],
  // Deeper trees than this are attacks on clients, not letters.
  nestingLimit: 60,
  transformTags: {
    // Clients turn links to users and rooms into pills: a stranger must not make one up, and a citizen has no use for it.
    a: (tagName, attribs) => ({ tagName, attribs: isMatrixLink(attribs.href ?? "") ? {} : attribs }),
    // An image becomes its description: the file itself follows in the thread, a remote one is never loaded.
    img: (_tag, attributes) => ({ tagName: "em", attribs: {}, text: attributes.alt ? `[${attributes.alt}]` : "" }),
  },
  exclusiveFilter: (frame) => frame.tag === "em" && frame.text === "",
};

const isMatrixLink = (href: string) => /^\s*(?:https?:\/\/matrix\.to\/|matrix:)/i.test(href);

/** Makes a stranger's HTML safe to show in a Matrix client. */
export const sanitiseHtml = (html: string): string => tidy(sanitizeHtml(html, OPTIONS));

/** Layout tables and spacers of mail programs leave runs of empty lines behind. */
const tidy = (html: string) =>
  html
    .replace(/(?:\s*\n){2,}/g, "\n")
    .replace(/<(p|div|td|tr)>(?:\s|&nbsp;|<br \/>)*<\/\1>/g, "")
    .trim();

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text as HTML text. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? "");
