import { setTimeout as sleep } from "node:timers/promises";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { type Bridge, DeliveryError, type OutboundMessage } from "guichet/adapter";
import { createMemoryHost, type MemoryHost } from "guichet/conformance";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import irc, { parseLine, readText, splitText } from "./index.ts";
import { hasNgircd, joinAs, type Ngircd, startNgircd } from "./ngircd.ts";

describe("a line of IRC", () => {
  test.each([
    [
      ":anna!~a@host PRIVMSG TownHall :Good day: you",
      { sender: "anna", isPerson: true, command: "PRIVMSG", params: ["TownHall", "Good day: you"] },
    ],
    [
      "@time=1;msgid=2 :anna!a@h privmsg TownHall hi",
      { sender: "anna", isPerson: true, command: "PRIVMSG", params: ["TownHall", "hi"] },
    ],
    [
      ":irc.town.example 401 TownHall anna :No such nick",
      { sender: "irc.town.example", isPerson: false, command: "401", params: ["TownHall", "anna", "No such nick"] },
    ],
    ["PING :a b", { sender: "", isPerson: false, command: "PING", params: ["a b"] }],
    ["PING", { sender: "", isPerson: false, command: "PING", params: [] }],
    [":s 001 me :", { sender: "s", isPerson: false, command: "001", params: ["me", ""] }],
  ])("%s", (line, read) => {
    expect(parseLine(line)).toEqual(read);
  });

  test.each([
    ["\u00034,1red\u0003 and \u0002bold\u0002", "red and bold"],
    ["\u0001ACTION waves\u0001", "* anna waves"],
    ["\u0001VERSION\u0001", undefined],
    ["  ", ""],
  ])("%j is shown as %j", (raw, text) => {
    expect(readText("anna", raw)).toBe(text);
  });

  test("a text is cut between words, never inside a character, and holds no command", () => {
    const words = "Größe ".repeat(300);
    const lines = splitText(words);
    expect(lines.join(" ")).toBe(words.trim());
    expect(splitText("👋".repeat(250)).join("")).toBe("👋".repeat(250));
    for (const line of [...lines, ...splitText("👋".repeat(250))])
      expect(Buffer.byteLength(line)).toBeLessThanOrEqual(400);
    expect(splitText("one\n\n two\rQUIT\u0001 \n")).toEqual(["one", "two QUIT"]);
    expect(splitText("\n \n")).toEqual([]);
  });
});

const lacking = hasNgircd() ? "" : "needs ngircd";

