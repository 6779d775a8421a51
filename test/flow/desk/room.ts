import { join } from "node:path";
import { request } from "undici";
import { expect } from "vitest";
import { readTokens } from "../../../src/matrix/registration.ts";
import type { House } from "../../support/house.ts";
import type { MatrixEvent } from "../../support/matrix-client.ts";

/** What an event relates to. */
export const relationOf = ({ content }: MatrixEvent) => content["m.relates_to"];

const relates = (event: MatrixEvent, to: string) => JSON.stringify(relationOf(event) ?? {}).includes(`"${to}"`);

/** Long, because many tests may share the machine. */
const WAIT_MS = 30_000;

/** Waits for the bot's notice about an event. */
export const notice = (house: House, about: string, room = house.room): Promise<MatrixEvent> =>
  house.agent.waitForEvent(
    room,
    (event) =>
      event.sender.startsWith("@_guichet_bot") && event.content.msgtype === "m.notice" && relates(event, about),
    WAIT_MS,
  );

/** Waits until the bot shows an outcome on an event. */
export const outcome = (house: House, on: string, key: string, room = house.room): Promise<MatrixEvent> =>
  house.agent.waitForEvent(
    room,
    (event) => event.type === "m.reaction" && relates(event, on) && JSON.stringify(relationOf(event)).includes(key),
    WAIT_MS,
  );

/** The bot's reactions that stand on an event now. */
export async function reactions(house: House, on: string, room = house.room): Promise<unknown[]> {
  const found = await house.agent.relations(room, on, "m.annotation");
  return found.filter(({ sender }) => sender.startsWith("@_guichet_bot")).map((event) => Object(relationOf(event)).key);
}

/** Answers and waits until it has left: everything that was to leave in this conversation before it has left too. */
export async function seal(house: House, root: string, room = house.room): Promise<void> {
  const word = `seal-${root.slice(1, 12).replaceAll(/[^a-zA-Z0-9]/g, "")}-${house.sink.mails.length}`;
  await house.agent.reply(room, root, word, root);
  await expect.poll(() => house.sink.mails.some(({ raw }) => raw.includes(word)), { timeout: WAIT_MS }).toBe(true);
}

/** The bot leaves the room, as when an administrator made it. */
export async function makeBotLeave({ folder, synapse, room }: House): Promise<void> {
  const token = readTokens(join(folder, "registration.yaml")).as_token;
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/leave?user_id=@_guichet_bot:agents.test`;
  const answer = await request(`${synapse.url}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: "{}",
  });
  expect(answer.statusCode).toBe(200);
  await answer.body.dump();
}
