import { type Challenge, createChallenge, verifySolution } from "altcha-lib";
import { deriveKey } from "altcha-lib/algorithms/pbkdf2";
import { z } from "zod";

/**
 * ALTCHA proof of work: about 256 derivations for the visitor's browser, one for us. What it is worth is written in
 * docs/adr/0025.
 */
const ALGORITHM = "PBKDF2/SHA-256";
const COST = 2_000;
const PREFIX = "00";

/** @param nonce of the form's token: a solution counts for that form only. @returns JSON for the page. */
export async function makeChallenge(secret: string, nonce: string): Promise<string> {
  const challenge = await createChallenge({
    algorithm: ALGORITHM,
    cost: COST,
    keyPrefix: PREFIX,
    data: { nonce },
    deriveKey,
    hmacSignatureSecret: secret,
  });
  return JSON.stringify(challenge);
}

const answer = z.object({
  challenge: z.object({
    parameters: z.object({
      algorithm: z.literal(ALGORITHM),
      cost: z.literal(COST),
      data: z.object({ nonce: z.string() }),
      keyLength: z.number(),
      keyPrefix: z.literal(PREFIX),
      nonce: z.string(),
      salt: z.string(),
    }),
    signature: z.string(),
  }),
  solution: z.object({ counter: z.int().min(0).max(0xffff_ffff), derivedKey: z.string() }),
});

/** @param text what the page's script sends: JSON in base64. */
export async function isProven(secret: string, nonce: string, text: string): Promise<boolean> {
  if (text === "" || text.length > 4_000) return false;
  const read = answer.safeParse(parseJson(Buffer.from(text, "base64").toString("utf8")));
  if (!read.success || read.data.challenge.parameters.data.nonce !== nonce) return false;
  const challenge: Challenge = read.data.challenge;
  const { solution } = read.data;
  try {
    return (await verifySolution({ challenge, solution, deriveKey, hmacSignatureSecret: secret })).verified;
  } catch {
    return false;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
