import type { Cost, Opening } from "../adapter/index.ts";
import type { ComposeTexts } from "../conversation/compose.ts";
import type { StoredRefusal } from "../store/schema.ts";

/** What an answer comes to on its channel, before it leaves. */
export interface PreviewFacts {
  readonly parts: number;
  readonly cost: Cost | undefined;
  /** Sentences of the bridge. */
  readonly remarks: readonly string[];
  /** How long the link to its file works; undefined when no file becomes one. */
  readonly linkDays: number | undefined;
  readonly losesFormatting: boolean;
  readonly losesSubject: boolean;
}

/** All that guichet itself says to agents. A language is one record; a missing one falls back to English. */
export interface DeskTexts extends ComposeTexts {
  readonly topic: (agency: string, replies: "explicit" | "all") => string;
  readonly rejected: (code: string, answer: string | undefined) => string;
  readonly delayed: (code: string, answer: string | undefined) => string;
  readonly gaveUp: (last: string) => string;
  readonly unknown: (code: string) => string;
  readonly alreadyLeft: string;
  readonly editSendsNothing: string;
  readonly cannotAnswer: string;
  readonly nothingToSend: string;
  readonly encrypted: string;
  readonly unsendable: string;
  readonly unknownMessage: string;
  readonly unknownCommand: (verb: string) => string;
  readonly quarantined: (id: string, code: string) => string;
  readonly banned: (id: string) => string;
  readonly waiting: (code: string) => string;
  readonly cameBack: (cause: string, answer: string | undefined) => string;
  readonly heldUp: (cause: string, answer: string | undefined) => string;
  /** A rule of the operator set a message aside. */
  readonly held: (id: string, code: string, remark: string | undefined) => string;
  /** A correspondent's arrivals come too fast. */
  readonly flood: (id: string) => string;
  /** guichet's own acknowledgement did not reach the citizen. */
  readonly notAcknowledged: (cause: string, answer: string | undefined) => string;
  readonly firstContact: string;
  /** Words of a link to a conversation that a new one may belong to, and to the room in which an old one began. */
  readonly mayBelong: string;
  readonly continues: string;
  readonly portalTopic: (agency: string, replies: "explicit" | "all") => string;
  readonly portalOpened: (link: string) => string;
  readonly spaceTopic: (agency: string) => string;
  /** The room has been replaced by one that guichet cannot enter. */
  readonly cannotFollow: string;
  /** Some of several recipients did not get an answer. */
  readonly refused: (refused: readonly StoredRefusal[]) => string;
  readonly cannotCopy: string;
  readonly nobodyElse: string;
  readonly openingAddress: (verb: string, example: string) => string;
  readonly openingText: string;
  readonly openingStays: (address: string) => string;
  readonly openingOutside: (verb: string) => string;
  /** @param mostBytes what the channel takes; 0 for none. */
  readonly fileStays: (mostBytes: number) => string;
  readonly linkWithdrawn: string;
  readonly previewed: (facts: PreviewFacts) => string;
  readonly help: (openings: readonly Pick<Opening, "verb" | "example">[], replies: "explicit" | "all") => string;
}

const said = (code: string, answer: string | undefined) => (answer ? `${code}: ${answer}` : code);

const listed = (refused: readonly StoredRefusal[]) =>
  refused.map(({ address, code, remoteAnswer }) => `${address} (${said(code, remoteAnswer)})`).join(", ");

const counted = (...things: readonly (readonly [count: number, one: string, many: string])[]) =>
  things.flatMap(([count, one, many]) => (count === 0 ? [] : [`${count} ${count === 1 ? one : many}`])).join(", ");

const money = (language: string, { amount, currency }: Cost) =>
  new Intl.NumberFormat(language, { style: "currency", currency, maximumFractionDigits: 4 }).format(amount);

const megabytes = (language: string, bytes: number) =>
  new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(bytes / 1_000_000);

