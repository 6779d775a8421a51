import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RoomId, roomId } from "../../src/domain/ids.ts";
import { isRecord } from "../../src/domain/is-record.ts";
import { bringGhost, type GhostParts } from "../../src/inbox/join.ts";
import { rememberJoined } from "../../src/inbox/joined.ts";
import { HomeserverClient } from "../../src/matrix/homeserver-client.ts";
import { nameOurUsers } from "../../src/matrix/identity.ts";
import { makeRegistration, writeRegistration } from "../../src/matrix/registration.ts";
import { openRoomState } from "../../src/matrix/room-state.ts";
import { markLeft } from "../../src/store/ghost.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import { missing } from "../support/needs.ts";
import { type Synapse, startSynapse } from "../support/synapse.ts";

const lacking = missing("synapse");

describe.skipIf(lacking)(`a membership that the homeserver contradicts ${lacking ?? ""}`, { timeout: 60_000 }, () => {
  const closing = new AsyncDisposableStack();
  const users = nameOurUsers("agents.test", "_guichet_as");
  let synapse: Synapse;
  let store: Store;
  let parts: GhostParts;
  let room: RoomId;
  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), "guichet-doubt-"));
    closing.defer(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, "registration.yaml");
    const registration = makeRegistration({ url: "http://127.0.0.1:9", domain: "agents.test", aliases: [] });
    writeRegistration(file, registration, { replace: true });
    synapse = await startSynapse({ appServices: [file] });
    closing.defer(() => synapse.close());
    store = await openStore({ dataFolder: folder }, pino({ level: "silent" }));
    closing.defer(() => store.close());
    const client = new HomeserverClient({ url: synapse.url, token: registration.as_token });
    closing.defer(() => client.close());
    const account = await synapse.register("agent");
    const made = await fetch(`${synapse.url}/_matrix/client/v3/createRoom`, {
      method: "POST",
      headers: { authorization: `Bearer ${account.accessToken}` },
      body: JSON.stringify({ preset: "public_chat" }),
    });
    const answer: unknown = await made.json();
    room = roomId(isRecord(answer) ? String(answer.room_id) : "");
    parts = { database: store.database, client, users, joined: rememberJoined() };
  });
  afterAll(() => closing.disposeAsync());

  const citizen = { localpart: "_guichet_email_x", channelType: "email", address: "anna@example.org", name: "Anna" };
  const memberEvent = async () => {
    const state = openRoomState(parts.client, room, users.fullId(citizen.localpart));
    return (await state.readEvent("m.room.member", users.fullId(citizen.localpart)))?.event_id;
  };
  /** As after a refusal to let the ghost speak. */
  const forget = async () => {
    parts.joined.forget(citizen.localpart, room);
    await markLeft(store.database.relaxed, citizen.localpart, room);
  };

  test("a repeated join changes nothing, and one after a doubt is a new event", async () => {
    await bringGhost(parts, citizen, room);
    const first = await memberEvent();
    expect(first).toMatch(/^\$/);
    await forget();
    await bringGhost(parts, citizen, room);
    expect(await memberEvent()).toBe(first);
    await forget();
    parts.joined.doubt(citizen.localpart, room);
    await bringGhost(parts, citizen, room);
    expect(await memberEvent()).not.toBe(first);
  });
});
