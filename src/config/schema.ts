import { z } from "zod";

/** A text that must not be shown: in YAML a plain text, `{ env: NAME }` or `{ file: path }`. Bridges write the same as `z.string().meta({ secret: true })`. */
const secret = () => z.string().meta({ secret: true });

/** A port that this process listens on. `listens` lets the loader refuse a port that is named twice. */
const listeningPort = () => z.int().min(1).max(65535).meta({ listens: true });

/** A text in a fixed form, and the words for that form: in faults and in the sample. */
const worded = (form: RegExp, allowed: string) => z.string().regex(form, allowed).meta({ allowed });

const name = worded(
  /^[a-z][a-z0-9-]{0,31}$/,
  "a lower-case word of at most 32 letters, digits and hyphens that begins with a letter",
);
const language = worded(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, "a language tag such as en, fr or pt-BR");
const serverName = worded(
  /^([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$/,
  "a Matrix server name such as agents.example",
);
const roomAlias = worded(/^#[^\s:]+:\S+$/, 'a room alias in quotes, such as "#town-hall:agents.example"');
const userId = worded(/^@[^\s:]+:\S+$/, "a Matrix user id such as @agent:agents.example");

const homeserver = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: "an address that begins with http:// or https://" })
    .describe("Where guichet reaches the client-server API of the staff's homeserver.")
    .meta({ example: "http://127.0.0.1:8008" }),
  domain: serverName
    .describe("The homeserver's server_name: what stands after the colon in its users' ids.")
    .meta({ example: "agents.example" }),
});

const appservice = z
  .strictObject({
    registration: z
      .string()
      .min(1)
      .default("data/registration.yaml")
      .describe(
        "The registration that `guichet registration` writes and the homeserver reads; relative to this file's folder.",
      ),
    bind: z.string().min(1).default("127.0.0.1").describe("Address to listen on for the homeserver's calls."),
    port: listeningPort()
      .default(9001)
      .describe("Port to listen on for the homeserver's calls; `url` in the registration leads to it."),
  })
  .prefault({})
  .describe("How the homeserver reaches guichet.");

const proxy = z
  .union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])
  .meta({ allowed: "an address or a network such as 192.0.2.0/24" });

const publicAccess = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/, error: "an address that begins with https:// or http://" })
      .regex(/^[^?#@]*[^?#@/]$/, "an address without a slash at its end, a query or a name of a user")
      .describe(
        "Where citizens reach the listener, as a reverse proxy shows it; the proxy passes paths on as they are. Each channel has what stands below its name: https://guichet.town.example/town-form",
      )
      .meta({ example: "https://guichet.town.example", allowed: "a web address such as https://guichet.town.example" }),
    bind: z.string().min(1).default("127.0.0.1").describe("Address to listen on."),
    port: listeningPort().default(9002).describe("Port to listen on."),
    trusted_proxies: z
      .array(proxy)
      .default([])
      .describe("Proxies whose X-Forwarded-For tells the visitor's address. Without them it is that of the proxy.")
      .meta({ example: ["127.0.0.1"] }),
    link_days: z
      .int()
      .min(1)
      .max(3650)
      .default(30)
      .describe(
        "How long citizens can fetch the files of an answer whose channel carries none, by the link that they get instead.",
      ),
  })
  .optional()
  .describe(
    "What citizens reach by HTTP: web forms, providers' calls, files of answers. Left out: nothing listens, and what needs it says so.",
  )
  .meta({ shown: false });

const bot = z
  .strictObject({ display_name: z.string().min(1).max(255).default("guichet").describe("Name that agents see.") })
  .prefault({})
  .describe("The bot that keeps the agency rooms.");

const database = z
  .strictObject({
    url: secret()
      .regex(/^postgres(ql)?:\/\/./, "an address that begins with postgres:// or postgresql://")
      .optional()
      .describe("Your own PostgreSQL (15 or later) instead of the embedded one.")
      .meta({ secret: true, example: { env: "GUICHET_DATABASE_URL" } }),
    port: listeningPort()
      .optional()
      .describe("Port of the embedded PostgreSQL on 127.0.0.1; a free one is taken when it is left out.")
      .meta({ listens: true, example: 5433 }),
  })
  .prefault({})
  .describe(
    "Where everything is kept. Left out: a PostgreSQL of guichet's own in data_folder, started and stopped with it.",
  );

const queue = z
  .strictObject({
    redis: secret()
      .regex(/^rediss?:\/\/./, "an address that begins with redis:// or rediss://")
      .optional()
      .describe(
        "Redis or Valkey, for several guichet processes on several machines. Left out: the queue is in the database.",
      )
      .meta({ secret: true, example: { env: "GUICHET_REDIS_URL" } }),
    concurrency: z.int().min(1).max(256).default(16).describe("Conversations that are worked on at once."),
  })
  .prefault({})
  .describe("How work is handed to the workers. It holds no citizen's words.");

