import { z } from "zod";
import { findUnknownPlaces, PLACES } from "./template.ts";

const template = z.string().refine((text) => findUnknownPlaces(text).length === 0, {
  error: `a text whose placeholders are among ${PLACES.map((place) => `{${place}}`).join(" ")}`,
});
const parameter = z.union([template, z.number(), z.boolean(), z.array(template)]);
const parameters = z.record(z.string().min(1), parameter);

/** Where a value stands: the name of a form field, or keys of JSON with dots between them (`messages.0.id`). */
const field = z.string().min(1);
const code = z.string().regex(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/, "an upper-case code such as SMS_NUMBER_INVALID");
const pattern = z.string().refine(isPattern, { error: "a regular expression" });
const scalar = z.union([z.string(), z.number(), z.boolean()]);
/** Fields and what they must be: one value, one of several, or a pattern (letters of either case). All must hold. */
const conditions = z.record(field, z.union([scalar, z.array(scalar).min(1), z.strictObject({ matches: pattern })]));

const status = z.union([z.int().min(100).max(599), z.string().regex(/^[1-5]xx$/, "a status such as 404 or 4xx")]);

const answerRule = z
  .strictObject({
    http: z.union([status, z.array(status).min(1)]).optional(),
    where: conditions.optional(),
    /** Of the whole body, as text. */
    body: pattern.optional(),

    means: z.enum(["accepted", "retry", "rejected", "unknown"]),
    code: code.optional(),
    /** The whole gateway has this trouble (credentials, credit), not only this message. */
    trouble: z.boolean().default(false),
  })
  .refine((rule) => (rule.means === "accepted") === (rule.code === undefined), {
    error: "a code, but with `accepted`",
    path: ["code"],
  });

const receiptRule = z
  .strictObject({
    where: conditions.optional(),
    state: z.enum(["delayed", "delivered", "failed", "read", "none"]),
    code: code.optional(),
  })
  .refine((rule) => (rule.state === "none") === (rule.code === undefined), {
    error: "a code, but with `none`",
    path: ["code"],
  });

const authentication = z.discriminatedUnion("scheme", [
  z.strictObject({ scheme: z.literal("basic"), user: template, password: template }),
  z.strictObject({ scheme: z.literal("ovh"), time: template }),
]);

const lookup = z.strictObject({
  path: template,
  /** Its names of the message. Left out: the answer is a list of them. */
  ids: field.optional(),
  /** When it is asked, after the answer was lost; each time is counted from the one before. */
  after_seconds: z.array(z.number().positive().max(30)).min(1),
});

const send = z
  .strictObject({
    method: z.enum(["GET", "POST", "PUT"]).default("POST"),
    path: template,
    headers: z.record(z.string().regex(/^[\w-]+$/), template).default({}),
    auth: authentication.optional(),
    query: parameters.optional(),
    form: parameters.optional(),
    json: parameters.optional(),
    /** Where the gateway tells whether it has a message that it did not confirm. */
    lookup: lookup.optional(),
    /** What `{encoding}` stands for. */
    encoding: z.strictObject({ gsm7: z.string(), ucs2: z.string() }).optional(),
  })
  .refine(({ form, json }) => form === undefined || json === undefined, {
    error: "form or json, not both",
    path: ["json"],
  });

const answer = z.strictObject({
  /** A list in the body with one element for each part; rules and fields are then of an element. */
  each: field.optional(),
  /** The gateway's names of the message. Left out: our delivery id is its name. */
  ids: field.optional(),
  /** What agents are shown of a refusal. */
  words: z.array(field).default([]),
  rules: z.array(answerRule).min(1),
});

const reply = z
  .strictObject({
    status: z.int().min(200).max(299).default(200),
    type: z.string().optional(),
    body: z.string().default(""),
  })
  .prefault({});

const signature = z.discriminatedUnion("scheme", [
  z.strictObject({ scheme: z.literal("twilio") }),
  z.strictObject({
    scheme: z.literal("vonage"),
    method: z.enum(["md5hash", "md5", "sha1", "sha256", "sha512"]).default("sha256"),
    window_seconds: z.int().positive(),
  }),
  z.strictObject({
    scheme: z.literal("hmac-sha256"),
    header: z.string().min(1),
    timestamp_header: z.string().min(1),
    window_seconds: z.int().positive(),
  }),
  z.strictObject({ scheme: z.literal("token") }),
]);

const part = z.union([z.strictObject({ reference: field, of: field, number: field }), z.strictObject({ udh: field })]);

const text = z.strictObject({
  id: field.optional(),
  from: field,
  to: field.optional(),
  text: field,
  /** Holds the name of the charset of `text`. */
  charset: field.optional(),
  at: field.optional(),
  part: part.optional(),
  answer: reply,
});

const receipt = z.strictObject({
  id: field,
  /** Where our delivery id comes back, for a text whose answer was lost. */
  delivery: field.optional(),
  words: z.array(field).default([]),
  /** Path that the gateway tells the same at; its answer's fields come before those of the request. */
  confirm: template.optional(),
  rules: z.array(receiptRule).min(1),
  answer: reply,
});

const poll = z.strictObject({
  /** Path of the texts' names: numbers that grow. */
  list: template,
  /** Where they stand in the answer. Left out: the answer is a list of them. */
  ids: field.optional(),
  /** Path of one text, `{id}`. */
  item: template,
  text: text.omit({ answer: true }),
});

/** How one gateway is spoken to over HTTP. */
export const profileSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]*$/, "a lower-case word"),
  /** Left out: the operator's settings must name it. */
  base_url: z.url({ protocol: /^https?$/ }).optional(),
  /** Settings without which it cannot work. */
  needs: z.array(z.enum(["account", "key", "secret", "consumer_key"])).default([]),
  send,
  answer,
  webhook: z
    .strictObject({
      signature,
      /** without_plus: senders' numbers are E.164 without the +, which is put before them. */
      numbers: z.enum(["as_given", "without_plus"]).default("as_given"),
      text: text.optional(),
      receipt: receipt.optional(),
    })
    .optional(),
  poll: poll.optional(),
});

export type Profile = z.output<typeof profileSchema>;
export type SendTemplate = Profile["send"];
export type Parameters = z.output<typeof parameters>;
export type AnswerMapping = Profile["answer"];
export type WebhookMapping = NonNullable<Profile["webhook"]>;
export type TextMapping = Omit<NonNullable<WebhookMapping["text"]>, "answer">;
export type PollMapping = NonNullable<Profile["poll"]>;
export type ReceiptMapping = NonNullable<WebhookMapping["receipt"]>;
export type Conditions = z.output<typeof conditions>;

function isPattern(text: string): boolean {
  try {
    new RegExp(text, "iu");
    return true;
  } catch {
    return false;
  }
}
