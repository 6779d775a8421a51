/** What this bridge says to agents, in the languages it speaks. */
const ENGLISH = {
  "remark.short-code": "From a short code: it cannot be answered.",
  "remark.alphanumeric": "From a sender with a name instead of a number: it cannot be answered.",
  "remark.gap":
    "Not all of this text has come: {missing} of {of} parts are missing. When they come, the whole text follows.",
  "remark.whole": "The whole of a text that was shown with a gap before.",
  "remark.again":
    "This text may be an earlier one that came again: the connection to the network broke while it was acknowledged.",
  "gap.one": "[… part {first} of {of} is missing …]",
  "gap.more": "[… parts {first} to {last} of {of} are missing …]",
  "remark.stop": "The sender wants no more texts: none can be sent until they write START.",
  "remark.start": "The sender wants texts again.",
  "refused.SMS_NOT_ANSWERABLE": "a short code or a name cannot be written to",
  "refused.SMS_STOPPED": "this person wrote STOP and wants no more texts until they write START",
  "refused.SMS_FILES": "a text carries no files: nothing was sent, neither the file nor words with it",
  "refused.SMS_EMPTY": "there are no words in it",
  "refused.SMS_TOO_LONG": "it would take {parts} SMS, and {most} are allowed: shorten it",
  "preview.too-long": "It will be refused: {parts} SMS are more than the {most} that are allowed. Shorten it.",
  "preview.ucs2": "Letters that few alphabets have ({letters}) leave room for 70 letters in an SMS, instead of 160.",
  "news.EXPIRED": "the phone was not reached in time",
  "news.SMS_UNDELIVERABLE": "the network cannot deliver to this number",
  "news.SMS_REJECTED": "the network refused the text",
  "news.SMS_DELETED": "the network deleted the text",
  "news.SMS_DELAYED": "the network still tries to reach the phone",
  "news.SMS_STATE_UNKNOWN": "the network does not know what became of the text",
  "news.SMS_NUMBER_INVALID": "this is no telephone number that the networks know",
  "news.SMS_NUMBER_UNREACHABLE": "this number cannot be reached",
  "news.SMS_NOT_A_MOBILE": "this number takes no texts",
  "news.SMS_OPTED_OUT": "this person wants no more texts",
  "news.SMS_BARRED": "the network lets no text through to this number",
  "news.SMS_CONTENT_REFUSED": "the network refused the words of this text",
  "news.SMS_HANDSET_UNREACHABLE": "the phone was not reached in time",
  "news.SMS_NETWORK": "the network failed to deliver it",
  "news.SMS_SUBSCRIBER_CREDIT": "the credit of this number does not allow it",
} as const;

export type TextKey = keyof typeof ENGLISH;

const FRENCH: Readonly<Record<TextKey, string>> = {
  "remark.short-code": "Provient d’un numéro court : on ne peut pas y répondre.",
  "remark.alphanumeric": "Provient d’un expéditeur sans numéro : on ne peut pas y répondre.",
  "remark.gap":
    "Ce texte n’est pas arrivé en entier : il manque {missing} parties sur {of}. Si elles arrivent, le texte entier suivra.",
  "remark.whole": "Le texte entier d’un message affiché avant avec une lacune.",
  "remark.again":
    "Ce texte est peut-être un précédent revenu une seconde fois : la liaison avec le réseau a été coupée pendant l’accusé de réception.",
  "gap.one": "[… il manque la partie {first} sur {of} …]",
  "gap.more": "[… il manque les parties {first} à {last} sur {of} …]",
  "remark.stop": "L’expéditeur ne veut plus de SMS : aucun ne peut être envoyé avant qu’il n’écrive START.",
  "remark.start": "L’expéditeur veut de nouveau recevoir des SMS.",
  "refused.SMS_NOT_ANSWERABLE": "on ne peut pas écrire à un numéro court ou à un nom",
  "refused.SMS_STOPPED": "cette personne a écrit STOP et ne veut plus de SMS avant d’écrire START",
  "refused.SMS_FILES": "un SMS ne porte pas de fichier : rien n’est parti, ni le fichier ni le texte avec lui",
  "refused.SMS_EMPTY": "il ne contient pas de texte",
  "refused.SMS_TOO_LONG": "il faudrait {parts} SMS, et {most} sont permis : raccourcissez-le",
  "preview.too-long": "Il sera refusé : {parts} SMS, c’est plus que les {most} permis. Raccourcissez-le.",
  "preview.ucs2": "Des caractères rares ({letters}) ne laissent place qu’à 70 caractères par SMS, au lieu de 160.",
  "news.EXPIRED": "le téléphone n’a pas été joint à temps",
  "news.SMS_UNDELIVERABLE": "le réseau ne peut pas livrer à ce numéro",
  "news.SMS_REJECTED": "le réseau a refusé le texte",
  "news.SMS_DELETED": "le réseau a supprimé le texte",
  "news.SMS_DELAYED": "le réseau essaie encore de joindre le téléphone",
  "news.SMS_STATE_UNKNOWN": "le réseau ne sait pas ce que le texte est devenu",
  "news.SMS_NUMBER_INVALID": "ce n’est pas un numéro que les réseaux connaissent",
  "news.SMS_NUMBER_UNREACHABLE": "ce numéro ne peut pas être joint",
  "news.SMS_NOT_A_MOBILE": "ce numéro ne reçoit pas de SMS",
  "news.SMS_OPTED_OUT": "cette personne ne veut plus de SMS",
  "news.SMS_BARRED": "le réseau ne laisse passer aucun SMS vers ce numéro",
  "news.SMS_CONTENT_REFUSED": "le réseau a refusé les mots de ce texte",
  "news.SMS_HANDSET_UNREACHABLE": "le téléphone n’a pas été joint à temps",
  "news.SMS_NETWORK": "le réseau n’a pas pu le livrer",
  "news.SMS_SUBSCRIBER_CREDIT": "le crédit de ce numéro ne le permet pas",
};

const WORDS: ReadonlyMap<string, Readonly<Record<TextKey, string>>> = new Map([
  ["en", ENGLISH],
  ["fr", FRENCH],
]);

/** The words in the first of the languages that is spoken here, English else. */
export function say(
  key: TextKey,
  languages: readonly string[],
  values: Readonly<Record<string, string | number>> = {},
): string {
  const table =
    languages.map((tag) => WORDS.get(tag.split("-")[0] ?? "")).find((each) => each !== undefined) ?? ENGLISH;
  return table[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

export const isTextKey = (key: string): key is TextKey => key in ENGLISH;
