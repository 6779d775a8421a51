import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createTransport, type SendMailOptions } from "nodemailer";
import { isReaction } from "../../test/support/is-reaction.ts";
import { MatrixClient, type MatrixEvent } from "../../test/support/matrix-client.ts";
import { projectFolder } from "../setup/paths.js";
import { SetUpError } from "../setup/say.js";
import type { Demo } from "./demo.ts";

/** Plays what agents meet in their days; `take` photographs what stands in the room then, with those words in it. */
export async function playScenes(
  demo: Demo,
  take: (name: string, ...seen: readonly string[]) => Promise<void>,
): Promise<void> {
  const mail = demo.channels["town-mail"];
  const room = demo.agencies["town-hall"]?.room_id;
  if (!mail?.smtp || !mail.address || !room) throw new SetUpError("The demo has no channel town-mail.");
  const agent = new MatrixClient(demo.homeserver, {
    userId: demo.agent.user_id,
    accessToken: demo.agent.access_token,
  });
  const transport = createTransport({ ...mail.smtp, secure: false, ignoreTLS: true });
  const arrive = async (options: SendMailOptions, words: string): Promise<MatrixEvent> => {
    await transport.sendMail({ to: mail.address, ...options });
    return agent.waitForEvent(
      room,
      ({ type, sender, content }) =>
        type === "m.room.message" && sender.startsWith("@_guichet_") && String(content.body).includes(words),
    );
  };
  const outcome = (of: string, key: string) => agent.waitForEvent(room, (event) => isReaction(event, of, key));
  try {
    const photo = await readFile(join(projectFolder, "demo", "street-lamp.png"));
    const lamp = await arrive(
      {
        from: { name: "Camille Martin", address: "camille@citizen.example" },
        subject: "Street lamp out in rue des Lilas",
        text: "Hello,\n\nthe street lamp in front of 12 rue des Lilas has been out since Monday.\nWhen will it be repaired?\n\nCamille Martin",
        attachments: [{ filename: "street-lamp.png", content: photo, contentType: "image/png" }],
      },
      "rue des Lilas has been out",
    );
    await agent.waitForEvent(room, ({ content }) => content.filename === "street-lamp.png");
    await take("1-arrival", "Street lamp out", "first contact", "When will it be repaired?");

    const answer = await agent.reply(
      room,
      lamp.event_id,
      "Thank you for telling us. The lamp will be repaired on Thursday.",
      lamp.event_id,
    );
    await outcome(answer, "✅");
    await take("2-answer-sent", "repaired on Thursday", "✅");

    const permit = await arrive(
      {
        from: { name: "Amadou Diallo", address: "amadou@gone.example" },
        subject: "Parking permit",
        html: "<p>Bonjour,</p><p>I moved to <b>rue Haute</b>. Which papers do you need for a permit?</p><ul><li>proof of address</li><li>registration of the car</li></ul>",
      },
      "Which papers",
    );
    const lost = await agent.reply(room, permit.event_id, "Both, and your identity card.", permit.event_id);
    await outcome(lost, "❌");
    await agent.waitForEvent(
      room,
      ({ content }) => content.msgtype === "m.notice" && JSON.stringify(content).includes(lost),
    );
    await take("3-answer-failed", "registration of the car", "Both, and your identity card", "❌", "Check the address");
  } finally {
    transport.close();
    await agent.close();
  }
}
