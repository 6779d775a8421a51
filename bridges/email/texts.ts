/** What this bridge says to agents, in the languages it speaks. */
const ENGLISH = {
  "remark.time": "This mail took too long to read: all of it is in the file message.eml.",
  "remark.memory": "This mail needed too much memory to read: all of it is in the file message.eml.",
  "remark.crash": "This mail could not be read: all of it is in the file message.eml.",
  "remark.unfetched":
    "A mail could not be read from the mail server. It is still in the mailbox {mailbox} (UID {uid}).",
  "remark.vacation": "Automatic reply: a machine sent it while the person is away or busy.",
  "remark.list": "From a mailing list or newsletter.",
  "remark.notification": "Automatic message: a machine sent it, and perhaps nobody reads answers.",
  "remark.cut": "This mail is too long or too nested to show in full: it is attached whole as message.eml.",
  "remark.smime-signed": "This mail is signed (S/MIME). The signature was not checked here.",
  "remark.pgp-signed": "This mail is signed (OpenPGP). The signature was not checked here.",
  "remark.smime-encrypted":
    "This mail is encrypted (S/MIME) and cannot be shown here: the original is attached as message.eml.",
  "remark.pgp-encrypted":
    "This mail is encrypted (OpenPGP) and cannot be shown here: the original is attached as message.eml.",
  "remark.tnef": "An Outlook container (winmail.dat) could not be opened: it is attached as it came.",
  "label.forwarded": "Attached message",
  "label.from": "From",
  "label.to": "To",
  "label.date": "Date",
  "label.subject": "Subject",
  "label.image": "image",
  "label.file": "file",
  "calendar.request": "Invitation",
  "calendar.publish": "Event",
  "calendar.cancel": "Cancelled event",
  "calendar.reply": "Answer to an invitation",
  "calendar.counter": "Proposal of another time",
  "calendar.when": "When",
  "calendar.until": "until",
  "calendar.where": "Where",
  "calendar.organiser": "Organiser",
  "calendar.repeats": "This event repeats.",
  "calendar.accepted": "accepts",
  "calendar.declined": "declines",
  "calendar.tentative": "accepts with reservation",
  "calendar.needs-action": "has not decided",
} as const;

export type TextKey = keyof typeof ENGLISH;

const FRENCH: Readonly<Record<TextKey, string>> = {
  "remark.time": "La lecture de ce courriel a pris trop de temps : il est en entier dans le fichier message.eml.",
  "remark.memory":
    "La lecture de ce courriel a demandé trop de mémoire : il est en entier dans le fichier message.eml.",
  "remark.crash": "Ce courriel n’a pas pu être lu : il est en entier dans le fichier message.eml.",
  "remark.unfetched":
    "Un courriel n’a pas pu être lu sur le serveur de messagerie. Il est toujours dans la boîte {mailbox} (UID {uid}).",
  "remark.vacation": "Réponse automatique : envoyée par une machine en l’absence de la personne.",
  "remark.list": "Provient d’une liste de diffusion ou d’une lettre d’information.",
  "remark.notification": "Message automatique : envoyé par une machine, peut-être sans personne pour lire une réponse.",
  "remark.cut": "Ce courriel est trop long ou trop imbriqué pour être affiché en entier : il est joint (message.eml).",
  "remark.smime-signed": "Ce courriel est signé (S/MIME). La signature n’a pas été vérifiée ici.",
  "remark.pgp-signed": "Ce courriel est signé (OpenPGP). La signature n’a pas été vérifiée ici.",
  "remark.smime-encrypted":
    "Ce courriel est chiffré (S/MIME) et ne peut être affiché ici : l’original est joint (message.eml).",
  "remark.pgp-encrypted":
    "Ce courriel est chiffré (OpenPGP) et ne peut être affiché ici : l’original est joint (message.eml).",
  "remark.tnef": "Un conteneur Outlook (winmail.dat) n’a pas pu être ouvert : il est joint tel quel.",
  "label.forwarded": "Message joint",
  "label.from": "De",
  "label.to": "À",
  "label.date": "Date",
  "label.subject": "Objet",
  "label.image": "image",
  "label.file": "fichier",
  "calendar.request": "Invitation",
  "calendar.publish": "Événement",
  "calendar.cancel": "Événement annulé",
  "calendar.reply": "Réponse à une invitation",
  "calendar.counter": "Proposition d’un autre horaire",
  "calendar.when": "Quand",
  "calendar.until": "jusqu’à",
  "calendar.where": "Où",
  "calendar.organiser": "Organisateur",
  "calendar.repeats": "Cet événement se répète.",
  "calendar.accepted": "accepte",
  "calendar.declined": "refuse",
  "calendar.tentative": "accepte sous réserve",
  "calendar.needs-action": "n’a pas décidé",
};

export type Language = "en" | "fr";

/** The first of an agency's languages that this bridge speaks. @param languages language tags, as `fr` or `fr-CH`. */
export function pickLanguage(languages: readonly string[]): Language {
  for (const tag of languages) {
    const language = tag.toLowerCase().split("-")[0];
    if (language === "en" || language === "fr") return language;
  }
  return "en";
}

export const say = (key: TextKey, language: Language): string => (language === "fr" ? FRENCH : ENGLISH)[key];
