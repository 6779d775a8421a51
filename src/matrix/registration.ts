import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { GuichetError } from "../domain/guichet-error.ts";
import { NAMESPACE_PREFIX, nameOurUsers } from "./identity.ts";

const MIN_TOKEN_LENGTH = 16;
/** Words in the tokens of registration.yaml, the template. */
const PLACEHOLDER = /REPLACE|CHANGE.?ME|PLACEHOLDER/i;

const namespace = z.looseObject({ exclusive: z.boolean(), regex: z.string().min(1) });
const registrationSchema = z.looseObject({
  id: z.string().min(1),
  url: z.url({ protocol: /^https?$/ }),
  as_token: z.string().min(MIN_TOKEN_LENGTH),
  hs_token: z.string().min(MIN_TOKEN_LENGTH),
  sender_localpart: z.string().min(1),
  rate_limited: z.boolean().optional(),
  namespaces: z.looseObject({
    users: z.array(namespace),
    aliases: z.array(namespace).default([]),
    rooms: z.array(namespace).default([]),
  }),
});

/** An appservice registration (Application Service API, registration), with the names of the file. */
export type Registration = z.output<typeof registrationSchema>;

/** What the configuration asks of a registration. */
export interface RegistrationNeeds {
  /** The homeserver's server_name. */
  readonly domain: string;
  /** Full aliases of the agencies' rooms and spaces. */
  readonly aliases: readonly string[];
  /** Whether rooms are made under aliases of ours: those of conversations, and the successors of agency rooms. */
  readonly portalRooms?: boolean;
}

/**
 * A registration with fresh tokens.
 * @param needs.url where the homeserver reaches guichet.
 * @param tokens tokens to keep, when an earlier registration is brought up to date.
 */
export function makeRegistration(
  needs: RegistrationNeeds & { readonly url: string },
  tokens?: Pick<Registration, "as_token" | "hs_token">,
): Registration {
  return {
    id: "guichet",
    url: needs.url,
    as_token: tokens?.as_token ?? newToken(),
    hs_token: tokens?.hs_token ?? newToken(),
    // Not the working bot: Synapse answers 500 to /sync as this user.
    sender_localpart: `${NAMESPACE_PREFIX}as`,
    rate_limited: false,
    receive_ephemeral: false,
    // MSC4190: devices without /login, with the errors that the Matrix Authentication Service would give.
    "io.element.msc4190": true,
    namespaces: {
      // Homeservers match from the start of an id, not to its end.
      users: [{ exclusive: true, regex: `@${NAMESPACE_PREFIX}.*:${escapeRegex(needs.domain)}$` }],
      aliases: [
        ...needs.aliases.map((alias) => `${escapeRegex(alias)}$`),
        ...(needs.portalRooms ? [`#${NAMESPACE_PREFIX}.*:${escapeRegex(needs.domain)}$`] : []),
      ].map((regex) => ({ exclusive: true, regex })),
      rooms: [],
    },
  };
}

/**
 * Writes a registration that only its owner can read.
 * @throws GuichetError REGISTRATION_EXISTS unless `replace` is true.
 */
