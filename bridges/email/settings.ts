import { z } from "zod";
import { normaliseAddress } from "./addresses.ts";
import { layout } from "./layout-settings.ts";
import { oauth2, secret } from "./oauth2-settings.ts";
import { trust } from "./trust/settings.ts";

const MIB = 1024 * 1024;
const host = () => z.string().min(1);
const port = () => z.int().min(1).max(65535);
const file = () => z.string().min(1).meta({ file: true });
const ca = file()
  .optional()
  .describe("PEM file of the authority that signed the server's certificate, when it is not a public one.");

const address = () =>
  z
    .string()
    .refine(isUsable, "an address such as mairie@town.example, at most 40 characters before the @")
    .meta({ allowed: "an address such as mairie@town.example" });

const listen = z
  .object({
    protocol: z.enum(["smtp", "lmtp"]).default("smtp").describe("What the mail server speaks to guichet."),
    host: host().default("127.0.0.1").describe("Address to listen on."),
    port: port().describe("Port to listen on.").meta({ listens: true, example: 2525 }),
    max_bytes: z
      .int()
      .min(64 * 1024)
      .default(50 * MIB)
      .describe("Largest mail taken in, in bytes; a larger one is refused with 552."),
    tls: z
      .object({
        cert: file().describe("PEM file of the certificate."),
        key: file().describe("PEM file of its private key."),
      })
      .optional()
      .describe("Offers STARTTLS with this certificate."),
    proxy_from: z
      .array(z.union([z.ipv4(), z.ipv6()]))
      .default([])
      .describe(
        "Addresses of load balancers that begin each connection with the client's address (PROXY protocol, version 1). Nobody else may.",
      )
      .meta({ example: ["192.0.2.10"] }),
  })
  .describe("Takes mail in by SMTP or LMTP from the organisation's mail server.");

const imap = z
  .object({
    host: host().describe("Mail server.").meta({ example: "mail.town.example" }),
    port: port().default(993).describe("993 for implicit TLS, 143 else."),
    user: z.string().min(1).describe("Login name.").meta({ example: "mairie" }),
    password: secret()
      .optional()
      .describe("Password, or where it is kept.")
      .meta({ example: { env: "TOWN_MAIL_PASSWORD" }, shown: true }),
    oauth2: oauth2.optional(),
    tls: z
      .enum(["implicit", "starttls", "none"])
      .default("implicit")
      .describe("none sends the password unprotected: for servers on this machine."),
    ca,
    mailboxes: z
      .array(z.string().min(1))
      .min(1)
      .refine((names) => new Set(names).size === names.length, "names that differ")
      .default(["INBOX"])
      .describe("Folders that are read. At the first start all mail in them is read, except what is marked deleted."),
    move_to: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Folder that mails are moved to once guichet has them. Left out: they stay where they are, flags and all.",
      )
      .meta({ example: "guichet" }),
    patience_seconds: z
      .number()
      .min(1)
      .max(3600)
      .default(90)
      .describe("How long the server may owe an answer before the connection is given up and made anew."),
  })
  .refine(({ mailboxes, move_to }) => move_to === undefined || !mailboxes.includes(move_to), {
    error: "another folder than the ones that are read",
    path: ["move_to"],
  })
  .refine(({ password, oauth2 }) => (password === undefined) !== (oauth2 === undefined), {
    error: "either password or oauth2",
    path: ["password"],
  })
  .describe("Reads a mailbox.");

const smtp = z
  .object({
    host: host().describe("Submission server.").meta({ example: "mail.town.example" }),
    port: port().default(587).describe("587 for STARTTLS, 465 for implicit TLS."),
    user: z
      .string()
      .min(1)
      .optional()
      .describe("Login name, when the server asks for one.")
      .meta({ example: "mairie" }),
    password: secret()
      .optional()
      .describe("Password, or where it is kept.")
      .meta({ example: { env: "TOWN_MAIL_PASSWORD" } }),
    oauth2: oauth2.optional(),
    tls: z
      .enum(["implicit", "starttls", "none", "opportunistic"])
      .default("starttls")
      .describe("opportunistic: encrypts when the server can, with any certificate."),
    ca,
    max_bytes: z
      .int()
      .min(64 * 1024)
      .default(25 * MIB)
      .describe("Largest mail that the server takes, in bytes; files in answers may come to about 7/10 of it."),
    dkim: z
      .object({
        selector: z
          .string()
          .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i)
          .describe("Selector: the key stands in DNS at SELECTOR._domainkey.DOMAIN.")
          .meta({ allowed: "a name such as guichet2026" }),
        key: file().describe("PEM file of the private key."),
        domain: z
          .string()
          .min(1)
          .optional()
          .describe("Signing domain. Left out: the one of the channel's address.")
          .meta({ example: "town.example" }),
      })
      .optional()
      .describe("Signs answers (DKIM, RFC 6376). Left out: the submission server does, or nobody."),
  })
  .refine(
    ({ user, password, oauth2 }) =>
      [password, oauth2].filter((way) => way !== undefined).length === (user === undefined ? 0 : 1),
    { error: "user and password go together, or user and oauth2", path: ["password"] },
  )
  .describe("Sends the answers. Without it agents cannot answer on this channel.");

/** Settings of an email channel, as the operator writes them. */
export const settings = z
  .object({
    address: address()
      .describe("The channel's address: citizens write to it, answers come from it.")
      .meta({ example: "mairie@town.example", unique: true, allowed: "an address such as mairie@town.example" }),
    also: z
      .array(address())
      .default([])
      .describe("Further addresses that citizens may write to; answers come from the one above.")
      .meta({ example: ["accueil@town.example"] }),
    delimiter: z
      .string()
      .regex(/^[-+=_.#]$/)
      .default("+")
      .describe("Stands between the address and the reply token (mairie+token@…), as the mail server knows it."),
    listen: listen.optional(),
    imap: imap.optional(),
    smtp: smtp.optional(),
    layout: layout.optional(),
    trust: trust.optional(),
  })
  .refine((channel) => channel.listen !== undefined || channel.imap !== undefined, {
    error: "a way to receive mail is missing: give listen, imap or both",
  });

function isUsable(text: string): boolean {
  const address = normaliseAddress(text);
  return address !== undefined && address.indexOf("@") <= 40;
}

export type EmailSettings = z.output<typeof settings>;
export type ListenSettings = NonNullable<EmailSettings["listen"]>;
export type ImapSettings = NonNullable<EmailSettings["imap"]>;
export type SmtpSettings = NonNullable<EmailSettings["smtp"]>;
