import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { checkRoles, ROLES, readRoles } from "../../src/roles/roles.ts";

describe("roles", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "guichet-roles-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const load = async (more: string) => {
    const file = join(folder, "guichet.yaml");
    const hall = '{ name: Town Hall, room: "#hall:agents.test" }';
    await writeFile(
      file,
      `homeserver: { url: "http://127.0.0.1:1", domain: agents.test }\nagencies: { hall: ${hall} }\n${more}`,
    );
    return loadConfig(file);
  };
  const OWN = 'database: { url: "postgres://127.0.0.1/guichet" }\n';

  test("are all of them when none is named, and those that are named", () => {
    expect([...readRoles(undefined)]).toEqual([...ROLES]);
    expect([...readRoles("web, worker")]).toEqual(["web", "worker"]);
  });

  test.each(["wroker", "", "web,", "web;worker"])("refuse %j with the list of good ones", (words) => {
    expect(() => readRoles(words)).toThrow(
      expect.objectContaining({
        code: "ROLE_UNKNOWN",
        message: expect.stringContaining("appservice, channels, worker, web"),
      }),
    );
  });

  test("that are not all of them need a database for all processes", async () => {
    const embedded = await load("");
    expect(() => checkRoles(readRoles("worker"), embedded)).toThrow(
      expect.objectContaining({ code: "ROLES_DATABASE", message: expect.stringContaining("database.url") }),
    );
    expect(() => checkRoles(readRoles(undefined), embedded)).not.toThrow();
    const shared = await load(OWN);
    expect(() => checkRoles(readRoles("worker"), shared)).not.toThrow();
  });

  test("web alone needs something to listen on", async () => {
    const shared = await load(OWN);
    expect(() => checkRoles(readRoles("web"), shared)).toThrow(
      expect.objectContaining({ code: "ROLE_WITHOUT_PUBLIC" }),
    );
    const open = await load(`${OWN}public: { url: "https://town.example" }\n`);
    expect(() => checkRoles(readRoles("web"), open)).not.toThrow();
  });
});
