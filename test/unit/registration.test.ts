import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { makeRegistration, readRegistration, readTokens, writeRegistration } from "../../src/matrix/registration.ts";
import { folderWith } from "../support/config-folder.ts";

const needs = { domain: "agents.example", aliases: ["#town-hall:agents.example"] };
const make = () => makeRegistration({ ...needs, url: "http://127.0.0.1:9001" });

describe("makeRegistration", () => {
  test("claims exactly our users and the agencies' aliases", () => {
    const { namespaces } = make();
    const [users] = namespaces.users.map(({ regex }) => new RegExp(`^${regex}`));
    const [aliases] = namespaces.aliases.map(({ regex }) => new RegExp(`^${regex}`));
    expect(users?.test("@_guichet_bot:agents.example")).toBe(true);
    for (const stranger of ["@agent:agents.example", "@_guichet_x:agentsxexample", "@_guichet_x:agents.example.org"]) {
      expect(users?.test(stranger)).toBe(false);
    }
    expect(aliases?.test("#town-hall:agents.example")).toBe(true);
    expect(aliases?.test("#town-hall:agents.example.org")).toBe(false);
    expect([...namespaces.users, ...namespaces.aliases].every(({ exclusive }) => exclusive)).toBe(true);
  });

  test("makes 32 random bytes for each token, new ones each time", () => {
    const tokens = [make(), make()].flatMap((each) => [each.as_token, each.hs_token]);
    expect(new Set(tokens).size).toBe(4);
    for (const token of tokens) expect(token).toMatch(/^[0-9a-f]{64}$/);
  });

  test("is never limited, and its sender is not the working bot", () => {
    expect(make()).toMatchObject({ rate_limited: false, receive_ephemeral: false, sender_localpart: "_guichet_as" });
  });
});

describe("writeRegistration", () => {
  test("writes a file that is read back, for its owner only, and replaces nothing unasked", () => {
    using folder = folderWith({});
    const path = folder.path("new/registration.yaml");
    const first = make();
    writeRegistration(path, first, { replace: false });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readRegistration(path, needs)).toEqual(first);
    expect(() => writeRegistration(path, make(), { replace: false })).toThrow(/exists already/);
    chmodSync(path, 0o644);
    writeRegistration(path, makeRegistration({ ...needs, url: "http://other:1" }, first), { replace: true });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readTokens(path)).toMatchObject({
      as_token: first.as_token,
      hs_token: first.hs_token,
      url: "http://other:1",
    });
  });
});

describe("readRegistration", () => {
  test("asks for the aliases of conversations' rooms where they are wanted", () => {
    using folder = folderWith({});
    const path = folder.path("registration.yaml");
    writeRegistration(path, make(), { replace: false });
    const wanted = { ...needs, portalRooms: true };
    expect(() => readRegistration(path, wanted)).toThrow(/the aliases #_guichet_\*:agents.example/);
    writeRegistration(path, makeRegistration({ ...wanted, url: "http://other:1" }), { replace: true });
    expect(readRegistration(path, wanted).namespaces.aliases).toHaveLength(2);
  });

  test.each<[string, (registration: Record<string, unknown>) => unknown, string, RegExp]>([
    ["no map", () => "hello", "REGISTRATION_INVALID", /the whole file/],
    ["a short token", (r) => ({ ...r, as_token: "as1" }), "REGISTRATION_INVALID", /as_token/],
    ["no url", (r) => ({ ...r, url: null }), "REGISTRATION_INVALID", /url/],
    ["the bot as sender", (r) => ({ ...r, sender_localpart: "_guichet_bot" }), "REGISTRATION_INVALID", /working bot/],
    [
      "no namespaces",
      (r) => ({ ...r, namespaces: { users: [], aliases: [], rooms: [] } }),
      "REGISTRATION_NARROW",
      /@_guichet_bot:agents.example, the users @_guichet_\*:agents.example, the alias #town-hall:agents.example/,
    ],
    [
      "a namespace that is no regular expression",
      (r) => ({ ...r, namespaces: { users: [{ exclusive: true, regex: "(" }], aliases: [], rooms: [] } }),
      "REGISTRATION_NARROW",
      /--update/,
    ],
  ])("refuses %s", (_name, change, code, words) => {
    using folder = folderWith({ "registration.yaml": stringify(change({ ...make() })) });
    const read = () => readRegistration(folder.path("registration.yaml"), needs);
    expect(read).toThrow(words);
    expect(read).toThrow(expect.objectContaining({ code }));
  });

  test("refuses the template and says how to make a real one", () => {
    const template = fileURLToPath(new URL("../../registration.yaml", import.meta.url));
    const read = () => readRegistration(template, needs);
    expect(read).toThrow(expect.objectContaining({ code: "REGISTRATION_PLACEHOLDER" }));
    expect(read).toThrow(/run `guichet registration`/);
  });

  test("the template differs from a real one in its tokens only", () => {
    const template: unknown = parse(readFileSync(new URL("../../registration.yaml", import.meta.url), "utf8"));
    const placeholder = "REPLACE-ME-BY-RUNNING-guichet-registration";
    const whole = makeRegistration({ ...needs, portalRooms: true, url: "http://127.0.0.1:9001" });
    expect(template).toEqual({ ...whole, as_token: placeholder, hs_token: placeholder });
  });

  test("refuses a file that is not there, and never quotes one that is broken", () => {
    using folder = folderWith({ "registration.yaml": 'as_token: "hush\nhs_token: hush' });
    expect(() => readRegistration(folder.path("none.yaml"), needs)).toThrow(
      expect.objectContaining({ code: "REGISTRATION_MISSING" }),
    );
    const read = () => readRegistration(folder.path("registration.yaml"), needs);
    expect(read).toThrow(expect.objectContaining({ code: "REGISTRATION_INVALID" }));
    expect(read).not.toThrow(/hush/);
  });

  test("warns of limits and of a file that everybody can read", () => {
    using folder = folderWith({});
    const path = folder.path("registration.yaml");
    writeFileSync(path, stringify({ ...make(), rate_limited: true }), { mode: 0o644 });
    const warnings: string[] = [];
    readRegistration(path, needs, (sentence) => warnings.push(sentence));
    expect(warnings).toHaveLength(2);
  });
});