const rooms = z
  .strictObject({
    quiet_days: z
      .int()
      .min(1)
      .max(3650)
      .default(30)
      .describe("A citizen's ghost leaves the room after so many days without a message in its conversations there."),
    most_ghosts: z
      .int()
      .min(2)
      .max(100_000)
      .default(1000)
      .describe("Ghosts that stand in a room at once; with more of them it is followed by a new one."),
    most_members: z
      .int()
      .min(2)
      .max(1_000_000)
      .default(5000)
      .describe("Ghosts that ever stood in a room; with more of them it is followed by a new one."),
  })
  .prefault({})
  .describe(
    "How agency rooms stay fast: what a message costs the homeserver grows with the room's members. Ghosts come back when they speak; a full room is followed by a successor, and closed when its conversations are quiet.",
  );

const log = z
  .strictObject({
    level: z
      .enum(["trace", "debug", "info", "warn", "error", "fatal"])
      .default("info")
      .describe("Least level that is written."),
  })
  .prefault({})
  .describe("Logs are lines of JSON on standard output; they hold ids and codes only.");

const agency = z.strictObject({
  name: z
    .union([z.string().min(1), z.record(language, z.string().min(1)).refine((names) => Object.keys(names).length > 0)])
    .describe("Name that citizens and agents see, in one or several languages.")
    .meta({
      allowed: "a text, or texts by language such as { en: Town Hall, fr: Mairie }",
      example: { en: "Town Hall", fr: "Mairie" },
    }),
  room: roomAlias
    .describe("Alias of the agency room, on the homeserver's domain. guichet makes the room when there is none.")
    .meta({ example: "#town-hall:agents.example" }),
  topic: z
    .string()
    .max(1000)
    .optional()
    .describe("Topic of the room.")
    .meta({ example: "Messages of citizens to the town hall" }),
  portal: z
    .enum(["thread", "room"])
    .default("thread")
    .describe(
      "Where a conversation lives. thread: in a thread of the agency room. room: in a room of its own, open to the members of the agency's space.",
    ),
  space: roomAlias
    .optional()
    .describe(
      "Alias of the agency's space, which portal: room needs; guichet makes it. Left out: the room's name and -space.",
    )
    .meta({ example: "#town-hall-space:agents.example" }),
  replies: z
    .enum(["explicit", "all"])
    .default("explicit")
    .describe(
      "explicit: only a reply to the citizen's message leaves. all: every message that an agent writes in the thread leaves.",
    ),
  undo_seconds: z
    .int()
    .min(0)
    .max(600)
    .default(10)
    .describe("Time in seconds in which an agent can still delete or edit an answer before it leaves."),
  languages: z
    .array(language)
    .min(1)
    .default(["en"])
    .describe("Languages that guichet writes to this agency and its citizens in, the preferred one first."),
  acknowledge: z
    .union([z.boolean(), z.record(language, z.string().min(1).max(4000))])
    .default(false)
    .describe(
      "Tell citizens by a message, in all of `languages`, that theirs has arrived: once for each new conversation, once a day for each address, and never to machines. true: in guichet's words; or in your own, by language, with {number} and {agency}.",
    )
    .meta({ allowed: 'true, false, or texts by language such as { en: "{agency} has your message {number}." }' }),
  agents: z
    .array(userId)
    .default([])
    .describe("Agents who are invited to the room and may moderate it.")
    .meta({ example: ["@agent:agents.example"] }),
});

const channel = z.looseObject({
  use: z
    .string()
    .min(1)
    .describe(
      "The bridge: one that comes with guichet, the name of an npm package (installed in this file's folder or above it, or in guichet's own), or a path from this file's folder that begins with ./",
    )
    .meta({ example: "email" }),
  agency: name.describe("The agency that this channel leads to: a name under agencies.").meta({ example: "town-hall" }),
  enabled: z
    .boolean()
    .default(true)
    .describe("Whether it runs. `guichet bridges enable` and `disable` say otherwise, until they are taken back."),
});

/** The file as an operator writes it, but for the settings of each channel, which its bridge checks. */
export const operatorSchema = z.strictObject({
  homeserver: homeserver.describe("The staff's Matrix homeserver."),
  appservice,
  public: publicAccess,
  bot,
  data_folder: z
    .string()
    .min(1)
    .default("data")
    .describe("Folder for everything that guichet keeps; relative to this file's folder."),
  database,
  queue,
  rooms,
  log,
  agencies: z
    .record(name, agency)
    .refine((agencies) => Object.keys(agencies).length > 0, "at least one agency")
    .describe(
      "The public services, each with its room. The names are yours, and stay: stored conversations refer to them.",
    ),
  channels: z
    .record(name, channel)
    .default({})
    .describe("The ways on which citizens reach an agency. The names are yours, and stay."),
});

export type OperatorView = z.output<typeof operatorSchema>;

/** Keys of a channel that are the core's own: a bridge cannot use them. */
export const CHANNEL_KEYS: readonly string[] = Object.keys(channel.shape);
