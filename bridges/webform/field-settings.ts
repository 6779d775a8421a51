import { z } from "zod";

const language = z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/);

/** Words in one language, or by language. */
export const words = () =>
  z
    .union([
      z.string().min(1).max(2000),
      z.record(language, z.string().min(1).max(2000)).refine((texts) => Object.keys(texts).length > 0),
    ])
    .meta({ allowed: "a text, or texts by language such as { en: Roads, fr: Voirie }" });

const KINDS = ["name", "email", "phone", "subject", "message", "text", "choice", "checkbox", "date"] as const;
/** Kinds that guichet gives a meaning to, and a label: each once. */
const SINGLE = ["name", "email", "phone", "subject", "message"] as const;

export const isSingle = (kind: string): kind is (typeof SINGLE)[number] => SINGLE.some((each) => each === kind);

const field = z
  .object({
    kind: z
      .enum(KINDS)
      .describe("name, email, phone, subject and message have labels of guichet's own, and are there once."),
    name: z
      .string()
      .regex(/^[a-z][a-z0-9_]{0,31}$/)
      .optional()
      .describe("A word of yours, which stays; the fields of the other kinds need one.")
      .meta({ allowed: "a lower-case word of at most 32 letters, digits and underscores" }),
    label: words().optional().describe("What citizens and agents read; the fields of the other kinds need one."),
    hint: words().optional().describe("A line of help below the label."),
    required: z.boolean().default(false).describe("Whether it must be filled in."),
    most: z.int().min(1).max(50_000).optional().describe("Longest text, in characters."),
    options: z
      .array(z.object({ value: z.string().min(1).max(100), label: words() }))
      .min(2)
      .max(50)
      .optional()
      .describe("What can be chosen; with kind: choice."),
  })
  .refine(({ kind, name, label }) => isSingle(kind) || (name !== undefined && label !== undefined), {
    error: "a name and a label",
    path: ["name"],
  })
  .refine(({ kind, options }) => (kind === "choice") === (options !== undefined), {
    error: "options, for a choice only",
    path: ["options"],
  });

export type FieldSettings = z.output<typeof field>;

const DEFAULT: z.input<typeof field>[] = [
  { kind: "name", required: true },
  { kind: "email", required: false },
  { kind: "subject", required: false },
  { kind: "message", required: true },
];

/** Name of a field in the form. */
export const nameOf = ({ kind, name }: Pick<FieldSettings, "kind" | "name">) => name ?? kind;

/** Names that the form uses itself. */
const OWN_NAMES = ["token", "website", "proof", "answer", "consent", "files", "kept", "act", "lang"];

export const fields = z
  .array(field)
  .min(1)
  .max(40)
  .refine((all) => new Set(all.map(nameOf)).size === all.length, "fields of different names")
  .refine((all) => all.every((each) => !OWN_NAMES.includes(nameOf(each))), `other names than ${OWN_NAMES.join(", ")}`)
  .refine((all) => all.some(({ kind, required }) => kind === "message" && required), "a message that is required")
  .prefault(DEFAULT)
  .describe("What citizens are asked, in this order.");
