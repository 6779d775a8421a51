import { createHash } from "node:crypto";
import type { Notes } from "../../src/adapter/index.ts";

/**
 * Words that networks and laws know, alone in a text; compared without case and accents. Those that answer other questions
 * as well (end, cancel, fin) are left out: somebody who cancels an appointment still wants the answer.
 */
const STOP = words(
  "stop stopall unsubscribe quit optout revoke arret desabonner desabonnement desinscrire desinscription",
  "stopp abmelden abbestellen parar baja sair disiscrivi afmelden uitschrijven",
  "avsluta avregistrer afmeld lopeta zatrzymaj zastavit leallitas стоп στοπ",
);
const START = words("start unstop optin demarrer reprendre reabonner anmelden alta inizia aanmelden старт");

function words(...lines: readonly string[]): ReadonlySet<string> {
  return new Set(lines.flatMap((line) => line.split(" ")));
}

const plain = (text: string) =>
  text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();

/**
 * What a citizen's text asks for, when that is all it says.
 * @param more further words for stop.
 */
export function readWish(text: string, more: readonly string[] = []): "stop" | "start" | undefined {
  const said = plain(text);
  if (more.some((word) => plain(word) === said)) return "stop";
  // « STOP 36111 », STOP SMS: the number or the service is named, as notices ask for it.
  const [first = "", ...rest] = said.split(" ");
  const isAlone = rest.length === 0 || (rest.length === 1 && /^(\d{3,8}|sms)$/.test(rest[0] ?? ""));
  if (!isAlone) return undefined;
  if (STOP.has(first)) return "stop";
  return START.has(first) ? "start" : undefined;
}

/** Who wants no texts: kept for good, under a hash, until they want them again. */
export interface Consent {
  /** Durable when it resolves. */
  change(address: string, wish: "stop" | "start"): Promise<void>;
  isStopped(address: string): Promise<boolean>;
}

export function openConsent(notes: Notes): Consent {
  const nameOf = (address: string) => `stopped-${createHash("sha256").update(address).digest("hex").slice(0, 32)}`;
  return {
    change: async (address, wish) => {
      // A START from somebody who never said STOP leaves no trace.
      if (wish === "stop" || (await notes.get(nameOf(address))))
        await notes.set(nameOf(address), wish === "stop" ? "1" : "");
    },
    isStopped: async (address) => (await notes.get(nameOf(address))) === "1",
  };
}
