/** All that guichet itself says to agents. A language is one record; a missing one falls back to English. */
export interface DeskTexts {
  readonly topic: (agency: string) => string;
  readonly rejected: (code: string, answer: string | undefined) => string;
  readonly gaveUp: (last: string) => string;
  readonly unknown: (code: string) => string;
  readonly alreadyLeft: string;
  readonly cannotAnswer: string;
  readonly nothingToSend: string;
  readonly encrypted: string;
  readonly unknownMessage: string;
  readonly unknownCommand: (verb: string) => string;
  readonly quarantined: (id: string, code: string) => string;
}

const said = (code: string, answer: string | undefined) => (answer ? `${code}: ${answer}` : code);

const en: DeskTexts = {
  topic: (agency) =>
    `${agency}: messages from citizens. Reply to a citizen's message, or write !reply in its thread, and they get it; everything else stays here.`,
  rejected: (code, answer) =>
    `Not delivered: the other side refused it (${said(code, answer)}). Check the address, or reach the citizen another way.`,
  gaveUp: (last) =>
    `Not delivered: guichet tried for a day and gave up (${last}). Reach the citizen another way, or reply again later.`,
  unknown: (code) =>
    `May have arrived, or not (${code}): the connection ended before the other side confirmed it. Check with the citizen before you send it again.`,
  alreadyLeft: "This answer has already left: the change does not reach the citizen. Send a correction as a new reply.",
  cannotAnswer: "Not delivered: this channel cannot carry answers. Reach the citizen another way.",
  nothingToSend: "Not sent: there is nothing in this message that the citizen could receive.",
  encrypted: "Not sent: guichet cannot read encrypted messages. Answer from a room without encryption.",
  unknownMessage:
    "Not sent: guichet has no record of the message that you answered. Reply to another message of this citizen, or reach them another way.",
  unknownCommand: (verb) =>
    `!${verb} is not a command. Known: !reply TEXT sends to the citizen, !note TEXT stays here.`,
  quarantined: (id, code) =>
    `A citizen's message could not be shown (${code}). It is kept: ask your operator for number ${id}.`,
};

const fr: DeskTexts = {
  topic: (agency) =>
    `${agency} : messages des usagers. Répondez au message de l'usager, ou écrivez !reply dans son fil, et il le reçoit ; tout le reste demeure ici.`,
  rejected: (code, answer) =>
    `Non remis : refusé par l'autre côté (${said(code, answer)}). Vérifiez l'adresse ou joignez l'usager autrement.`,
  gaveUp: (last) =>
    `Non remis : abandon après une journée d'essais (${last}). Joignez l'usager autrement ou répondez plus tard.`,
  unknown: (code) =>
    `Peut-être arrivé, peut-être pas (${code}) : la connexion s'est interrompue avant la confirmation. Vérifiez auprès de l'usager avant de renvoyer.`,
  alreadyLeft:
    "Cette réponse est déjà partie : la modification n'atteint pas l'usager. Envoyez un rectificatif en nouvelle réponse.",
  cannotAnswer: "Non remis : ce canal ne transporte pas de réponse. Joignez l'usager autrement.",
  nothingToSend: "Non envoyé : ce message ne contient rien que l'usager puisse recevoir.",
  encrypted: "Non envoyé : guichet ne lit pas les messages chiffrés. Répondez depuis un salon non chiffré.",
  unknownMessage:
    "Non envoyé : guichet n'a pas trace du message auquel vous répondez. Répondez à un autre message de cet usager ou joignez-le autrement.",
  unknownCommand: (verb) =>
    `!${verb} n'est pas une commande. Connues : !reply TEXTE part vers l'usager, !note TEXTE reste ici.`,
  quarantined: (id, code) =>
    `Le message d'un usager n'a pas pu être affiché (${code}). Il est conservé : demandez le numéro ${id} à votre exploitant.`,
};

const TEXTS: Readonly<Record<string, DeskTexts>> = { en, fr };

/** @param languages the agency's, in order of preference. */
export const chooseTexts = (languages: readonly string[]): DeskTexts =>
  languages.flatMap((language) => TEXTS[language] ?? []).at(0) ?? en;
