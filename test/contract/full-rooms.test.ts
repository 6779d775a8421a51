import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openAgencies } from "../../src/agency/agencies.ts";
import { type KeeperParts, keep } from "../../src/agency/keep-rooms.ts";
import { reachHomeserver } from "../../src/agency/reach-homeserver.ts";
import type { Config, ConfiguredAgency } from "../../src/config/config.ts";
import { agencyId, inboxLane, type RoomId, roomId, userId } from "../../src/domain/ids.ts";
import { bringGhost, type GhostParts } from "../../src/inbox/join.ts";
import { rememberJoined } from "../../src/inbox/joined.ts";
import { HomeserverClient, type MatrixRequest } from "../../src/matrix/homeserver-client.ts";
import { nameOurUsers } from "../../src/matrix/identity.ts";
import { MatrixError } from "../../src/matrix/matrix-error.ts";
import { makeRegistration, writeRegistration } from "../../src/matrix/registration.ts";
import { openRoomState, readMembership } from "../../src/matrix/room-state.ts";
import { countGhosts, listAgencyRooms, readCurrentRoom } from "../../src/store/agency-room.ts";
import { addConversation, findCandidates } from "../../src/store/conversation.ts";
import { markLeft } from "../../src/store/ghost.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import { keepKey } from "../../src/store/setting.ts";
import { MatrixClient } from "../support/matrix-client.ts";
import { missing } from "../support/needs.ts";
import { type Synapse, startSynapse } from "../support/synapse.ts";

const lacking = missing("synapse");
const DOMAIN = "agents.test";
const ALIAS = "#hall:agents.test";
const SPACE = "#hall-space:agents.test";

/** Breaks off at one change, before or after the homeserver has made it: as a process does that is killed there. */
class BreakingClient extends HomeserverClient {
  breakAt = Number.POSITIVE_INFINITY;
  isDone = false;
  asked = 0;
  override async request(request: MatrixRequest): Promise<unknown> {
    if (request.method === "GET" && this.asked < this.breakAt) return super.request(request);
    const breaks = ++this.asked === this.breakAt;
    if (this.asked > this.breakAt || (breaks && !this.isDone)) throw new MatrixError({ status: 0, errcode: "KILLED" });
    const answer = await super.request(request);
    if (breaks) throw new MatrixError({ status: 0, errcode: "KILLED" });
    return answer;
  }
}

