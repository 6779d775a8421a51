import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type ParsedMail, simpleParser } from "mailparser";
import { createTransport } from "nodemailer";
import { isRecord } from "../src/domain/is-record.ts";
import type { MatrixClient, MatrixEvent } from "../test/support/matrix-client.ts";
import type { Listener } from "./configuration.ts";
import type { OutsideMail } from "./outside-mail.ts";
import { projectFolder } from "./setup/paths.js";
import { SetUpError, say } from "./setup/say.js";

const CITIZEN = { name: "Camille Martin", address: "camille@citizen.example" };
const QUESTION = `Hello,

the street lamp in front of 12 rue des Lilas has been out since Monday; there is a photo of it with this mail.
When will it be repaired?

Camille Martin`;
const ANSWER = "Thank you for telling us. The lamp in rue des Lilas will be repaired on Thursday. Town Hall";
const PHOTO = "street-lamp.png";
/** A machine with other work has slow moments. */
const PATIENCE_MS = 30_000;

export interface RoundTrip {
  readonly agent: MatrixClient;
  readonly room: string;
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
export async function makeRoundTrip(parts: RoundTrip): Promise<ParsedMail> {
  const { agent, room, outside } = parts;
  const photo = await readFile(join(projectFolder, "demo", PHOTO));
  say(`${CITIZEN.name} writes to ${parts.address} …`);
  const messageId = await writeAsCitizen(parts, photo);

  const question = await expectEvent(parts, "the citizen's message", ({ type, sender, content }) => {
    return type === "m.room.message" && isGhost(sender) && String(content.body).includes("rue des Lilas");
  });
  const file = await expectEvent(
    parts,
    "the citizen's photo",
    ({ content }) => content.filename === PHOTO && isPartOf(content, question),
  );
  const { content } = await agent.download(String(file.content.url));
  if (!content.equals(photo)) throw new SetUpError("The photo in the room is not the one that the citizen sent.");
  say("  message and photo are in the room");

  say("The agent answers …");
  const answer = await agent.reply(room, question.event_id, ANSWER, question.event_id);
  const outcome = await expectEvent(
    parts,
    "the outcome of the agent's answer",
    ({ type, content }) => type === "m.reaction" && ["✅", "❌"].some((key) => isReaction(content, answer, key)),
  );
  if (!isReaction(outcome.content, answer, "✅"))
    throw new SetUpError("guichet says that the answer was not delivered.");
  say("  the room says that it has left");

  const received = await outside.waitFor(CITIZEN.address, PATIENCE_MS);
  if (received === undefined) throw new SetUpError("The agent's answer did not reach the citizen's mail server.");
  const mail = await simpleParser(await readFile(received));
  if (!mail.text?.includes(ANSWER)) throw new SetUpError(`The citizen's mail lacks the agent's words: ${received}`);
  if (mail.inReplyTo !== messageId) throw new SetUpError(`The citizen's mail answers another mail: ${received}`);
  return mail;
}

/** @returns the mail's Message-ID. */
async function writeAsCitizen({ intake, address }: RoundTrip, photo: Buffer): Promise<string> {
  const transport = createTransport({ ...intake, secure: false, ignoreTLS: true });
  try {
    const sent = await transport.sendMail({
      from: CITIZEN,
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

async function expectEvent(
  { agent, room }: RoundTrip,
  what: string,
  fits: (event: MatrixEvent) => boolean,
): Promise<MatrixEvent> {
  try {
    return await agent.waitForEvent(room, fits, PATIENCE_MS);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SetUpError(`The agent did not see ${what} in the room: ${reason}.`);
  }
}

const isGhost = (sender: string) => sender.startsWith("@_guichet_");

function relationOf(content: MatrixEvent["content"]): Readonly<Record<string, unknown>> {
  const relation = content["m.relates_to"];
  return isRecord(relation) ? relation : {};
}

function isPartOf(content: MatrixEvent["content"], root: MatrixEvent): boolean {
  const { rel_type, event_id } = relationOf(content);
  return rel_type === "m.thread" && event_id === root.event_id;
}

function isReaction(content: MatrixEvent["content"], to: string, key: string): boolean {
  const relation = relationOf(content);
  return relation.rel_type === "m.annotation" && relation.event_id === to && relation.key === key;
}
