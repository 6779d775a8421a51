import { expect, test } from "vitest";
import { countRequests, total } from "../../../bench/requests.ts";
import type { House } from "../../support/house.ts";

/** How often the homeserver is asked, by its own log: it is what limits a bridge. */
export function requestsCases(house: () => House): void {
  test("a text is one request, a file one upload and one event, a new citizen four", async () => {
    const { mail, arrival, synapse } = house();
    // But for the idle poll of ADR 3, which ends once in fifty seconds.
    const ours = countRequests(synapse.log, (line) => line.includes("_guichet_") && !line.includes("_guichet_watch"));
    const cost = async (text: string, mails: number, send: (index: number) => Promise<void>) => {
      ours.take();
      for (let index = 0; index < mails; index += 1) await send(index);
      await arrival(text);
      // The log is written when a request has ended, a moment after its answer.
      await new Promise((resolve) => setTimeout(resolve, 300));
      return ours.take();
    };
    const from = "lou@example.org";
    const first = await cost("lou-new", 1, () => mail({ from, messageId: "<lou@example.org>", text: "lou-new" }));
    expect(Object.fromEntries(first)).toEqual({
      "POST /register": 1,
      "PUT /devices/": 1,
      "PUT /state/m.room.member": 1,
      "PUT /send/m.room.message": 1,
    });
    const further = await cost("lou-9.", 10, (index) =>
      mail({ from, ...(index % 2 ? { inReplyTo: "<lou@example.org>" } : {}), text: `lou-${index}.` }),
    );
    expect(Object.fromEntries(further)).toEqual({ "PUT /send/m.room.message": 10 });
    const withFiles = await cost("lou-b.txt", 1, () =>
      mail({
        from,
        text: "files",
        attachments: ["a", "b"].map((name) => ({ filename: `lou-${name}.txt`, content: name })),
      }),
    );
    expect(Object.fromEntries(withFiles)).toEqual({ "PUT /send/m.room.message": 3, "POST /upload": 2 });
    // Nobody asks while nothing happens.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(total(ours.take())).toBe(0);
  });
}