const sentences = (...said: readonly (string | false)[]) => said.filter((one) => one !== false).join(" ");

const en: DeskTexts = {
  topic: (agency, replies) =>
    replies === "explicit"
      ? `${agency}: messages from citizens. Reply to a citizen's message, or write !reply in its thread, and they get it; everything else stays here.`
      : `${agency}: messages from citizens. They get everything that you write in their thread, except !note.`,
  rejected: (code, answer) =>
    `Not delivered: the other side refused it (${said(code, answer)}). Check the address, or reach the citizen another way.`,
  delayed: (code, answer) =>
    `Not delivered yet (${said(code, answer)}). guichet goes on trying for five days and says here how it ends. Delete your answer to stop it, or edit it.`,
  gaveUp: (last) =>
    `Not delivered: guichet tried for five days and gave up (${last}). Reach the citizen another way, or reply again later.`,
  unknown: (code) =>
    `May have arrived, or not (${code}): the connection ended before the other side confirmed it. Check with the citizen before you send it again.`,
  alreadyLeft: "This answer has already left: the change does not reach the citizen. Send a correction as a new reply.",
  editSendsNothing: "Not sent: an edit sends nothing by itself. Write it as a new reply.",
  cannotAnswer: "Not delivered: this channel cannot carry answers. Reach the citizen another way.",
  nothingToSend: "Not sent: there is nothing in this message that the citizen could receive.",
  encrypted: "Not sent: guichet cannot read encrypted messages. Answer from a room without encryption.",
  unsendable: "Not sent: polls stay in Matrix. Write it as text, or attach a file.",
  unknownMessage:
    "Not sent: guichet has no record of the message that you answered. Reply to another message of this citizen, or reach them another way.",
  unknownCommand: (verb) =>
    `!${verb} is not a command, and nothing was sent. Known: !reply TEXT sends to the citizen, !cc TEXT to everybody addressed, !note TEXT stays here; !help says more.`,
  quarantined: (id, code) =>
    `A citizen's message could not be shown (${code}). It is kept: ask your operator for number ${id}.`,
  banned: (id) =>
    `A citizen who is banned from this room has written. The message is kept and not shown: ask your operator for number ${id}.`,
  waiting: (code) =>
    `Citizens' messages cannot be shown at the moment and wait (${code}). If this room keeps new members out or silent, let them in and speak; otherwise tell your operator.`,
  cameBack: (cause, answer) =>
    `Not delivered: your answer had left, and came back (${said(cause, answer)}). Check the address, or reach the citizen another way.`,
  heldUp: (cause, answer) =>
    `Not delivered yet: your answer has left and is held up on its way (${said(cause, answer)}). You need not do anything: it is still being tried, and if it comes back it is said here.`,
  notLoaded: ({ remoteImages, trackers }) =>
    `Not loaded: ${counted([remoteImages, "remote image", "remote images"], [trackers, "tracker", "trackers"])}.`,
  held: (id, code, remark = "") =>
    `A message was set aside (${code}). ${remark && `${remark} `}It is kept: ask your operator for number ${id}.`,
  flood: (id) =>
    `One sender's messages come too fast, as those of a machine: further ones of this hour are set aside (FLOOD, from number ${id} on). They are kept: ask your operator.`,
  notAcknowledged: (cause, answer) =>
    `The automatic acknowledgement did not reach the citizen (${said(cause, answer)}). Check the address when you answer.`,
  firstContact: "first contact",
  mayBelong: "May belong to an earlier conversation",
  continues: "Continues a conversation that began in an earlier room",
  portalTopic: (agency, replies) =>
    replies === "explicit"
      ? `${agency}: a citizen's messages. Reply to one of them, or write !reply, and they get it; everything else stays here.`
      : `${agency}: a citizen's messages. They get everything that you write here, except !note.`,
  portalOpened: (link) => `A citizen has written: ${link}`,
  spaceTopic: (agency) => `${agency}: its room, and a room for each citizen's matter.`,
  cannotFollow:
    "This room has been replaced, and guichet cannot enter the new one: invite the bot there. Citizens' messages wait until then.",
  addressed: (list, more) => `Cc: ${list}${more === 0 ? "" : ` and ${more} more`}`,
  answersTo: (party) => `Reply-To: ${party}`,
  refused: (refused) =>
    `Not delivered to ${listed(refused)}. The other recipients have it. Check the address, or reach them another way.`,
  cannotCopy: "Not sent: this channel reaches one person only. Use !reply for the citizen.",
  nobodyElse: "Not sent: nobody else was addressed in this message. Use !reply for the citizen.",
  openingAddress: (verb, example) =>
    `Not sent: there is no address after !${verb} that can be written to. Write it in a new message:\n!${verb} ${example} Subject\nThe text, on the lines below.`,
  openingText: "Nothing was sent yet: there is no text below the first line. Write !reply and the text in this thread.",
  openingStays: (address) =>
    `Not sent: the first line has to name ${address} as before. Write to another address in a new message.`,
  openingOutside: (verb) => `Not sent: !${verb} begins a conversation. Write it in the room, outside of threads.`,
  fileStays: (mostBytes) =>
    mostBytes === 0
      ? "Not sent: this channel carries no files, and there is no place from where the citizen could fetch one. Write it as text, or reach the citizen another way."
      : `Not sent: this channel carries files of up to ${megabytes("en", mostBytes)} MB. Make it smaller, or reach the citizen another way.`,
  linkWithdrawn:
    "This answer has already left, and the words with it. The link to its file no longer works: who has not fetched it cannot any more.",
  previewed: ({ parts, cost, remarks, linkDays, losesFormatting, losesSubject }) =>
    sentences(
      (parts > 1 || cost !== undefined) &&
        `Leaves as ${parts === 1 ? "one message" : `${parts} messages`}${cost ? `, for ${money("en", cost)}` : ""}.`,
      losesFormatting && "Without its formatting: this channel carries plain text.",
      linkDays !== undefined &&
        `Its file becomes a link that works for ${linkDays === 1 ? "a day" : `${linkDays} days`}; delete this answer, also later, to withdraw the file.`,
      losesSubject && "Its first line stays here: this channel has no subjects.",
      ...remarks,
    ),
  help: (openings, replies) =>
    [
      replies === "explicit"
        ? "A reply to a citizen's message: goes to the citizen."
        : "Whatever you write in a citizen's thread: goes to the citizen.",
      "!reply TEXT, in a thread: goes to the citizen.",
      "!cc TEXT, in a thread or as a reply: goes to the citizen and to everybody whom the message names.",
      "!note TEXT: stays here.",
      ...openings.map(
        ({ verb, example }) =>
          `!${verb} ${example} SUBJECT, in the room, with the text on the lines below: begins a conversation.`,
      ),
      "!help: this list.",
    ].join("\n"),
};

