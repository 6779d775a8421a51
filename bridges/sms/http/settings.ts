import { z } from "zod";
import { BUNDLED, loadProfile, ProfileError } from "./load-profile.ts";
import type { Profile } from "./profile.ts";
import { findUnknownPlaces } from "./template.ts";

/** A text that no fault and no log shows. */
const secret = () => z.string().min(1).meta({ secret: true });
const file = () => z.string().min(1).meta({ file: true });

const webhook = z
  .object({
    host: z.string().min(1).default("127.0.0.1").describe("Address to listen on."),
    port: z.int().min(1).max(65535).describe("Port to listen on.").meta({ listens: true, example: 8090 }),
    path: z
      .string()
      .regex(/^(\/[\w.~-]+)+$/)
      .default("/sms")
      .describe("Texts are taken at this path and /text, receipts at this path and /receipt.")
      .meta({ allowed: "a path such as /sms" }),
    public_url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe("Address at which the gateway reaches `path`: receipts are asked for there, and Twilio signs it.")
      .meta({ example: "https://guichet.town.example/sms" }),
    token: secret()
      .optional()
      .describe("Secret in the addresses that the gateway calls (?token=…), for gateways that sign nothing.")
      .meta({ example: { env: "TOWN_SMS_TOKEN" } }),
    signing_secret: secret()
      .optional()
      .describe("Secret that the gateway signs with. Twilio: left out when `secret` is the auth token.")
      .meta({ example: { env: "TOWN_SMS_SIGNING_SECRET" } }),
    signature_method: z
      .enum(["md5hash", "md5", "sha1", "sha256", "sha512"])
      .optional()
      .describe("Vonage: the method chosen in the account, when it is not sha256."),
    allow_from: z
      .array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]))
      .optional()
      .describe("Addresses and networks that may call; behind a proxy, the proxy's.")
      .meta({ example: ["192.0.2.10"] }),
    max_bytes: z
      .int()
      .min(1024)
      .max(1024 * 1024)
      .default(64 * 1024)
      .describe("Largest request that is read, in bytes."),
  })
  .describe("Takes texts and receipts from the gateway. Without it the channel only sends.");

const fields = z.object({
  profile: z.enum(BUNDLED).optional().describe("The gateway: one that comes with guichet."),
  profile_file: file().optional().describe("Or a profile of your own: docs/sms-gateways.md says how to write one."),
  base_url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("Where the gateway is reached, when it is not where the profile says."),
  ca: file().optional().describe("PEM file of the authority that signed its certificate, when it is not a public one."),
  account: z
    .string()
    .min(1)
    .optional()
    .describe("Twilio: account SID. Vonage: API key. OVHcloud: service name. Kannel: username.")
    .meta({ example: "AC00000000000000000000000000000000" }),
  key: secret().optional().describe("Twilio: API key SID, when one is used. OVHcloud: application key."),
  secret: secret()
    .optional()
    .describe(
      "Twilio: auth token, or the API key's secret. Vonage: API secret. OVHcloud: application secret. Kannel: password.",
    )
    .meta({ example: { env: "TOWN_SMS_SECRET" } }),
  consumer_key: secret().optional().describe("OVHcloud: consumer key."),
  parameters: z
    .record(z.string().min(1), z.union([z.string().refine(isTemplate), z.number(), z.boolean(), z.null()]))
    .default({})
    .describe("Further parameters of each request, or others than the profile's; null takes one away.")
    .meta({ example: { ValidityPeriod: 14400 } }),
  timeout_seconds: z
    .number()
    .min(1)
    .max(300)
    .default(30)
    .describe("How long an answer is waited for; what becomes of the message is not known afterwards."),
  at_once: z.int().min(1).max(100).default(8).describe("Requests under way at once."),
  per_second: z.number().positive().max(1000).default(20).describe("Requests begun in a second."),
  poll_seconds: z
    .number()
    .min(0.1)
    .max(3600)
    .optional()
    .describe(
      "OVHcloud: fetches texts so often, instead of being called. Begins with what comes after the first start.",
    )
    .meta({ example: 30 }),
  webhook: webhook.optional(),
});

/** Settings of an HTTP gateway, as the operator writes them; their output holds the profile. */
export const httpSettings = fields
  .transform((written, context): z.output<typeof fields> & { readonly mapping: Profile } => {
    const refuse = (path: string[], message: string) => {
      context.addIssue({ code: "custom", path, message, input: written });
      return z.NEVER;
    };
    const { profile, profile_file: own } = written;
    if ((profile === undefined) === (own === undefined)) return refuse(["profile"], "either profile or profile_file");
    try {
      const mapping = loadProfile(profile === undefined ? { file: own ?? "" } : { bundled: profile });
      for (const [path, message] of findMissing(written, mapping)) refuse(path, message);
      return { ...written, mapping };
    } catch (error) {
      if (!(error instanceof ProfileError)) throw error;
      return refuse([own === undefined ? "profile" : "profile_file"], `a profile without faults: ${error.message}`);
    }
  })
  .describe("Reaches the mobile networks over a provider's HTTP interface.");

export type HttpSettings = z.output<typeof httpSettings>;
export type WebhookSettings = NonNullable<HttpSettings["webhook"]>;

function* findMissing(written: z.output<typeof fields>, mapping: Profile): Generator<[string[], string]> {
  if (mapping.base_url === undefined && written.base_url === undefined)
    yield [["base_url"], "the gateway's address, which its profile does not know"];
  for (const name of mapping.needs)
    if (written[name] === undefined) yield [[name], `${name}, which ${mapping.name} needs`];
  if (written.poll_seconds !== undefined && mapping.poll === undefined)
    yield [["poll_seconds"], `no poll_seconds: ${mapping.name} cannot be asked for texts`];
  if (written.webhook === undefined) return;
  if (mapping.webhook === undefined) {
    yield [["webhook"], "no webhook: the profile has none"];
    return;
  }
  const { scheme } = mapping.webhook.signature;
  const { token, signing_secret: signing, public_url: address } = written.webhook;
  if (scheme === "token" && token === undefined) yield [["webhook", "token"], `a token: ${mapping.name} signs nothing`];
  if (scheme === "twilio" && address === undefined) yield [["webhook", "public_url"], "the address that is signed"];
  const isTokenOfAccount = scheme === "twilio" && written.key === undefined;
  if (scheme !== "token" && signing === undefined && !isTokenOfAccount)
    yield [["webhook", "signing_secret"], `the secret that ${mapping.name} signs with`];
}

function isTemplate(text: string): boolean {
  return findUnknownPlaces(text).length === 0;
}
