import { counted, listed, megabytes, money, said, sentences } from "./phrases.ts";
import type { DeskTexts } from "./texts.ts";
import { traced } from "./traced.ts";

const STEPS = {
  received: "received",
  screened: "looked at, and let pass",
  posted: "shown in the room",
  quarantined: "set aside",
  released: "let go its way",
  dropped: "left at that",
  composed: "written",
  held: "waits, as long as it can be taken back",
  queued: "waits for its turn",
  attempted: "being sent",
  accepted: "the other side has taken it",
  deferred: "not yet; it is tried again",
  refused: "refused by the other side",
  "gave-up": "given up",
  unknown: "nobody knows whether it arrived",
  cancelled: "taken back",
  replayed: "to be sent again",
  delayed: "held up on its way",
  delivered: "has arrived",
  bounced: "has come back",
  read: "was opened",
};

export const en: DeskTexts = {
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
  cameBy: (channel) => `By ${channel}`,
  answersBy: (channel, address) => `Answers leave by ${channel}, to ${address}`,
  answersWished: (type, address) =>
    `The sender wants answers by ${type}, to ${address}: this agency has no such channel, or it does not take the address.`,
  viaUnknown: (word, channels) =>
    `Not sent: this agency has no channel "${word}" that carries answers. ${channels.length === 0 ? "It has none." : `It has: ${channels.join(", ")}.`}`,
  viaAddress: (word, example) =>
    `Not sent: where should ${word} reach the citizen? ${example === undefined ? "There they write first." : `Write the address on the first line, and the text below:\n!via ${word} ${example}\nThe text.`}`,
  viaText:
    "Not sent: there is no text below the first line. Write !via CHANNEL there, and the text on the lines below.",
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
  choice: "React with 🔁 to have it sent again, or with 🗑️ to leave it at that.",
  nothingToDecide: "Nothing is to be decided here: 🔁 and 🗑️ are for an answer that did not arrive.",
  nothingToTrace: "Write !trace as a reply to your answer, or to a citizen's message, to see how it went.",
  traced: (lines) => traced("en", STEPS, "attempt", lines),
  help: (openings, replies) =>
    [
      replies === "explicit"
        ? "A reply to a citizen's message: goes to the citizen."
        : "Whatever you write in a citizen's thread: goes to the citizen.",
      "!reply TEXT, in a thread: goes to the citizen.",
      "!cc TEXT, in a thread or as a reply: goes to the citizen and to everybody whom the message names.",
      "!via CHANNEL [ADDRESS], in a thread or as a reply, with the text on the lines below: goes to the citizen by that channel.",
      "!note TEXT: stays here.",
      "!trace, as a reply to a message: how it went, step by step.",
      ...openings.map(
        ({ verb, example }) =>
          `!${verb} ${example} SUBJECT, in the room, with the text on the lines below: begins a conversation.`,
      ),
      "!help: this list.",
    ].join("\n"),
};
