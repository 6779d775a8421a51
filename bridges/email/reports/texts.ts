import type { ReadReport, Reason } from "./report.ts";

/** What agents read about mail that came back. A language is one record; a missing one falls back to English. */
export interface ReportTexts {
  readonly reasons: Readonly<Record<Reason, string>>;
  readonly dispositions: Readonly<Record<ReadReport["disposition"], string>>;
  readonly complaint: string;
  /** Of messages that are not known here, by their cause. */
  readonly bounced: (cause: string) => string;
  readonly heldUp: (cause: string) => string;
  readonly handedOn: string;
}

const en: ReportTexts = {
  reasons: {
    NO_SUCH_USER: "this address does not exist",
    NO_SUCH_DOMAIN: "the part of the address after the @ does not exist",
    NO_MAIL_SERVER: "there is no mail at the part of the address after the @",
    MOVED: "this address is no longer used",
    MAILBOX_FULL: "the mailbox is full",
    MAILBOX_DISABLED: "the mailbox is closed or suspended",
    TOO_LARGE: "the message is too large for the other side; send the files smaller or another way",
    TOO_MANY: "the other side takes no more messages from us for now",
    SPAM: "the other side took it for spam or a virus",
    BLOCKED: "the other side blocks our mail server; your operator can have this lifted",
    AUTHENTICATION: "the other side does not trust the sender (SPF, DKIM or DMARC); tell your operator",
    ENCRYPTION: "the mail servers could not agree on encryption; tell your operator",
    RELAY_DENIED: "the server there does not handle this address",
    SENDER_REFUSED: "the other side refuses our address as sender",
    CONTENT_REFUSED: "the other side refuses the content or a file",
    POLICY: "the other side refuses it by its own rules",
    MALFORMED: "the other side finds fault with the form of the message; tell your operator",
    LOOP: "it goes round in circles between mail servers",
    EXPIRED: "it could not be handed over in the time allowed",
    UNREACHABLE: "the mail server there cannot be reached",
    SERVER_ERROR: "the mail server there has a fault",
    OTHER: "the other side does not say why",
  },
  dispositions: {
    displayed: "The citizen's mail program says that the message was opened.",
    deleted: "The citizen's mail program says that the message was deleted, perhaps unread.",
    denied: "The citizen's mail program does not tell whether the message was opened.",
    other: "The citizen's mail program reports on the message, but not whether it was opened.",
  },
  complaint: "The citizen, or their mail provider, reported this message as unwanted. Do not write again unasked.",
  bounced: (cause) => `A mail server reports a message that did not arrive (${cause}). guichet does not know which.`,
  heldUp: (cause) => `A mail server reports a message that is held up (${cause}). guichet does not know which.`,
  handedOn: "A mail server reports that it delivered a message or handed it on.",
};

const fr: ReportTexts = {
  reasons: {
    NO_SUCH_USER: "cette adresse n'existe pas",
    NO_SUCH_DOMAIN: "la partie de l'adresse après l'@ n'existe pas",
    NO_MAIL_SERVER: "la partie de l'adresse après l'@ ne reçoit pas de courriel",
    MOVED: "cette adresse n'est plus utilisée",
    MAILBOX_FULL: "la boîte de réception est pleine",
    MAILBOX_DISABLED: "la boîte de réception est fermée ou suspendue",
    TOO_LARGE: "le message est trop volumineux pour l'autre côté ; réduisez les fichiers ou transmettez-les autrement",
    TOO_MANY: "l'autre côté n'accepte plus de messages de notre part pour le moment",
    SPAM: "l'autre côté l'a pris pour un courriel indésirable ou un virus",
    BLOCKED: "l'autre côté bloque notre serveur de messagerie ; votre exploitant peut faire lever le blocage",
    AUTHENTICATION:
      "l'autre côté ne fait pas confiance à l'expéditeur (SPF, DKIM ou DMARC) ; prévenez votre exploitant",
    ENCRYPTION: "les serveurs n'ont pas pu s'accorder sur le chiffrement ; prévenez votre exploitant",
    RELAY_DENIED: "le serveur de destination ne gère pas cette adresse",
    SENDER_REFUSED: "l'autre côté refuse notre adresse d'expédition",
    CONTENT_REFUSED: "l'autre côté refuse le contenu ou un fichier",
    POLICY: "l'autre côté le refuse selon ses propres règles",
    MALFORMED: "l'autre côté conteste la forme du message ; prévenez votre exploitant",
    LOOP: "le message tourne en rond entre des serveurs",
    EXPIRED: "il n'a pas pu être remis dans le délai prévu",
    UNREACHABLE: "le serveur de destination est injoignable",
    SERVER_ERROR: "le serveur de destination est en panne",
    OTHER: "l'autre côté ne dit pas pourquoi",
  },
  dispositions: {
    displayed: "La messagerie de l'usager indique que le message a été ouvert.",
    deleted: "La messagerie de l'usager indique que le message a été supprimé, peut-être sans être lu.",
    denied: "La messagerie de l'usager n'indique pas si le message a été ouvert.",
    other: "La messagerie de l'usager rend compte du message, sans dire s'il a été ouvert.",
  },
  complaint:
    "L'usager, ou son fournisseur, a signalé ce message comme indésirable. N'écrivez plus sans qu'on vous le demande.",
  bounced: (cause) =>
    `Un serveur de messagerie signale un message qui n'est pas arrivé (${cause}). guichet ne sait pas lequel.`,
  heldUp: (cause) => `Un serveur de messagerie signale un message retardé (${cause}). guichet ne sait pas lequel.`,
  handedOn: "Un serveur de messagerie signale qu'il a remis ou transmis un message.",
};

const TEXTS: Readonly<Record<string, ReportTexts>> = { en, fr };

/** @param languages the agency's, in order of preference. */
export const chooseReportTexts = (languages: readonly string[]): ReportTexts =>
  languages.flatMap((language) => TEXTS[language] ?? []).at(0) ?? en;
