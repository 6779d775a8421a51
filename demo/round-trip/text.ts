import { lookUntil } from "../bell.ts";
import { CITIZEN } from "../citizen.ts";
import { SetUpError, say } from "../setup/say.js";
import type { MobileNetwork } from "../sms/mobile-network.ts";
import type { PhoneText } from "../sms/phone-text.ts";
import { answerIn, expectEvent, isFromCitizen, PATIENCE_MS, type Room } from "./room.ts";

const QUESTION = "Is the town hall open on Saturday?";
const ANSWER = "Yes, on Saturday from 9 to 12. Town Hall";

export interface TextTrip extends Room {
  /** The agency's. */
  readonly number: string;
  readonly network: MobileNetwork;
}

/**
 * A citizen's text into the room, the agent's answer back to the phone.
 * @returns the text that the phone has, with its receipt.
 * @throws SetUpError with the step that failed.
 */
export async function sendTextAround(parts: TextTrip): Promise<PhoneText> {
  const { network, number } = parts;
  say(`${CITIZEN.phone} texts ${number} …`);
  const written = await network.write({ from: CITIZEN.phone, to: number, text: QUESTION });
  if (written.state !== "taken")
    throw new SetUpError(`guichet did not take the citizen's text: it is ${written.state}.`);
  const question = await expectEvent(
    parts,
    "the citizen's text",
    (event) => isFromCitizen(event) && String(event.content.body).includes(QUESTION),
  );
  say("  the text is in the room; the agent answers …");
  await answerIn(parts, question, ANSWER);
  const isAnswer = ({ to, text, state }: PhoneText) => to === CITIZEN.phone && text === ANSWER && state === "delivered";
  const received = await lookUntil(network.bell, () => network.texts.find(isAnswer), PATIENCE_MS);
  if (received === undefined) throw new SetUpError("The agent's answer did not reach the citizen's phone.");
  say("  the phone says that it has the answer");
  return received;
}
