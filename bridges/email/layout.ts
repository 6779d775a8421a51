import { readFile } from "node:fs/promises";
import type { AnsweredMessage, OutboundMessage } from "../../src/adapter/index.ts";
import type { LayoutSettings } from "./layout-settings.ts";
import { writeHtmlDocument, writeMuted, writeQuote, writeText, writeWords } from "./mail-html.ts";
import { attribute } from "./quote-attribution.ts";
import { tidyLine, tidyText } from "./tidy.ts";

/** The words of a mail in both forms. */
export interface MailWords {
  readonly text: string;
  /** A whole document; undefined when there are no words at all. */
  readonly html: string | undefined;
}

/** Puts answers into the agency's form. */
export interface Layout {
  /** Rejects with the fault of `message.answered`. */
  lay(message: OutboundMessage): Promise<MailWords>;
}

const LONGEST_TEMPLATE = 256 * 1024;
const SLOT = /\{\{\s*(\w{1,20})\s*\}\}/g;
const SLOTS = ["answer", "signature", "quote", "agency"] as const;
type Slots = Readonly<Record<(typeof SLOTS)[number], string>>;

/**
 * @param languages of the agency, the preferred one first.
 * @throws Error for a template that cannot be read or that would leave something out.
 */
export async function openLayout(settings: LayoutSettings | undefined, languages: readonly string[]): Promise<Layout> {
  const { quote = "none", template: file } = settings ?? {};
  const language = settings?.language ?? languages[0] ?? "en";
  const signature = pickSignature(settings?.signature, language);
  const template = file === undefined ? undefined : await readTemplate(file);
  if (file !== undefined && template !== undefined) checkTemplate(file, template, { signature, quote });
  return {
    async lay(message) {
      const answered = quote === "answered" ? await message.answered?.() : undefined;
      return layOut(message, { signature, language, template, answered });
    },
  };
}

/** The words of an answer with signature and quote: the same in both forms. */
export function layOut(
  message: Pick<OutboundMessage, "text" | "html" | "fromName">,
  form: {
    signature: string | undefined;
    language: string;
    template: string | undefined;
    answered: AnsweredMessage | undefined;
  },
): MailWords {
  const { signature, language, template, answered } = form;
  const above = answered && attribute(answered, language);
  const text = [
    message.text.trim() === "" ? undefined : message.text,
    // RFC 3676, 4.3: programs know a signature by this line, its space included.
    signature && `-- \n${signature}`,
    answered && `${above}\n${quoteLines(answered.text)}`,
  ];
  const slots: Slots = {
    answer: writeWords(message) ?? "",
    signature: signature === undefined ? "" : writeMuted(`-- \n${signature}`),
    quote: answered === undefined ? "" : writeText(above ?? "") + writeQuote(answered),
    agency: writeText(tidyLine(message.fromName, 200), "span"),
  };
  const words = slots.answer + slots.signature + slots.quote;
  return {
    text: text.filter((part) => part !== undefined && part !== "").join("\n\n"),
    html: words === "" ? undefined : fill(template, slots, words),
  };
}

const fill = (template: string | undefined, slots: Slots, words: string) =>
  template === undefined
    ? writeHtmlDocument(words)
    : template.replace(SLOT, (whole, name: string) => (isSlot(name) ? slots[name] : whole));

const isSlot = (name: string): name is keyof Slots => SLOTS.some((slot) => slot === name);

/** RFC 3676, 4.5: marks of several depths stand side by side. */
const quoteLines = (text: string) =>
  text
    .split("\n")
    .map((line) => (line.startsWith(">") ? `>${line}` : `> ${line}`.trimEnd()))
    .join("\n");

function pickSignature(signature: LayoutSettings["signature"], language: string): string | undefined {
  if (signature === undefined || typeof signature === "string") return signature && tidyText(signature);
  const [base = ""] = language.split("-");
  const chosen = signature[language] ?? signature[base] ?? Object.values(signature)[0];
  return chosen && tidyText(chosen);
}

async function readTemplate(file: string): Promise<string> {
  const template = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new Error(`The template ${file} of layout.template cannot be read.`, { cause });
  });
  if (template.length <= LONGEST_TEMPLATE) return template;
  throw new Error(`The template ${file} of layout.template is longer than ${LONGEST_TEMPLATE} characters.`);
}

/** Both forms of a mail have to say the same. */
function checkTemplate(
  file: string,
  template: string,
  { signature, quote }: { signature: string | undefined; quote: LayoutSettings["quote"] },
): void {
  const found = [...template.matchAll(SLOT)].map(([, name = ""]) => name);
  const needed = ["answer", ...(signature === undefined ? [] : ["signature"]), ...(quote === "none" ? [] : ["quote"])];
  const missing = needed.find((name) => !found.includes(name));
  if (missing !== undefined) throw new Error(`The template ${file} of layout.template lacks {{${missing}}}.`);
  const unknown = found.find((name) => !isSlot(name));
  if (unknown !== undefined)
    throw new Error(
      `The template ${file} of layout.template has {{${unknown}}}, which is none of ${SLOTS.map((slot) => `{{${slot}}}`).join(", ")}.`,
    );
}