describe.skipIf(lacking)(`against a real ngircd ${lacking}`, () => {
  let server: Ngircd;
  let bridge: Bridge;
  let host: MemoryHost;
  const logged: string[] = [];

  const open = () => {
    const settings = { host: "127.0.0.1", port: server.port, tls: false, nick: "TownHall" };
    return irc.create(irc.config.parse(settings), host);
  };
  const never = new AbortController().signal;
  const send = (to: string, text: string, rest: Partial<OutboundMessage> = {}, signal = never) =>
    bridge.send?.(
      {
        deliveryId: "d-1",
        attempt: 1,
        fromName: "Town Hall",
        to: { address: `${to}@127.0.0.1` },
        text,
        attachments: [],
        thread: { token: "t-1", references: [] },
        writtenAt: new Date(),
        ...rest,
      },
      signal,
    );
  const ending = async (sending: Promise<unknown> | undefined) => {
    const fault = await Promise.resolve(sending).then(
      () => undefined,
      (error: unknown) => error,
    );
    return fault instanceof DeliveryError ? `${fault.consequence} ${fault.code}` : fault;
  };

  beforeAll(async () => {
    server = await startNgircd();
  });
  afterAll(() => server.remove());
  beforeEach(async () => {
    host = createMemoryHost();
    bridge = open();
    await bridge.start(never);
    await until(() => bridge.health().state === "up");
  });
  afterEach(async () => {
    await bridge.stop(AbortSignal.timeout(5_000));
    expect(bridge.health().state).toBe("stopped");
    logged.push(...host.logged);
  });

  test("a private message is taken, its evidence names the chat, and the answer comes back", async () => {
    const anna = await joinAs("Anna", server.port);
    anna.say("townhall", "Good day: is the counter open?");
    anna.say("TownHall", "Hello?");
    await until(() => host.taken.length === 2);
    expect(host.taken[0]).toMatchObject({
      from: { address: "anna@127.0.0.1", name: "Anna" },
      to: "townhall@127.0.0.1",
      text: "Good day: is the counter open?",
      automatic: false,
      trust: { verdict: "unverified" },
    });
    expect(host.taken[1]?.thread.references).toContain(host.taken[0]?.remoteId);
    expect(host.taken[1]?.dedupeKey).not.toBe(host.taken[0]?.dedupeKey);

    const sent = await send("anna", "Until noon.\n\nBring your papers.");
    expect(sent?.remoteId).toBe("d-1");
    anna.say("TownHall", "Thanks.");
    await until(() => host.taken.length === 3);
    expect(host.taken[2]?.thread.references[0]).toBe("d-1");
    await until(() => anna.heard.length === 2);
    expect(anna.heard).toEqual(["TownHall> Until noon.", "TownHall> Bring your papers."]);
    await send("anna", "We have your message.", { automatic: true });
    await until(() => anna.heard.length === 3);
    expect(anna.heard[2]).toBe("TownHall! We have your message.");
    await anna.quit();
  });

  test("a notice counts as written by a machine; what programs say to each other is passed over", async () => {
    const anna = await joinAs("Anna", server.port);
    anna.say("TownHall", "\u0001VERSION\u0001");
    anna.say("TownHall", "I am away.", "NOTICE");
    await until(() => host.taken.length === 1);
    expect(host.taken[0]).toMatchObject({ text: "I am away.", automatic: true });
    await anna.quit();
  });

  test("an answer to somebody who is not there is rejected, and the next one leaves", async () => {
    expect(await ending(send("nobody", "Hello.\nAre you there?"))).toBe("rejected IRC_401");
    expect(await ending(send("no body", "Hello."))).toBe("rejected IRC_ADDRESS");
    expect(await ending(send("nobody", " \n"))).toBe("rejected IRC_NO_TEXT");
    const anna = await joinAs("Anna", server.port);
    await Promise.all([ending(send("nobody", "Hello.")), send("anna", "Hello.")]);
    await until(() => anna.heard.length === 1);
    await anna.quit();
  });

  test("what the store cannot take now is offered again, and nothing behind it overtakes", async () => {
    let failures = 2;
    host.answer = () => {
      if (failures-- > 0) throw new Error("no database");
      return undefined;
    };
    const anna = await joinAs("Anna", server.port);
    anna.say("TownHall", "one");
    anna.say("TownHall", "two");
    await until(() => bridge.health().reason === "IRC_STORE");
    await until(() => host.taken.length === 2);
    expect(host.taken.map(({ text }) => text)).toEqual(["one", "two"]);
    expect(bridge.health().state).toBe("up");
    await anna.quit();
  });

  test("a refused message is answered with a notice", async () => {
    host.answer = () => "refused";
    const anna = await joinAs("Anna", server.port);
    anna.say("TownHall", "Buy my pills.");
    await until(() => anna.heard.length === 1);
    expect(anna.heard[0]).toMatch(/^TownHall! Not accepted/);
    await anna.quit();
  });

  test("health turns down and heals when the server is killed; sends wait for it", { timeout: 40_000 }, async () => {
    await server.stop("SIGKILL");
    await until(() => bridge.health().state === "degraded");
    expect(bridge.health().reason).toBe("IRC_CONNECTION");
    expect(await ending(send("anna", "Hello."))).toBe("retry IRC_OFFLINE");
    await server.start();
    await until(() => bridge.health().state === "up", 30_000);
    const anna = await joinAs("Anna", server.port);
    await send("anna", "Back again.");
    await until(() => anna.heard.length === 1);
    await anna.quit();
  });

  test("an attempt that a dying server leaves open, or that is aborted, is unknown", { timeout: 40_000 }, async () => {
    const anna = await joinAs("Anna", server.port);
    const long = Array.from({ length: 20 }, (_, line) => `Line ${line}`).join("\n");
    const aborting = new AbortController();
    const aborted = ending(send("anna", long, {}, aborting.signal));
    await until(() => anna.heard.length > 0);
    aborting.abort();
    expect(await aborted).toBe("unknown IRC_ABORTED");
    const cut = ending(send("anna", long));
    await sleep(100);
    await server.stop("SIGKILL");
    expect(await cut).toBe("unknown IRC_CONNECTION");
    await server.start();
  });

  test("over TLS, and not to a server whose certificate nobody vouches for", async () => {
    const settings = { host: "127.0.0.1", port: server.tlsPort, nick: "TownHallToo" };
    const second = irc.create(irc.config.parse(settings), host);
    await second.start(never);
    expect(second.health()).toMatchObject({ state: "degraded", reason: "IRC_CONNECTION" });
    const known = getCACertificates();
    setDefaultCACertificates([...known, server.certificate]);
    try {
      await until(() => second.health().state === "up");
    } finally {
      setDefaultCACertificates(known);
    }
    const anna = await joinAs("Anna", server.port);
    anna.say("TownHallToo", "Good day");
    await until(() => host.taken.length === 1);
    await Promise.all([anna.quit(), second.stop(AbortSignal.timeout(1_000))]);
  });

  test("two channels cannot have one nickname: the second says so", async () => {
    const second = open();
    await second.start(never);
    await until(() => second.health().reason === "IRC_NICK");
    await second.stop(AbortSignal.timeout(1_000));
    await second.stop(AbortSignal.timeout(1_000));
  });

  test("agents begin a conversation with a nickname, never with the channel's own", () => {
    expect(bridge.opening?.parseAddress("Anna")).toEqual({ address: "anna@127.0.0.1" });
    expect(bridge.opening?.parseAddress("TOWNHALL")).toBeUndefined();
    expect(bridge.opening?.parseAddress("anna@example.org")).toBeUndefined();
  });

  test("the log has no citizen's words and no nickname", () => {
    const all = logged.join("");
    expect(all).toContain("IRC_CONNECTION");
    expect(all).not.toMatch(/anna|papers|counter|pills/i);
  });
});

async function until(holds: () => boolean, limitMs = 10_000): Promise<void> {
  for (const end = Date.now() + limitMs; !holds(); await sleep(10))
    if (Date.now() > end) throw new Error(`not within ${limitMs} ms: ${String(holds)}`);
}
