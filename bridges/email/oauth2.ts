import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { z } from "zod";
import type { Notes } from "../../src/adapter/index.ts";
import type { OAuth2Settings } from "./oauth2-settings.ts";

/** A token that stands for the password (RFC 6750). */
export interface AccessToken {
  readonly token: string;
  /** When it must be asked for again at the latest. */
  readonly until: Date;
}

export interface TokenSource {
  /**
   * @param renew the server refused the last one: it is not given again from memory.
   * @throws OAuth2Error
   */
  get(renew: boolean): Promise<AccessToken>;
}

/** Why there is no token. Neither the code nor the message holds a secret. */
export class OAuth2Error extends Error {
  override readonly name = "OAuth2Error";
  readonly code: "OAUTH2_FILE" | "OAUTH2_COMMAND" | "OAUTH2_REFUSED" | "OAUTH2_UNREACHABLE";
  constructor(code: OAuth2Error["code"], detail: string) {
    super(`${code}: ${detail}`);
    this.code = code;
  }
}

/** A file or a command says nothing of the end of its token; milliseconds. */
const KEPT = 60_000;
/** A token is renewed this long before its end, so that none ends on its way; milliseconds. */
const MARGIN = 60_000;
const LONGEST_WAIT = 20_000;

/**
 * Gets access tokens as the settings say, one request at a time, and keeps each as long as it is good.
 * @param notes where a refresh token is kept that the server changed (RFC 6749, 6).
 */
export function createTokenSource(settings: OAuth2Settings, notes: Notes, now: () => Date): TokenSource {
  let known: AccessToken | undefined;
  let asking: Promise<AccessToken> | undefined;
  const ask = async () => {
    known = await fetchToken(settings, notes, now);
    return known;
  };
  return {
    get: async (renew) => {
      if (!renew && known !== undefined && known.until > now()) return known;
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      return asking;
    },
  };
}

async function fetchToken(settings: OAuth2Settings, notes: Notes, now: () => Date): Promise<AccessToken> {
  const soon = () => new Date(now().getTime() + KEPT);
  if (settings.token_file !== undefined) return { token: await fromFile(settings.token_file), until: soon() };
  if (settings.token_command !== undefined) return { token: await fromCommand(settings.token_command), until: soon() };
  return refresh(settings, notes, now);
}

async function fromFile(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch((fault: unknown) => {
    throw new OAuth2Error("OAUTH2_FILE", codeOf(fault));
  });
  return checkToken(text, "OAUTH2_FILE");
}

const run = promisify(execFile);

async function fromCommand([program = "", ...words]: readonly string[]): Promise<string> {
  const found = await run(program, words, { timeout: LONGEST_WAIT, maxBuffer: 64 * 1024 }).catch((fault: unknown) => {
    throw new OAuth2Error("OAUTH2_COMMAND", codeOf(fault));
  });
  return checkToken(found.stdout, "OAUTH2_COMMAND");
}

/** RFC 6750, 2.1: what a token may be made of. Anything else could reach the server as a command of its own. */
function checkToken(text: string, code: OAuth2Error["code"]): string {
  const token = text.trim();
  if (!/^[A-Za-z0-9._~+/-]+=*$/.test(token)) throw new OAuth2Error(code, "no token in the answer");
  return token;
}

const answerShape = z.object({
  access_token: z.string(),
  expires_in: z.coerce.number().positive().max(31_536_000).default(300),
  refresh_token: z.string().min(1).optional(),
});
const faultShape = z.object({ error: z.string().max(60) });

async function refresh(settings: OAuth2Settings, notes: Notes, now: () => Date): Promise<AccessToken> {
  const { token_url: url = "", client_id: clientId = "", client_secret: secret, scope } = settings;
  const key = `oauth2:${fingerprint(settings.refresh_token ?? "")}`;
  const body = new URLSearchParams({
    grant_type: "refresh_token",
    refresh_token: (await notes.get(key)) ?? settings.refresh_token ?? "",
    client_id: clientId,
    ...(secret === undefined ? {} : { client_secret: secret }),
    ...(scope === undefined ? {} : { scope }),
  });
  const signal = AbortSignal.timeout(LONGEST_WAIT);
  const reply = await fetch(url, { method: "POST", body, redirect: "error", signal }).catch((fault: unknown) => {
    throw new OAuth2Error("OAUTH2_UNREACHABLE", codeOf(fault));
  });
  const text = await reply.text().catch(() => "");
  if (reply.status >= 500 || reply.status === 429) throw new OAuth2Error("OAUTH2_UNREACHABLE", String(reply.status));
  const answer = answerShape.safeParse(parseJson(text));
  if (!reply.ok || !answer.success) {
    // RFC 6749, 5.2: a word such as invalid_grant.
    const { data: fault } = faultShape.safeParse(parseJson(text));
    throw new OAuth2Error("OAUTH2_REFUSED", `${reply.status} ${fault?.error.replace(/[^\w.-]/g, "_") ?? ""}`);
  }
  const { access_token: token, expires_in: seconds, refresh_token: next } = answer.data;
  if (next !== undefined && next !== body.get("refresh_token")) await notes.set(key, next);
  const until = new Date(now().getTime() + Math.max(seconds * 1000 - MARGIN, (seconds * 1000) / 2));
  return { token: checkToken(token, "OAUTH2_REFUSED"), until };
}

/** A new refresh token in the settings makes what was kept of the old one void. */
const fingerprint = (token: string) => createHash("sha256").update(token).digest("hex").slice(0, 32);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function codeOf(fault: unknown): string {
  const cause = fault instanceof Error && fault.cause instanceof Error ? fault.cause : fault;
  return cause instanceof Error && "code" in cause ? String(cause.code) : "failed";
}
