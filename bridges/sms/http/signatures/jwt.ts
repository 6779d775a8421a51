import { createHash, createHmac } from "node:crypto";
import { z } from "zod";
import { parseJson } from "../fields.ts";
import { isSame } from "./compare.ts";

const header = z.object({ alg: z.literal("HS256") });
const claims = z.object({
  iat: z.number(),
  jti: z.string().min(1),
  payload_hash: z.string().min(1),
  api_key: z.string().optional(),
});

/**
 * Checks the token of a Vonage signed webhook (JWT, RFC 7519; HS256; `payload_hash` is the body's SHA-256).
 * @returns when it was signed, in seconds, and for which account; undefined when it is not good for this body.
 */
export function readVonageToken(
  authorization: string | undefined,
  secret: string,
  body: Buffer,
): { readonly signedAt: number; readonly account: string | undefined } | undefined {
  const [, head = "", payload = "", signature = ""] =
    /^Bearer ([\w-]+)\.([\w-]+)\.([\w-]+)$/i.exec(authorization ?? "") ?? [];
  if (!isSame(signature, createHmac("sha256", secret).update(`${head}.${payload}`).digest("base64url")))
    return undefined;
  const claimed = claims.safeParse(readPart(payload));
  if (!header.safeParse(readPart(head)).success || !claimed.success) return undefined;
  const { iat, payload_hash: hash, api_key: account } = claimed.data;
  if (!isSame(hash.toLowerCase(), createHash("sha256").update(body).digest("hex"))) return undefined;
  return { signedAt: iat, account };
}

const readPart = (text: string) => parseJson(Buffer.from(text, "base64url").toString("utf8"));