export function writeRegistration(path: string, registration: Registration, { replace }: { replace: boolean }): void {
  if (existsSync(path) && !replace) {
    const ways = "--update keeps its tokens and renews the rest, --force makes new tokens";
    throw new GuichetError("REGISTRATION_EXISTS", `${path} exists already: ${ways}.`);
  }
  mkdirSync(dirname(path), { recursive: true });
  // Written beside and moved, so that nobody ever reads half a file, and the mode is right from the first byte.
  const draft = `${path}.new`;
  writeFileSync(draft, HEADER + stringify(registration, { lineWidth: 0 }), { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, path);
}

const HEADER = `# Registration of guichet with its homeserver, made by \`guichet registration\`.
# The tokens are secrets: whoever holds them can act as any user of the namespace.
`;

/**
 * Reads the registration and checks that guichet can work with it.
 * @param warn called with a sentence for what is unwise but works.
 * @throws GuichetError REGISTRATION_MISSING, REGISTRATION_PLACEHOLDER, REGISTRATION_INVALID or REGISTRATION_NARROW
 * (its namespaces leave out users or aliases that the configuration needs).
 */
export function readRegistration(
  path: string,
  needs: RegistrationNeeds,
  warn: (sentence: string) => void = () => undefined,
): Registration {
  const registration = readTokens(path);
  const uncovered = findUncovered(registration, needs);
  if (uncovered.length > 0) {
    const cure = "run `guichet registration --update`, give the homeserver the new file and restart it";
    throw new GuichetError("REGISTRATION_NARROW", `${path} does not cover ${uncovered.join(", ")}: ${cure}.`);
  }
  if (registration.sender_localpart === `${NAMESPACE_PREFIX}bot`) {
    const reason = `sender_localpart is the working bot, which may then not sync; \`${NAMESPACE_PREFIX}as\` is right`;
    throw new GuichetError("REGISTRATION_INVALID", `${path}: ${reason}.`);
  }
  if (registration.rate_limited !== false)
    warn(`${path}: rate_limited is not false, so the homeserver will slow guichet down.`);
  if ((statSync(path).mode & 0o004) !== 0)
    warn(`${path} holds secrets and every user of this machine can read it: chmod o-r it.`);
  return registration;
}

/** Reads a registration whatever its namespaces are, to bring it up to date. @throws as `readRegistration`, but for REGISTRATION_NARROW. */
export function readTokens(path: string): Registration {
  const found = readYaml(path);
  if (holdsPlaceholder(found)) {
    const cure = "run `guichet registration`, which makes real ones";
    throw new GuichetError(
      "REGISTRATION_PLACEHOLDER",
      `${path} is the template: its tokens are placeholders; ${cure}.`,
    );
  }
  const parsed = registrationSchema.safeParse(found);
  if (parsed.success) return parsed.data;
  const places = [...new Set(parsed.error.issues.map((issue) => issue.path.join(".") || "the whole file"))].join(", ");
  throw new GuichetError(
    "REGISTRATION_INVALID",
    `${path} is not a registration (see ${places}): run \`guichet registration --force\`.`,
  );
}

function readYaml(path: string): unknown {
  try {
    return parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (!existsSync(path)) {
      throw new GuichetError("REGISTRATION_MISSING", `There is no ${path}: run \`guichet registration\`.`);
    }
    // Without a cause: the parser's words would quote the file, which holds secrets.
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new GuichetError(
      "REGISTRATION_INVALID",
      `${path} cannot be read (${code}): run \`guichet registration --force\`.`,
    );
  }
}

function holdsPlaceholder(found: unknown): boolean {
  if (typeof found !== "object" || found === null) return false;
  const tokens = ["as_token", "hs_token"].map((key): unknown => Reflect.get(found, key));
  return tokens.some((token) => typeof token === "string" && PLACEHOLDER.test(token));
}

function findUncovered(
  { namespaces }: Registration,
  { domain, aliases, portalRooms = false }: RegistrationNeeds,
): string[] {
  const users = nameOurUsers(domain, `${NAMESPACE_PREFIX}as`);
  const ghost = users.fullId(`${NAMESPACE_PREFIX}email_0123456789abcdef`);
  return [
    ...(covers(namespaces.users, users.bot) ? [] : [`its bot ${users.bot}`]),
    ...(covers(namespaces.users, ghost) ? [] : [`the users @${NAMESPACE_PREFIX}*:${domain}`]),
    ...aliases.filter((alias) => !covers(namespaces.aliases, alias)).map((alias) => `the alias ${alias}`),
    ...(portalRooms && !covers(namespaces.aliases, `#${NAMESPACE_PREFIX}0123456789abcdef:${domain}`)
      ? [`the aliases #${NAMESPACE_PREFIX}*:${domain}`]
      : []),
  ];
}

/** As Synapse matches: from the start of the id. */
function covers(namespaces: readonly { regex: string }[], id: string): boolean {
  return namespaces.some(({ regex }) => {
    try {
      return new RegExp(`^(?:${regex})`).test(id);
    } catch {
      return false;
    }
  });
}

const newToken = () => randomBytes(32).toString("hex");
const escapeRegex = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