const fr: DeskTexts = {
  topic: (agency, replies) =>
    replies === "explicit"
      ? `${agency} : messages des usagers. Répondez au message de l'usager, ou écrivez !reply dans son fil, et il le reçoit ; tout le reste demeure ici.`
      : `${agency} : messages des usagers. Ils reçoivent tout ce que vous écrivez dans leur fil, sauf !note.`,
  rejected: (code, answer) =>
    `Non remis : refusé par l'autre côté (${said(code, answer)}). Vérifiez l'adresse ou joignez l'usager autrement.`,
  delayed: (code, answer) =>
    `Pas encore remis (${said(code, answer)}). guichet continue d'essayer pendant cinq jours et dira ici ce qu'il en est. Supprimez votre réponse pour l'arrêter, ou modifiez-la.`,
  gaveUp: (last) =>
    `Non remis : abandon après cinq jours d'essais (${last}). Joignez l'usager autrement ou répondez plus tard.`,
  unknown: (code) =>
    `Peut-être arrivé, peut-être pas (${code}) : la connexion s'est interrompue avant la confirmation. Vérifiez auprès de l'usager avant de renvoyer.`,
  alreadyLeft:
    "Cette réponse est déjà partie : la modification n'atteint pas l'usager. Envoyez un rectificatif en nouvelle réponse.",
  editSendsNothing: "Non envoyé : une modification n'envoie rien d'elle-même. Écrivez une nouvelle réponse.",
  cannotAnswer: "Non remis : ce canal ne transporte pas de réponse. Joignez l'usager autrement.",
  nothingToSend: "Non envoyé : ce message ne contient rien que l'usager puisse recevoir.",
  encrypted: "Non envoyé : guichet ne lit pas les messages chiffrés. Répondez depuis un salon non chiffré.",
  unsendable: "Non envoyé : les sondages restent dans Matrix. Écrivez un texte ou joignez un fichier.",
  unknownMessage:
    "Non envoyé : guichet n'a pas trace du message auquel vous répondez. Répondez à un autre message de cet usager ou joignez-le autrement.",
  unknownCommand: (verb) =>
    `!${verb} n'est pas une commande, et rien n'est parti. Connues : !reply TEXTE part vers l'usager, !cc TEXTE vers tous les destinataires, !note TEXTE reste ici ; !help en dit plus.`,
  quarantined: (id, code) =>
    `Le message d'un usager n'a pas pu être affiché (${code}). Il est conservé : demandez le numéro ${id} à votre exploitant.`,
  banned: (id) =>
    `Un usager banni de ce salon a écrit. Son message est conservé sans être affiché : demandez le numéro ${id} à votre exploitant.`,
  waiting: (code) =>
    `Des messages d'usagers ne peuvent pas être affichés pour l'instant et attendent (${code}). Si ce salon refuse les nouveaux membres ou leur parole, ouvrez-le ; sinon, prévenez votre exploitant.`,
  cameBack: (cause, answer) =>
    `Non remis : votre réponse était partie et elle est revenue (${said(cause, answer)}). Vérifiez l'adresse ou joignez l'usager autrement.`,
  heldUp: (cause, answer) =>
    `Pas encore remis : votre réponse est partie mais elle est retenue en chemin (${said(cause, answer)}). Vous n'avez rien à faire : l'envoi se poursuit, et si elle revient, c'est dit ici.`,
  notLoaded: ({ remoteImages, trackers }) =>
    `Non chargé : ${counted([remoteImages, "image distante", "images distantes"], [trackers, "traceur", "traceurs"])}.`,
  held: (id, code, remark = "") =>
    `Un message a été mis de côté (${code}). ${remark && `${remark} `}Il est conservé : demandez le numéro ${id} à votre exploitant.`,
  flood: (id) =>
    `Les messages d'un expéditeur arrivent trop vite, comme ceux d'une machine : les suivants de cette heure sont mis de côté (FLOOD, à partir du numéro ${id}). Ils sont conservés : demandez-les à votre exploitant.`,
  notAcknowledged: (cause, answer) =>
    `L'accusé de réception automatique n'a pas atteint l'usager (${said(cause, answer)}). Vérifiez l'adresse en répondant.`,
  firstContact: "premier contact",
  mayBelong: "Se rattache peut-être à une conversation antérieure",
  continues: "Suite d'une conversation commencée dans un salon antérieur",
  portalTopic: (agency, replies) =>
    replies === "explicit"
      ? `${agency} : messages d'un usager. Répondez à l'un d'eux, ou écrivez !reply, et il le reçoit ; tout le reste demeure ici.`
      : `${agency} : messages d'un usager. Il reçoit tout ce que vous écrivez ici, sauf !note.`,
  portalOpened: (link) => `Un usager a écrit : ${link}`,
  spaceTopic: (agency) => `${agency} : son salon, et un salon par affaire d'usager.`,
  cannotFollow:
    "Ce salon a été remplacé et guichet ne peut pas entrer dans le nouveau : invitez-y le bot. Les messages des usagers attendent jusque-là.",
  addressed: (list, more) => `Copie : ${list}${more === 0 ? "" : ` et ${more} autres`}`,
  answersTo: (party) => `Répondre à : ${party}`,
  refused: (refused) =>
    `Non remis à ${listed(refused)}. Les autres destinataires l'ont reçu. Vérifiez l'adresse ou joignez-les autrement.`,
  cannotCopy: "Non envoyé : ce canal n'atteint qu'une personne. Utilisez !reply pour l'usager.",
  nobodyElse: "Non envoyé : ce message ne s'adresse à personne d'autre. Utilisez !reply pour l'usager.",
  openingAddress: (verb, example) =>
    `Non envoyé : aucune adresse utilisable après !${verb}. Écrivez un nouveau message :\n!${verb} ${example} Objet\nLe texte, sur les lignes suivantes.`,
  openingText:
    "Rien n'est encore parti : il n'y a pas de texte sous la première ligne. Écrivez !reply suivi du texte dans ce fil.",
  openingStays: (address) =>
    `Non envoyé : la première ligne doit garder l'adresse ${address}. Pour une autre adresse, écrivez un nouveau message.`,
  openingOutside: (verb) => `Non envoyé : !${verb} ouvre une conversation. Écrivez-le dans le salon, hors des fils.`,
  fileStays: (mostBytes) =>
    mostBytes === 0
      ? "Non envoyé : ce canal ne transporte pas de fichier, et l'usager n'a pas d'endroit où le prendre. Écrivez un texte ou joignez l'usager autrement."
      : `Non envoyé : ce canal transporte des fichiers de ${megabytes("fr", mostBytes)} Mo au plus. Réduisez le fichier ou joignez l'usager autrement.`,
  linkWithdrawn:
    "Cette réponse est déjà partie, avec ses mots. Le lien vers son fichier ne mène plus nulle part : qui ne l'a pas pris ne l'aura plus.",
  previewed: ({ parts, cost, remarks, linkDays, losesFormatting, losesSubject }) =>
    sentences(
      (parts > 1 || cost !== undefined) &&
        `Part en ${parts === 1 ? "un message" : `${parts} messages`}${cost ? `, pour ${money("fr", cost)}` : ""}.`,
      losesFormatting && "Sans sa mise en forme : ce canal ne transporte que du texte.",
      linkDays !== undefined &&
        `Son fichier devient un lien valable ${linkDays === 1 ? "un jour" : `${linkDays} jours`} ; supprimez cette réponse, même plus tard, pour retirer le fichier.`,
      losesSubject && "Sa première ligne demeure ici : ce canal n'a pas d'objet.",
      ...remarks,
    ),
  help: (openings, replies) =>
    [
      replies === "explicit"
        ? "Une réponse au message d'un usager : part vers l'usager."
        : "Tout ce que vous écrivez dans le fil d'un usager : part vers l'usager.",
      "!reply TEXTE, dans un fil : part vers l'usager.",
      "!cc TEXTE, dans un fil ou en réponse : part vers l'usager et tous ceux que nomme le message.",
      "!note TEXTE : reste ici.",
      ...openings.map(
        ({ verb, example }) =>
          `!${verb} ${example} OBJET, dans le salon, le texte sur les lignes suivantes : ouvre une conversation.`,
      ),
      "!help : cette liste.",
    ].join("\n"),
};

const TEXTS: Readonly<Record<string, DeskTexts>> = { en, fr };

/** @param languages the agency's, in order of preference. */
export const chooseTexts = (languages: readonly string[]): DeskTexts =>
  languages.flatMap((language) => TEXTS[language] ?? []).at(0) ?? en;
