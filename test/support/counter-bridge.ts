/**
 * The source of a bridge as a third party may write it: a counter where somebody types down what citizens say, and where
 * they want their answer. Answers that stay at the counter go to a file of notes.
 */
export const counterBridge = `
import { z } from "zod";

const words = z.object({
  id: z.string(), who: z.string(), text: z.string(), token: z.string().optional(),
  via: z.object({ type: z.string(), address: z.string() }).optional(),
});

export default {
  type: "counter",
  contract: 1,
  config: z.object({}),
  create: (_, host) => {
    let state = "starting";
    const since = host.now();
    host.routes.on("POST", "/say", async (request) => {
      const { id, who, text, via, token } = words.parse(await request.json());
      const ending = await host.inbox.accept({
        dedupeKey: id, remoteId: "counter-" + id, from: { address: who, name: "Jeanne Martin" }, to: "counter", receivedAt: host.now(),
        subject: "Carte", text, thread: { references: [], ...(token ? { token } : {}) }, automatic: false, attachments: [],
        ...(via ? { answerVia: via } : {}),
      });
      return new Response(ending);
    });
    host.routes.on("GET", "/answers", async () => new Response((await host.notes.get("answers")) ?? "[]"));
    return {
      capabilities: { send: true, html: false, subject: false, cc: false, attachmentBytes: 0, repeatable: true },
      start: async () => { state = "up"; },
      stop: async () => { state = "stopped"; },
      send: async ({ deliveryId, text, to, thread }) => {
        const answers = JSON.parse((await host.notes.get("answers")) ?? "[]");
        await host.notes.set("answers", JSON.stringify([...answers, { text, to: to.address, inReplyTo: thread.inReplyTo }]));
        return { remoteId: deliveryId };
      },
      health: () => ({ state, since }),
    };
  },
};
`;
