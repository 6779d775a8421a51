import { z } from "zod";

const language = () =>
  z
    .string()
    .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, "a language tag such as en, fr or pt-BR")
    .meta({ allowed: "a language tag such as en, fr or pt-BR" });

const text = () => z.string().min(1).max(4_000);

/** How answers look. */
export const layout = z
  .object({
    signature: z
      .union([text(), z.record(language(), text()).refine((texts) => Object.keys(texts).length > 0)])
      .optional()
      .describe("Text below each answer, in one or several languages; after | it may have several lines.")
      .meta({
        allowed: "a text, or texts by language such as { en: Town Hall, fr: Mairie }",
        example: { en: "Town Hall, Market Square 1", fr: "Mairie, place du Marché 1" },
      }),
    language: language()
      .optional()
      .describe("Language of the signature and of the line above a quote. Left out: the agency's first one.")
      .meta({ example: "fr" }),
    template: z
      .string()
      .min(1)
      .optional()
      .describe(
        "HTML file, a whole document, with {{answer}}, {{signature}}, {{quote}} and {{agency}} where these belong.",
      )
      .meta({ file: true, example: "answer.html" }),
    quote: z
      .enum(["none", "answered"])
      .default("none")
      .describe("answered: the citizen's message that is answered stands below the answer."),
  })
  .describe("How answers look, in plain text and in HTML alike.");

export type LayoutSettings = z.output<typeof layout>;
