import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openAgencies } from "../../src/agency/agencies.ts";
import { reachHomeserver } from "../../src/agency/reach-homeserver.ts";
import type { Config, ConfiguredAgency } from "../../src/config/config.ts";
import { agencyId } from "../../src/domain/ids.ts";
import { provideRoom, type WantedRoom } from "../../src/matrix/agency-room.ts";
import { HomeserverClient } from "../../src/matrix/homeserver-client.ts";
import { nameOurUsers } from "../../src/matrix/identity.ts";
import { registerUser, setDisplayName } from "../../src/matrix/provision.ts";
import { makeRegistration, writeRegistration } from "../../src/matrix/registration.ts";
import { openStore } from "../../src/store/open-store.ts";
import { MatrixClient } from "../support/matrix-client.ts";
import { missing } from "../support/needs.ts";
import { type Synapse, startSynapse } from "../support/synapse.ts";

const lacking = missing("synapse");
const DOMAIN = "agents.test";

describe.skipIf(lacking)(`the agency room on a real Synapse ${lacking ?? ""}`, { timeout: 60_000 }, () => {
  const users = nameOurUsers(DOMAIN, "_guichet_as");
  let folder: string;
  let synapse: Synapse;
  let client: HomeserverClient;
  let agent: MatrixClient;
  let clerk: MatrixClient;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "guichet-room-"));
    const file = join(folder, "registration.yaml");
    // The rooms' aliases are claimed for guichet alone, except those that others make first.
    const aliases = ["#hall:agents.test", "#unlisted:agents.test"];
    const registration = makeRegistration({ url: "http://127.0.0.1:9", domain: DOMAIN, aliases });
    writeRegistration(file, registration, { replace: true });
    synapse = await startSynapse({
      appServices: [file],
      config: {
        default_room_version: "12",
        room_list_publication_rules: [{ action: "deny", alias: "#unlisted:*" }, { action: "allow" }],
      },
    });
    client = new HomeserverClient({ url: synapse.url, token: registration.as_token });
    await registerUser(client, users, "_guichet_bot");
    await setDisplayName(client, users.bot, "guichet");
    agent = new MatrixClient(synapse.url, await synapse.register("agent"));
    clerk = new MatrixClient(synapse.url, await synapse.register("clerk"));
  });
  afterAll(async () => {
    await agent?.close();
    await clerk?.close();
    await client?.close();
    await synapse?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const bridges = new Map([
    ["org.guichet://hall/mail", { protocol: { id: "email", displayname: "email" }, channel: { id: "mail" } }],
  ]);
  const wanted = (over: Partial<WantedRoom> = {}): WantedRoom => ({
    alias: "#hall:agents.test",
    name: "Town Hall",
    topic: "Messages",
    agents: [agent.userId],
    bridges,
    ...over,
  });
  const provide = (over: Partial<WantedRoom> = {}) => provideRoom(client, users, wanted(over));
  const directory = async () => {
    const { chunk } = await clerk.call("GET", "/v3/publicRooms");
    return Array.isArray(chunk) ? chunk : [];
  };

  test("is made with all that it needs, where version 12 is the homeserver's default", async () => {
    const { room, lacks } = await provide();
    expect(lacks).toEqual([]);
    expect(await directory()).toContainEqual(
      expect.objectContaining({ room_id: room, canonical_alias: "#hall:agents.test", topic: "Messages" }),
    );
    expect(await clerk.join("#hall:agents.test")).toBe(room);
    expect(await clerk.state(room, "m.room.create")).toMatchObject({ room_version: "12" });
    expect(await clerk.state(room, "m.room.name")).toMatchObject({ name: "Town Hall" });
    expect(await clerk.state(room, "io.element.functional_members")).toEqual({ service_members: [users.bot] });
    for (const type of ["m.bridge", "uk.half-shot.bridge"])
      expect(await clerk.state(room, type, "org.guichet://hall/mail")).toMatchObject({
        bridgebot: users.bot,
        protocol: { id: "email" },
      });
    // The creator stands above all levels and must not be listed; an agent moderates.
    const levels = await clerk.state(room, "m.room.power_levels");
    expect(levels).toMatchObject({ events_default: 0, invite: 50, users: { [agent.userId]: 50 } });
    expect(levels.users).not.toHaveProperty(users.bot);
    expect((await clerk.state(room, "m.room.member", agent.userId)).membership).toBe("invite");
    await agent.join(room);
    await agent.call("POST", `/v3/rooms/${encodeURIComponent(room)}/kick`, { user_id: clerk.userId });
    await clerk.join(room);
  });

  test("stays untouched when nothing changed, and follows the configuration when something did", async () => {
    const { room } = await provide();
    const before = await agent.messages(room);
    expect(await provide()).toEqual({ room, lacks: [] });
    expect(await agent.messages(room)).toHaveLength(before.length);

    // Who left is not called back; who is new is invited.
    await agent.call("POST", `/v3/rooms/${encodeURIComponent(room)}/leave`, {});
    const hired = new MatrixClient(synapse.url, await synapse.register("hired"));
    const agents = [agent.userId, hired.userId];
    await provide({ name: "New Hall", topic: "New", agents, bridges: new Map([["k", { protocol: { id: "sms" } }]]) });
    expect(await clerk.state(room, "m.room.name")).toMatchObject({ name: "New Hall" });
    expect(await clerk.state(room, "m.room.topic")).toMatchObject({ topic: "New" });
    expect(await clerk.state(room, "m.bridge", "k")).toMatchObject({ protocol: { id: "sms" } });
    expect((await clerk.state(room, "m.room.member", hired.userId)).membership).toBe("invite");
    expect((await clerk.state(room, "m.room.member", agent.userId)).membership).toBe("leave");
    expect(await clerk.state(room, "m.room.power_levels")).toMatchObject({
      users: { [agent.userId]: 50, [hired.userId]: 50 },
    });
    await hired.close();
  });

  test("works where the homeserver does not publish it", async () => {
    const { room, lacks } = await provide({ alias: "#unlisted:agents.test" });
    expect(lacks).toEqual(["directory"]);
    expect(await clerk.join("#unlisted:agents.test")).toBe(room);
    expect(await directory()).not.toContainEqual(expect.objectContaining({ room_id: room }));
  });

  test.each(["11", "12"])("one that others made (version %s) is used as it is", async (room_version) => {
    const alias = `others-${room_version}`;
    const room = await agent.createRoom({ preset: "public_chat", room_alias_name: alias, name: "Ours", room_version });
    // The maker is an agent too: in version 12 nobody may write the maker into the levels.
    const other = wanted({ alias: `#${alias}:agents.test`, agents: [agent.userId, clerk.userId] });
    expect(await provideRoom(client, users, other)).toEqual({
      room,
      lacks: expect.arrayContaining(["directory", "state", "invitation"]),
    });
    expect(await agent.state(room, "m.room.name")).toMatchObject({ name: "Ours" });

    const levels = await agent.state(room, "m.room.power_levels");
    const raised = { ...levels, users: { ...Object(levels.users), [users.bot]: room_version === "12" ? 150 : 100 } };
    await agent.call("PUT", `/v3/rooms/${encodeURIComponent(room)}/state/m.room.power_levels/`, raised);
    expect(await provideRoom(client, users, other)).toEqual({ room, lacks: [] });
    expect(await agent.state(room, "m.room.name")).toMatchObject({ name: "Town Hall" });
    const after = Object((await agent.state(room, "m.room.power_levels")).users);
    expect(after[clerk.userId]).toBe(50);
    expect(after[agent.userId]).toBe(room_version === "12" ? undefined : 100);
  });

  test("a room that keeps citizens out or silent says so", async () => {
    const power_level_content_override = { events_default: 50, users: { [agent.userId]: 100, [users.bot]: 100 } };
    await agent.createRoom({
      preset: "private_chat",
      room_alias_name: "private",
      room_version: "11",
      invite: [users.bot],
      power_level_content_override,
      initial_state: [{ type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } }],
    });
    const { room, lacks } = await provide({ alias: "#private:agents.test" });
    expect(lacks).toEqual(["door", "voice", "clear"]);
    // Its makers' privacy is kept.
    expect(await directory()).not.toContainEqual(expect.objectContaining({ room_id: room }));
  });

  test.each([
    ["private and the bot was not invited", { preset: "private_chat" }, false],
    ["public and the bot is banned", { preset: "public_chat" }, true],
  ])("a room that is %s is refused for this agency alone", async (_name, options, banned) => {
    const alias = banned ? "banned" : "secret";
    const room = await agent.createRoom({ ...options, room_alias_name: alias });
    if (banned) await agent.call("POST", `/v3/rooms/${encodeURIComponent(room)}/ban`, { user_id: users.bot });
    await expect(provide({ alias: `#${alias}:agents.test` })).rejects.toMatchObject({
      isForbidden: true,
      isRefusal: true,
    });
  });

  test("an alias that is given to another room leads there", async () => {
    const first = await agent.createRoom({ preset: "public_chat", room_alias_name: "moving" });
    expect((await provide({ alias: "#moving:agents.test" })).room).toBe(first);
    const second = await agent.createRoom({ preset: "public_chat" });
    await agent.call("DELETE", `/v3/directory/room/${encodeURIComponent("#moving:agents.test")}`);
    await agent.call("PUT", `/v3/directory/room/${encodeURIComponent("#moving:agents.test")}`, { room_id: second });
    expect((await provide({ alias: "#moving:agents.test" })).room).toBe(second);
  });

  test("a second guichet that makes the same room at once finds the first one's", async () => {
    const alias = "#unlisted:agents.test";
    await clerk.call("GET", `/v3/directory/room/${encodeURIComponent(alias)}`);
    await client.request({
      method: "DELETE",
      path: `/_matrix/client/v3/directory/room/${encodeURIComponent(alias)}`,
      as: users.bot,
    });
    const made = await Promise.all([1, 2, 3].map(() => provide({ alias })));
    expect(new Set(made.map(({ room }) => room)).size).toBe(1);
  });

  test("an agency whose room is closed waits alone", async () => {
    const configured = (id: string, room: string): ConfiguredAgency => ({
      id: agencyId(id),
      names: new Map([["en", id]]),
      name: id,
      room,
      portal: "thread",
      replies: "explicit",
      undoSeconds: 0,
      languages: ["en"],
      agents: [],
    });
    const both = [configured("shut", "#secret:agents.test"), configured("hall", "#hall:agents.test")];
    const config: Config = {
      file: "",
      homeserver: { url: synapse.url, domain: DOMAIN },
      appservice: { registration: "registration.yaml", bind: "127.0.0.1", port: 1 },
      bot: { displayName: "Desk" },
      dataFolder: folder,
      database: {},
      queue: { concurrency: 1 },
      rooms: { quietDays: 30, mostGhosts: 1000, mostMembers: 5000 },
      log: { level: "fatal" },
      agencies: new Map(both.map((agency) => [agency.id, agency])),
      channels: new Map(),
    };
    const warnings: string[] = [];
    const log = pino({ level: "warn" }, { write: (line: string) => warnings.push(line) });
    const store = await openStore({ dataFolder: folder }, pino({ level: "silent" }));
    try {
      const { database } = store;
      const agencies = await openAgencies(config, database);
      const parts = { config, log, database, client, users, agencies };
      const closed = await reachHomeserver(parts, new AbortController().signal);
      expect(closed.map(({ id }) => id)).toEqual(["shut"]);
      expect(agencies.get("shut")?.room).toBeUndefined();
      expect(agencies.get("hall")?.room).toMatch(/^!/);
      expect(warnings.join()).toContain("closed to the bot");
      const stranger = new HomeserverClient({ url: synapse.url, token: "x".repeat(64) });
      await expect(reachHomeserver({ ...parts, client: stranger }, new AbortController().signal)).rejects.toMatchObject(
        {
          code: "REGISTRATION_UNKNOWN",
        },
      );
      await stranger.close();
    } finally {
      await store.close();
    }
  });

  test("a homeserver that is away, or does not know us, is told apart from a refusal", async () => {
    const stranger = new HomeserverClient({ url: synapse.url, token: "x".repeat(64) });
    await expect(provideRoom(stranger, users, wanted())).rejects.toMatchObject({
      errcode: "M_UNKNOWN_TOKEN",
      isRefusal: false,
    });
    await stranger.close();
    const nobody = new HomeserverClient({ url: "http://127.0.0.1:9", token: "x" });
    await expect(provideRoom(nobody, users, wanted())).rejects.toMatchObject({ status: 0, isRefusal: false });
    await nobody.close();
  });
});
