import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MatrixClient, MatrixError } from "../support/matrix-client.ts";
import { missing } from "../support/needs.ts";
import { type Synapse, startSynapse } from "../support/synapse.ts";

const lacking = missing("synapse");

describe.skipIf(lacking)(`the tests' own Matrix client on a real Synapse ${lacking ?? ""}`, () => {
  let synapse: Synapse;
  let agent: MatrixClient;
  let other: MatrixClient;
  let room: string;

  beforeAll(async () => {
    synapse = await startSynapse();
    agent = new MatrixClient(synapse.url, await synapse.register("agent"));
    const account = await synapse.register("other");
    other = await MatrixClient.login(synapse.url, "other", account.password);
    room = await agent.createRoom({ preset: "public_chat", room_alias_name: "hall" });
    await other.join(`#hall:${synapse.domain}`);
  });
  afterAll(async () => {
    await agent?.close();
    await other?.close();
    await synapse?.close();
  });

  test("sees another user's words as they come", async () => {
    const waiting = agent.waitForEvent(room, (event) => event.content.body === "later");
    const sent = await other.sendText(room, "later");
    expect((await waiting).event_id).toBe(sent);
    expect([...(await agent.members(room)).keys()].sort()).toEqual([agent.userId, other.userId].sort());
  });

  test("writes, edits and reads a thread", async () => {
    const root = await agent.sendText(room, "root");
    const inside = await other.sendInThread(room, root, "inside");
    const answer = await other.reply(room, inside, "answer", root);
    const edit = await other.edit(room, answer, "better answer");
    await agent.react(room, answer, "👍");
    const thread = await agent.relations(room, root, "m.thread");
    expect(thread.map((event) => event.event_id)).toEqual([inside, answer]);
    expect((await agent.event(room, edit)).content["m.new_content"]).toMatchObject({ body: "better answer" });
    await other.redact(room, inside);
    expect((await agent.event(room, inside)).content).toEqual({});
  });

  test("carries a file both ways", async () => {
    const mxc = await agent.upload(Buffer.from("bytes"), "text/plain", "note.txt");
    expect(await other.download(mxc)).toMatchObject({ content: Buffer.from("bytes") });
  });

  test("finds an event after more of them than a page holds", async () => {
    for (let number = 0; number < 120; number += 1) await other.sendText(room, `line ${number}`);
    expect((await agent.waitForEvent(room, (event) => event.content.body === "line 119")).sender).toBe(other.userId);
    expect((await agent.messages(room)).filter((event) => String(event.content.body).startsWith("line "))).toHaveLength(
      120,
    );
  });

  test("names the server's errors by code", async () => {
    await expect(agent.join("#nowhere:agents.test")).rejects.toThrow(MatrixError);
    await expect(agent.state(room, "m.room.topic")).rejects.toMatchObject({ errcode: "M_NOT_FOUND", status: 404 });
  });

  test("finds its server again after a kill", async () => {
    await synapse.restart({ signal: "SIGKILL" });
    expect(await agent.sendText(room, "still here")).toMatch(/^\$/);
  });
});
