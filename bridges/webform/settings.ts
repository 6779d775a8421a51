import { z } from "zod";
import { isTimeZone } from "../../src/adapter/index.ts";
import { fields, words } from "./field-settings.ts";
import { LANGUAGES } from "./texts.ts";
import { KNOWN_TYPES } from "./upload/file-types.ts";

const MIB = 1024 * 1024;

const files = z
  .object({
    most: z.int().min(0).max(50).default(5).describe("Files in one message; 0: none."),
    bytes_each: z
      .int()
      .min(1024)
      .default(10 * MIB)
      .describe("Largest file, in bytes."),
    bytes_total: z
      .int()
      .min(1024)
      .default(20 * MIB)
      .describe("All files of a message, in bytes."),
    types: z
      .union([z.literal("any"), z.array(z.enum(KNOWN_TYPES)).min(1)])
      .default(["pdf", "jpg", "png", "heic", "webp", "gif", "docx", "xlsx", "odt", "ods", "txt"])
      .describe("What files may be, by their content and not by their name. any: nothing is looked at.")
      .meta({ allowed: `any, or a list of ${KNOWN_TYPES.join(", ")}` }),
  })
  .prefault({})
  .describe("Files that citizens may send along.");

const pace = (most: number, what: string) => z.int().min(1).default(most).describe(what);

const limits = z
  .object({
    per_address: pace(60, "Messages in 10 minutes from one address, with a proof of work."),
    per_address_unproven: pace(10, "The same without one, as from a browser without JavaScript."),
    per_agency: pace(6000, "Messages in 10 minutes from all, with a proof of work."),
    per_agency_unproven: pace(600, "The same without one."),
    per_second: pace(50, "Messages a second that are read; twice as many at once. The rest is told to wait, unread."),
    at_once: pace(500, "Messages that are read at once; those that exceed it are told to wait."),
    body_seconds: pace(600, "Longest time that one message may take to come in."),
  })
  .prefault({})
  .describe("How much is taken in; whoever exceeds it is told how long to wait.");

/** Settings of a form, as the operator writes them. */
export const settings = z
  .object({
    title: words().optional().describe("Heading of the form. Left out: guichet's own, with the agency's name."),
    intro: words().optional().describe("Words below the heading, instead of guichet's own."),
    fields,
    files,
    privacy: z
      .object({
        text: words().optional().describe("What happens to the data, instead of guichet's own words."),
        url: z
          .url({ protocol: /^https?$/ })
          .optional()
          .describe("Your privacy notice.")
          .meta({ example: "https://town.example/privacy" }),
        consent: z.boolean().default(true).describe("Whether citizens must agree before they can send."),
      })
      .prefault({})
      .describe("What citizens are told of their data."),
    answer_via: z
      .array(z.enum(["email", "sms"]))
      .default([])
      .describe(
        "Ways of answering that citizens may ask for beside their page. Each needs its field, and a channel of the agency.",
      )
      .meta({ allowed: "email, sms or both" }),
    follow_up_days: z
      .int()
      .min(1)
      .max(3650)
      .default(90)
      .describe("How long a citizen's page with the answers is kept, in days since the last message."),
    languages: z
      .array(z.string().refine((each) => LANGUAGES.includes(each), LANGUAGES.join(", ")))
      .min(1)
      .default([...LANGUAGES])
      .describe("Languages of the pages, of those that guichet speaks.")
      .meta({ allowed: LANGUAGES.join(", ") }),
    country: z
      .string()
      .regex(/^[A-Z]{2}$/)
      .optional()
      .describe("Country whose own form of telephone numbers citizens may use (ISO 3166).")
      .meta({ example: "FR", allowed: "two capital letters such as FR" }),
    time_zone: z
      .string()
      .refine(isTimeZone, "a time zone such as Europe/Paris")
      .optional()
      .describe("Time zone of the pages. Left out: this machine's.")
      .meta({ example: "Europe/Paris", allowed: "a time zone such as Europe/Paris" }),
    embed_in: z
      .array(z.url({ protocol: /^https?$/ }))
      .default([])
      .describe("Sites that may show the form within their pages.")
      .meta({ example: ["https://town.example"], allowed: "addresses such as https://town.example" }),
    least_seconds: z
      .number()
      .min(0)
      .max(60)
      .default(3)
      .describe("A form that comes back sooner was filled in by a machine: it has to be sent once more."),
    limits,
  })
  .refine(
    ({ answer_via, fields: all }) =>
      answer_via.every((way) => all.some(({ kind }) => kind === (way === "sms" ? "phone" : way))),
    {
      error: "a field of kind email for email, of kind phone for sms",
      path: ["answer_via"],
    },
  );

export type FormSettings = z.output<typeof settings>;