describe.skipIf(lacking)(`a full agency room on a real Synapse ${lacking ?? ""}`, { timeout: 240_000 }, () => {
  const closing = new AsyncDisposableStack();
  const users = nameOurUsers(DOMAIN, "_guichet_as");
  const log = pino({ level: "silent" });
  const signal = new AbortController().signal;
  let synapse: Synapse;
  let store: Store;
  let client: BreakingClient;
  let parts: KeeperParts;
  let ghosts: GhostParts;
  let agent: MatrixClient;

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), "guichet-full-"));
    closing.defer(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, "registration.yaml");
    const needs = { url: "http://127.0.0.1:9", domain: DOMAIN, aliases: [ALIAS, SPACE], portalRooms: true };
    const registration = makeRegistration(needs);
    writeRegistration(file, registration, { replace: true });
    synapse = await startSynapse({
      appServices: [file],
      config: { room_list_publication_rules: [{ action: "allow" }] },
    });
    closing.defer(() => synapse.close());
    store = await openStore({ dataFolder: folder }, log);
    closing.defer(() => store.close());
    client = new BreakingClient({ url: synapse.url, token: registration.as_token });
    closing.defer(() => client.close());
    agent = new MatrixClient(synapse.url, await synapse.register("agent"));
    closing.defer(() => agent.close());
    const hall: ConfiguredAgency = {
      id: agencyId("hall"),
      names: new Map([["en", "Town Hall"]]),
      name: "Town Hall",
      room: ALIAS,
      portal: "thread",
      space: SPACE,
      replies: "explicit",
      undoSeconds: 0,
      languages: ["en"],
      agents: [agent.userId],
    };
    const config: Config = {
      file: "",
      homeserver: { url: synapse.url, domain: DOMAIN },
      appservice: { registration: file, bind: "127.0.0.1", port: 1 },
      bot: { displayName: "Desk" },
      dataFolder: folder,
      database: {},
      queue: { concurrency: 1 },
      rooms: { quietDays: 1, mostGhosts: 100, mostMembers: 100 },
      log: { level: "fatal" },
      agencies: new Map([[hall.id, hall]]),
      channels: new Map(),
    };
    const { database } = store;
    const agencies = await openAgencies(config, database);
    const base = { config, log, database, client, users, agencies };
    await reachHomeserver(base, signal);
    parts = {
      ...base,
      portalKey: await keepKey(database.durable, "portal"),
      owner: randomUUID(),
      channelsOfType: () => ["mail"],
      arrivalsOf: (channel, address) => inboxLane(`${channel}-${address}`),
    };
    ghosts = { database, client, users, joined: rememberJoined() };
  });
  afterAll(() => closing.disposeAsync());
  afterEach(() => {
    client.breakAt = Number.POSITIVE_INFINITY;
  });

  const db = () => store.database.durable;
  const current = async () => (await readCurrentRoom(db(), "hall")) ?? roomId("");
  const limits = (rooms: Partial<Config["rooms"]>): KeeperParts => ({
    ...parts,
    config: { ...parts.config, rooms: { ...parts.config.rooms, ...rooms } },
  });
  const citizen = (name: string) => ({
    localpart: `_guichet_email_${name}`,
    channelType: "email",
    address: `${name}@example.org`,
    name: name.toUpperCase(),
  });
  /** As a process does that has not seen the ghost of late. */
  const bring = (name: string, room: RoomId) => {
    ghosts.joined.forget(citizen(name).localpart, room);
    return bringGhost(ghosts, citizen(name), room);
  };
  const member = (name: string, room: RoomId) =>
    agent.state(room, "m.room.member", users.fullId(citizen(name).localpart));
  /** Nothing was said there for so long. */
  const age = (room: RoomId) =>
    db()
      .updateTable("ghost_membership")
      .set({ quiet_since: new Date(Date.now() - 3 * 24 * 60 * 60_000) })
      .where("room_id", "=", room)
      .execute();
  const readCreate = async (room: RoomId) => (await openRoomState(client, room, users.bot).read("m.room.create")) ?? {};
  const resolve = async (alias: string) =>
    (await agent.call("GET", `/v3/directory/room/${encodeURIComponent(alias)}`)).room_id;

  test("a quiet ghost leaves with its name, and is back with its next message", async () => {
    const room = await current();
    await agent.join(room);
    await bring("anna", room);
    await age(room);
    expect(await keep(parts, signal)).toBe(1);
    expect(await member("anna", room)).toMatchObject({ membership: "leave", displayname: "ANNA" });
    expect(await countGhosts(db(), room)).toEqual({ ghosts: 0, members: 1 });
    expect(await keep(parts, signal)).toBe(0);
    await bring("anna", room);
    expect(await member("anna", room)).toMatchObject({ membership: "join", displayname: "ANNA" });
    expect(await countGhosts(db(), room)).toEqual({ ghosts: 1, members: 1 });
  });

  test.each([[true], [false]])("a leave that broke off is found again (request done: %s)", async (isDone) => {
    const room = await current();
    await age(room);
    Object.assign(client, { breakAt: client.asked + 1, isDone });
    await expect(keep(parts, signal)).rejects.toMatchObject({ errcode: "KILLED" });
    client.breakAt = Number.POSITIVE_INFINITY;
    // A message that comes first joins, whether the ghost is in or out.
    await bring("anna", room);
    expect((await member("anna", room)).membership).toBe("join");
    await age(room);
    Object.assign(client, { breakAt: client.asked + 1, isDone });
    await expect(keep(parts, signal)).rejects.toMatchObject({ errcode: "KILLED" });
    client.breakAt = Number.POSITIVE_INFINITY;
    expect(await keep(parts, signal)).toBe(1);
    expect((await member("anna", room)).membership).toBe("leave");
    await bring("anna", room);
  });

  test("who was removed by hand counts as gone", async () => {
    const room = await current();
    await bring("kicked", room);
    const user_id = users.fullId(citizen("kicked").localpart);
    await agent.call("POST", `/v3/rooms/${encodeURIComponent(room)}/kick`, { user_id });
    await age(room);
    await keep(parts, signal);
    expect((await countGhosts(db(), room)).ghosts).toBe(0);
  });

  test("who has a message of late, an answer under way, or mail that is being posted, stays", async () => {
    const room = await current();
    await bring("busy", room);
    const { localpart, address } = citizen("busy");
    const conversation = await addConversation(db(), {
      agency: "hall",
      channel: "mail",
      portal: "thread",
      room,
      citizen: localpart,
      address,
      citizenName: "BUSY",
      subject: undefined,
    });
    await db()
      .insertInto("message")
      .values({ event_id: "$busy", room_id: room, conversation_id: conversation, author: "agent" })
      .execute();
    await age(room);
    expect(await keep(parts, signal)).toBe(0);
    // The look was remembered.
    const since = await db()
      .selectFrom("ghost_membership")
      .select("quiet_since")
      .where("localpart", "=", localpart)
      .executeTakeFirstOrThrow();
    expect(Date.now() - since.quiet_since.getTime()).toBeLessThan(60_000);

    const long = new Date(Date.now() - 3 * 24 * 60 * 60_000);
    await db().updateTable("message").set({ created_at: long }).where("event_id", "=", "$busy").execute();
    const lane = parts.arrivalsOf("mail", address);
    const arrival = { channel: "mail", dedupe_key: "1", lane, state: "waiting" as const, has_files: false };
    await db()
      .insertInto("inbox")
      .values({ ...arrival, message: null, received_at: new Date() })
      .execute();
    await age(room);
    expect(await keep(parts, signal)).toBe(0);
    await db().updateTable("inbox").set({ state: "posted" }).execute();
    // Somebody works on its lane.
    await db()
      .insertInto("lane")
      .values({ name: lane, token: randomUUID(), owner: randomUUID(), until: new Date(Date.now() + 60_000) })
      .onConflict((conflict) => conflict.column("name").doUpdateSet({ until: new Date(Date.now() + 60_000) }))
      .execute();
    await age(room);
    expect(await keep(parts, signal)).toBe(0);
    await db()
      .updateTable("lane")
      .set({ until: new Date(0) })
      .where("name", "=", lane)
      .execute();
    expect(await keep(parts, signal)).toBe(1);
  });

  test("is followed by a room with its rules, powers, bans and people, which has its alias", async () => {
    const before = await current();
    const clerk = new MatrixClient(synapse.url, await synapse.register("clerk"));
    const banned = new MatrixClient(synapse.url, await synapse.register("banned"));
    await clerk.join(before);
    await banned.join(before);
    const path = (room: string, what: string) => `/v3/rooms/${encodeURIComponent(room)}/${what}`;
    await agent.call("POST", path(before, "ban"), { user_id: banned.userId });
    await bring("old", before);
    expect(await keep(limits({ mostGhosts: 1 }), signal)).toBe(0);

    const room = await current();
    expect(room).not.toBe(before);
    expect([await resolve(ALIAS), parts.agencies.get("hall")?.room]).toEqual([room, room]);
    await clerk.join(room);
    await agent.join(ALIAS);
    expect(await clerk.state(room, "m.room.create")).toMatchObject({ predecessor: { room_id: before } });
    expect(await clerk.state(room, "m.room.name")).toMatchObject({ name: "Town Hall" });
    expect(await clerk.state(room, "m.room.canonical_alias")).toMatchObject({ alias: ALIAS });
    expect(await clerk.state(room, "m.room.power_levels")).toMatchObject({
      ...(await clerk.state(before, "m.room.power_levels")),
      users: { [agent.userId]: 50 },
    });
    expect((await clerk.state(room, "m.room.member", banned.userId)).membership).toBe("ban");
    await expect(banned.join(room)).rejects.toMatchObject({ status: 403 });
    const { chunk } = await clerk.call("GET", "/v3/publicRooms");
    const listed = (Array.isArray(chunk) ? chunk : []).map(({ room_id }) => room_id);
    expect([listed.includes(room), listed.includes(before)]).toEqual([true, false]);
    // The old room goes on: its people are told, and it has no tombstone.
    const told = (await agent.messages(before)).filter(({ content }) => String(content.body).includes("room is full"));
    expect(told).toHaveLength(1);
    await expect(agent.state(before, "m.room.tombstone")).rejects.toMatchObject({ status: 404 });
    await agent.sendText(before, "Still here");
    // A start finds all as it is.
    await reachHomeserver(parts, signal);
    expect(await current()).toBe(room);

    // Once its last ghost has left, it is closed, and what comes back begins in the current room.
    const conversation = await addConversation(db(), {
      agency: "hall",
      channel: "mail",
      portal: "thread",
      room: before,
      citizen: citizen("old").localpart,
      address: "old@example.org",
      citizenName: "OLD",
      subject: undefined,
    });
    await age(before);
    await keep(parts, signal);
    await keep(parts, signal);
    const from = { channel: "mail", address: "old@example.org" };
    expect((await findCandidates(db(), [conversation], [], from))[0]).toMatchObject({ room, root: undefined });
    await expect(agent.state(before, "m.room.tombstone")).rejects.toMatchObject({ status: 404 });
    const past = new Date(Date.now() - 10 * 60_000);
    await db().updateTable("agency_room").set({ emptied_at: past }).where("room_id", "=", before).execute();
    await keep(parts, signal);
    expect(await agent.state(before, "m.room.tombstone")).toMatchObject({ replacement_room: room });
    expect(await agent.messages(before)).not.toHaveLength(0);
    await clerk.close();
    await banned.close();
  });

  test("one whose alias was left free by a crash gets it back", async () => {
    const room = await current();
    await client.request({
      method: "DELETE",
      path: `/_matrix/client/v3/directory/room/${encodeURIComponent(ALIAS)}`,
      as: users.bot,
    });
    await reachHomeserver(parts, signal);
    expect(await resolve(ALIAS)).toBe(room);
    expect(await current()).toBe(room);
  });

  test("two processes that find it full at once make one successor", async () => {
    const before = await current();
    await bring("two", before);
    await Promise.allSettled([1, 2].map(() => keep(limits({ mostGhosts: 1 }), signal)));
    await keep(parts, signal);
    const after = await current();
    const follows = (await listAgencyRooms(db())).map(async ({ room }) => ({
      room,
      predecessor: Object((await readCreate(room)).predecessor).room_id,
    }));
    const successors = (await Promise.all(follows)).filter(({ predecessor }) => predecessor === before);
    expect(successors).toEqual([{ room: after, predecessor: before }]);
    await markLeft(db(), citizen("two").localpart, before);
  });

  test.each([[false], [true]])(
    "a roll-over that breaks off at any change goes on (request done: %s)",
    async (isDone) => {
      let breaks = 0;
      for (let at = 1; ; at += 1) {
        const before = await current();
        await agent.join(before);
        await bring(`kill${at}${isDone}`, before);
        Object.assign(client, { breakAt: client.asked + at, isDone });
        const broke = await keep(limits({ mostGhosts: 1 }), signal).then(
          () => false,
          () => true,
        );
        client.breakAt = Number.POSITIVE_INFINITY;
        if (broke) {
          breaks += 1;
          // As at the next start: the rooms are provided, then kept.
          if (at % 2 === 0) await reachHomeserver(parts, signal);
          const here = await current();
          // Not full any more for the second process: what was begun is finished all the same.
          await keep(here === before ? limits({ mostGhosts: 1 }) : parts, signal);
        }
        const after = await current();
        expect(after).not.toBe(before);
        expect(await resolve(ALIAS)).toBe(after);
        expect((await readCreate(after)).predecessor).toMatchObject({ room_id: before });
        const state = openRoomState(client, after, users.bot);
        expect(await readMembership(state, userId(agent.userId))).toBe("invite");
        const told = (await agent.messages(before)).filter(({ content }) =>
          String(content.body).includes("room is full"),
        );
        expect(told).toHaveLength(1);
        await markLeft(db(), citizen(`kill${at}${isDone}`).localpart, before);
        if (!broke) break;
      }
      expect(breaks).toBeGreaterThan(8);
    },
  );
});
