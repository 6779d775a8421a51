import { counted, listed, megabytes, money, said, sentences } from "./phrases.ts";
import type { DeskTexts } from "./texts.ts";
import { traced } from "./traced.ts";

const STEPS = {
  received: "reçu",
  screened: "examiné et admis",
  posted: "affiché dans le salon",
  quarantined: "mis de côté",
  released: "remis en route",
  dropped: "classé",
  composed: "écrit",
  held: "attend, tant qu'il peut être retiré",
  queued: "attend son tour",
  attempted: "envoi en cours",
  accepted: "pris en charge par l'autre côté",
  deferred: "pas encore ; nouvel essai prévu",
  refused: "refusé par l'autre côté",
  "gave-up": "abandonné",
  unknown: "personne ne sait s'il est arrivé",
  cancelled: "retiré",
  replayed: "à renvoyer",
  delayed: "retenu en chemin",
  delivered: "arrivé",
  bounced: "revenu",
  read: "ouvert",
};

export const fr: DeskTexts = {
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
  cameBy: (channel) => `Par ${channel}`,
  answersBy: (channel, address) => `Les réponses partent par ${channel}, à ${address}`,
  answersWished: (type, address) =>
    `L'expéditeur veut des réponses par ${type}, à ${address} : ce service n'a pas de tel canal, ou il ne prend pas l'adresse.`,
  viaUnknown: (word, channels) =>
    `Non envoyé : ce service n'a pas de canal « ${word} » qui transporte des réponses. ${channels.length === 0 ? "Il n'en a aucun." : `Il a : ${channels.join(", ")}.`}`,
  viaAddress: (word, example) =>
    `Non envoyé : où joindre l'usager par ${word} ? ${example === undefined ? "Là, c'est l'usager qui écrit en premier." : `Écrivez l'adresse sur la première ligne et le texte en dessous :\n!via ${word} ${example}\nLe texte.`}`,
  viaText: "Non envoyé : il n'y a pas de texte sous la première ligne. Écrivez-y !via CANAL, puis le texte en dessous.",
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
  choice: "Réagissez par 🔁 pour renvoyer, ou par 🗑️ pour en rester là.",
  nothingToDecide: "Rien à décider ici : 🔁 et 🗑️ valent pour une réponse qui n'est pas arrivée.",
  nothingToTrace: "Écrivez !suivi en réponse à votre réponse ou au message d'un usager pour en voir le cheminement.",
  traced: (lines) => traced("fr", STEPS, "essai", lines),
  help: (openings, replies) =>
    [
      replies === "explicit"
        ? "Une réponse au message d'un usager : part vers l'usager."
        : "Tout ce que vous écrivez dans le fil d'un usager : part vers l'usager.",
      "!reply TEXTE, dans un fil : part vers l'usager.",
      "!cc TEXTE, dans un fil ou en réponse : part vers l'usager et tous ceux que nomme le message.",
      "!via CANAL [ADRESSE], dans un fil ou en réponse, le texte sur les lignes suivantes : part vers l'usager par ce canal.",
      "!note TEXTE : reste ici.",
      "!suivi, en réponse à un message : son cheminement, étape par étape.",
      ...openings.map(
        ({ verb, example }) =>
          `!${verb} ${example} OBJET, dans le salon, le texte sur les lignes suivantes : ouvre une conversation.`,
      ),
      "!help : cette liste.",
    ].join("\n"),
};
