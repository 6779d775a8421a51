import { z } from "zod";

const file = () => z.string().min(1).meta({ file: true });
const seconds = (least: number, most: number) => z.number().min(least).max(most);

/** Settings of a connection to an SMSC, as the operator writes them. */
export const smppSettings = z
  .object({
    host: z.string().min(1).describe("SMSC.").meta({ example: "smpp.operator.example" }),
    port: z
      .int()
      .min(1)
      .max(65535)
      .default(3550)
      .describe("3550 for TLS, 2775 else, unless the operator says otherwise."),
    system_id: z.string().min(1).max(15).describe("Login name.").meta({ example: "mairie" }),
    password: z
      .string()
      .min(1)
      .max(8)
      .describe("Password, or where it is kept; 8 characters at most.")
      .meta({ secret: true, example: { env: "TOWN_SMS_PASSWORD" } }),
    system_type: z.string().max(12).default("").describe("Type of system, when the operator wants one named."),
    bind: z
      .enum(["transceiver", "pair"])
      .default("transceiver")
      .describe(
        "transceiver: one connection for both directions. pair: a transmitter and a receiver; needed when several processes share the channel.",
      ),
    tls: z
      .enum(["implicit", "none"])
      .default("implicit")
      .describe("none sends password and texts unprotected: for a VPN or this machine."),
    ca: file()
      .optional()
      .describe("PEM file of the authority that signed the server's certificate, when it is not a public one."),
    cert: file().optional().describe("PEM file of our own certificate, when the operator asks for one."),
    key: file().optional().describe("PEM file of its private key."),
    concatenation: z
      .enum(["udh8", "udh16", "sar"])
      .default("udh8")
      .describe(
        "How the parts of a long text are joined: a header with a short or long reference, or sar_ parameters, which some operators refuse.",
      ),
    default_alphabet: z
      .enum(["gsm7", "latin1", "ascii"])
      .default("gsm7")
      .describe(
        "What the SMSC reads in data_coding 0. With another than gsm7, texts that it lacks letters for go as UCS-2.",
      ),
    receipt_ids: z
      .enum(["auto", "decimal", "hexadecimal"])
      .default("auto")
      .describe(
        "How receipts spell the ids of texts, when it is another base than in the answers. auto finds out for ids from 16,777,216 on.",
      ),
    window: z.int().min(1).max(1000).default(10).describe("Texts that may wait for their answer at once."),
    per_second: z
      .number()
      .min(0.1)
      .max(10_000)
      .default(20)
      .describe("Texts handed over in a second, at most; each part counts."),
    enquire_seconds: seconds(1, 3600).default(30).describe("How often the connection is tried when it is silent."),
    answer_seconds: seconds(1, 300)
      .default(30)
      .describe("How long the SMSC may owe an answer; a text without one may have been sent, and an agent is asked."),
  })
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), {
    error: "cert and key go together",
    path: ["key"],
  })
  .refine(({ tls, ca, cert }) => tls === "implicit" || (ca === undefined && cert === undefined), {
    error: "ca and cert are of use with tls: implicit",
    path: ["tls"],
  })
  .describe("Speaks SMPP 3.4 to the operator's SMSC.");

export type SmppSettings = z.output<typeof smppSettings>;
