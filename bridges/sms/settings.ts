import { z } from "zod";
import { httpSettings } from "./http/settings.ts";
import { type Country, isCountry, readNumber } from "./numbers.ts";
import { quietHours } from "./quiet-hours.ts";
import { smppSettings } from "./smpp/settings.ts";

const OWN = /^(\+[1-9]\d{6,14}|\d{3,8}|(?=.*[A-Za-z])[\w .&-]{1,11})$/;

/** Settings of an SMS channel, as the operator writes them. */
export const settings = z
  .object({
    number: z
      .string()
      .regex(OWN)
      .describe(
        "What citizens write to and answers come from: a number with + and country, a short code, or a name of up to 11 letters, which cannot be answered.",
      )
      .meta({
        example: "+33700000000",
        unique: true,
        allowed: "a number such as +33700000000, a short code such as 36111 or a name such as MAIRIE",
      }),
    country: z
      .string()
      .refine((code): code is Country => isCountry(code), "a country's two capital letters")
      .describe("Country whose own form of numbers agents may use (ISO 3166).")
      .meta({ example: "FR", allowed: "two capital letters such as FR" }),
    gateway: z
      .object({ smpp: smppSettings.optional(), http: httpSettings.optional() })
      .refine((ways) => Object.values(ways).filter((way) => way !== undefined).length === 1, "one gateway")
      .describe("The way to the mobile networks."),
    max_parts: z
      .int()
      .min(1)
      .max(255)
      .default(6)
      .describe("Longest answer, in SMS; a longer one is refused. Each part costs."),
    parts_wait_seconds: z
      .number()
      .min(1)
      .max(86_400)
      .default(300)
      .describe("How long a text waits for its missing parts before it is shown with a gap."),
    conversation_days: z
      .number()
      .min(1)
      .max(3650)
      .default(30)
      .describe("A text continues what was last said with its number; after so many days of silence it begins anew."),
    price: z
      .object({
        per_part: z.number().positive().max(1000).describe("What one SMS costs.").meta({ example: 0.065 }),
        currency: z
          .string()
          .regex(/^[A-Z]{3}$/, "a currency's three capital letters such as EUR")
          .describe("Its currency (ISO 4217).")
          .meta({ example: "EUR" }),
      })
      .optional()
      .describe("Agents are told what an answer costs before it leaves. Left out: only in how many SMS it leaves."),
    stop_words: z
      .array(z.string().min(1))
      .default([])
      .describe(
        "Further words than STOP and its translations by which somebody wants no more texts, each alone in a text.",
      )
      .meta({ example: ["RETRAIT"] }),
    quiet_hours: quietHours.optional(),
    limits: z
      .object({
        per_minute: z
          .int()
          .min(1)
          .optional()
          .describe("SMS in a minute, at most; further ones wait.")
          .meta({ example: 60 }),
        per_day: z.int().min(1).optional().describe("SMS in a day (UTC), at most.").meta({ example: 2000 }),
      })
      .default({})
      .describe("What the channel may spend: each part of a long text is an SMS."),
  })
  .refine(({ number, country }) => !number.startsWith("+") || readNumber(number, country) !== undefined, {
    error: "a number that exists",
    path: ["number"],
  });

export type SmsSettings = z.output<typeof settings>;
