import type { ConversationId } from "../domain/ids.ts";

/** How an agency acknowledges messages. */
export interface Acknowledging {
  /** Its own words by language; none means those below. */
  readonly words: ReadonlyMap<string, string>;
  readonly languages: readonly string[];
  /** Its name by language, and in the language that it prefers. */
  readonly names: ReadonlyMap<string, string>;
  readonly name: string;
}

/**
 * Tells a citizen, in each of the agency's languages, that the message has arrived, and under which number.
 * In an agency's own words `{number}` and `{agency}` are filled in.
 */
export function composeAcknowledgement(
  { words, languages, names, name }: Acknowledging,
  conversation: ConversationId,
): string {
  const textIn = (language: string) => words.get(language) ?? (words.size === 0 ? WORDS[bareOf(language)] : undefined);
  const texts = languages.flatMap((language) => {
    const text = textIn(language);
    return text === undefined ? [] : [{ text, name: names.get(language) ?? name }];
  });
  const [spare = WORDS.en ?? ""] = words.values();
  return (texts.length > 0 ? texts : [{ text: spare, name }])
    .map((each) => each.text.replaceAll("{number}", conversation).replaceAll("{agency}", () => each.name))
    .join("\n\n--\n\n");
}

/** `pt` for `pt-BR`. */
const bareOf = (language: string) => language.toLowerCase().split("-")[0] ?? "";

const WORDS: Readonly<Record<string, string>> = {
  de: "{agency} hat Ihre Nachricht erhalten. Sie hat die Nummer {number}. Diese Bestätigung wurde automatisch verschickt; auf sie müssen Sie nicht antworten.",
  en: "{agency} has received your message. Its number is {number}. This confirmation was sent automatically; you need not answer it.",
  es: "{agency} ha recibido su mensaje. Su número es {number}. Esta confirmación se ha enviado automáticamente; no es necesario responder.",
  fr: "{agency} a bien reçu votre message. Il porte le numéro {number}. Cet accusé de réception est automatique ; il n'appelle pas de réponse.",
  it: "{agency} ha ricevuto il suo messaggio. Il numero è {number}. Questa conferma è automatica; non occorre rispondere.",
  nl: "{agency} heeft uw bericht ontvangen. Het nummer is {number}. Deze bevestiging is automatisch verstuurd; u hoeft er niet op te antwoorden.",
  pl: "{agency}: otrzymaliśmy Państwa wiadomość. Jej numer to {number}. To potwierdzenie wysłano automatycznie; nie trzeba na nie odpowiadać.",
  pt: "{agency} recebeu a sua mensagem. O número é {number}. Esta confirmação foi enviada automaticamente; não é preciso responder.",
};
