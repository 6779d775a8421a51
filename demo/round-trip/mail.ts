import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type ParsedMail, simpleParser } from "mailparser";
import { createTransport } from "nodemailer";
import { CITIZEN } from "../citizen.ts";
import type { Listener } from "../configuration.ts";
import type { OutsideMail } from "../outside-mail.ts";
import { projectFolder } from "../setup/paths.js";
import { SetUpError, say } from "../setup/say.js";
import { answerIn, expectEvent, isFromCitizen, isPartOf, PATIENCE_MS, type Room } from "./room.ts";

const QUESTION = `Hello,

the street lamp in front of 12 rue des Lilas has been out since Monday; there is a photo of it with this mail.
When will it be repaired?

Camille Martin`;
const ANSWER = "Thank you for telling us. The lamp in rue des Lilas will be repaired on Thursday. Town Hall";
const PHOTO = "street-lamp.png";

export interface MailTrip extends Room {
  readonly intake: Listener;
  /** The agency's address. */
  readonly address: string;
  readonly outside: OutsideMail;
}

/**
 * A citizen's email with a photo into the room, the agent's answer back to the citizen.
 * @returns the mail that the citizen received.
 * @throws SetUpError with the step that failed.
 */
export async function sendMailAround(parts: MailTrip): Promise<ParsedMail> {
  const { agent, outside } = parts;
  const photo = await readFile(join(projectFolder, "demo", PHOTO));
  say(`${CITIZEN.name} writes to ${parts.address} …`);
  const messageId = await writeAsCitizen(parts, photo);

  const question = await expectEvent(
    parts,
    "the citizen's message",
    (event) => isFromCitizen(event) && String(event.content.body).includes("rue des Lilas"),
  );
  const file = await expectEvent(
    parts,
    "the citizen's photo",
    ({ content }) => content.filename === PHOTO && isPartOf(content, question),
  );
  const { content } = await agent.download(String(file.content.url));
  if (!content.equals(photo)) throw new SetUpError("The photo in the room is not the one that the citizen sent.");
  say("  message and photo are in the room; the agent answers …");
  await answerIn(parts, question, ANSWER);
  say("  the room says that the mail has left");

  const received = await outside.waitFor(CITIZEN.address, PATIENCE_MS);
  if (received === undefined) throw new SetUpError("The agent's answer did not reach the citizen's mail server.");
  const mail = await simpleParser(await readFile(received));
  if (!mail.text?.includes(ANSWER)) throw new SetUpError(`The citizen's mail lacks the agent's words: ${received}`);
  if (mail.inReplyTo !== messageId) throw new SetUpError(`The citizen's mail answers another mail: ${received}`);
  return mail;
}

/** @returns the mail's Message-ID. */
async function writeAsCitizen({ intake, address }: MailTrip, photo: Buffer): Promise<string> {
  const transport = createTransport({ ...intake, secure: false, ignoreTLS: true });
  try {
    const sent = await transport.sendMail({
      from: { name: CITIZEN.name, address: CITIZEN.address },
      to: address,
      subject: "Street lamp out in rue des Lilas",
      text: QUESTION,
      attachments: [{ filename: PHOTO, content: photo, contentType: "image/png" }],
    });
    return sent.messageId;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SetUpError(`guichet did not take the citizen's mail: ${reason}`);
  } finally {
    transport.close();
  }
}
